//! A button, and the dialog that it opens.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

use super::controls::{Glyph, Icon};
use super::erased::{Shown, heard};

/// A button that opens a dialog over the page.
#[component]
pub fn Dialog(
    /// The button's icon.
    icon: Icon,
    /// What the button is for, and the dialog's title.
    title: &'static str,
    /// The title's id.
    id: &'static str,
    /// Whether it is shown.
    shown: RwSignal<bool>,
    /// What it holds, made when it is opened first.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let wanted = RwSignal::new(false);
    let children = StoredValue::new(children);
    let open = move |_| {
        wanted.set(true);
        shown.set(true);
    };
    Effect::new(move |_| {
        let is_shown = shown.get();
        spawn_local(async move {
            tick().await;
            if let Some(dialog) = dialog.get_untracked() {
                if is_shown {
                    // Fails only for a dialog that is open already.
                    let _ = dialog.show_modal();
                } else {
                    dialog.close();
                }
            }
        });
    });
    let close = move || shown.set(false);
    view! {
        <button type="button" class="icon" aria-label=title title=title aria-haspopup="dialog" on:click=heard(open)>
            <Glyph icon=icon />
        </button>
        <dialog
            class="about"
            node_ref=dialog
            aria-labelledby=id
            on:close=heard(move |_| close())
            // A click on the backdrop reaches the dialog itself.
            on:click=heard(move |event: MouseEvent| {
                if event.target() == event.current_target() {
                    close();
                }
            })
        >
            <Shown when=move || wanted.get()>
                <div class="about-body">
                    <header>
                        <h2 id=id>{title}</h2>
                        <button type="button" class="icon" aria-label="Close" on:click=heard(move |_| close())>
                            <Glyph icon=Icon::Close />
                        </button>
                    </header>
                    {children.with_value(|children| children())}
                </div>
            </Shown>
        </dialog>
    }
}
