//! The map: a canvas that shows the data over a base map and answers to pointer, wheel, touch and
//! keyboard.
//!
//! A [`Map`] is a handle; its clones are the same map. It draws only when something has changed, with
//! at most one animation frame requested. It never fetches: what it lacks it asks of a
//! [`ChunkSource`], and the answers are handed to [`Map::deliver`].
//!
//! Screen positions are CSS pixels from the canvas's top left corner, longitudes and latitudes
//! degrees.
//!
//! Keys, while the canvas has the focus: arrows pan, `+` and `-` zoom, Home shows the world, Enter
//! clicks the centre.

pub mod animation;
pub mod residency;






