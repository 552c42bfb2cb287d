//! Reading and decoding in Web Workers, so that the page never waits for either.
//!
//! One worker, the **reader**, opens the store, resolves chunks and fetches their bytes; it alone knows
//! manifests, cache and network, so that nothing is fetched twice. It also makes the base map's geometry. Up
//! to three **decoders** take the encoded bytes off it; they are started after the first picture, when the page
//! has nothing better to do with its processors. Until then, and with a pool of one, the reader decodes as
//! well. Pixels go to the page as transferred buffers, never through its WebAssembly memory.
//!
//! * [`client`]: the page's side, all that the map calls; `connection` and `hearing` are behind it,
//! * [`host`]: the worker's side,
//! * [`protocol`], [`wire`]: what they say to each other, and how it is written,
//! * [`foresight`]: what the page will ask for first,
//! * `shapes`: the base map, made ready to be drawn,
//! * `answer`: what workers say to the page,
//! * [`queue`]: which chunk is next, [`budget`]: what a view takes,
//! * `thread`: how workers are started,
//! * `watch`, `revival`: what is done about those that end.
//!
//! Page and workers are one WebAssembly module, of which `script/page-parts.mjs` makes two parts: what `host` reaches, and what only
//! the page does, which reaches `client` and `protocol` alone.

mod answer;
pub mod budget;
mod channel;
pub mod client;
mod connection;
mod decoder;
pub mod foresight;
mod hearing;
pub mod host;
pub mod protocol;
pub mod queue;
mod revival;
mod shapes;
mod thread;
mod watch;
pub mod wire;
