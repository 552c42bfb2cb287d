//! The worker: reads and decodes the store for the page.

fn main() {
    floe_viewer::worker::host::run();
}
