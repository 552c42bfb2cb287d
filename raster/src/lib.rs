//! From granules' bytes to a tile's pixels, without any I/O.
//!
//! * [`sinusoidal`], [`centres`]: the MODIS grid, and where the centres of a tile's pixels lie in it,
//! * [`projection`], [`utm`]: where places lie in any system that is read,
//! * [`geotiff`]: rasters in files, blocks of pixels,
//! * [`granule`]: names and files of MODIS granules,
//! * [`needed`]: which granules and which of their pixels reach a tile,
//! * [`accumulate`]: sums, counts and maxima in source space,
//! * [`gather`]: a tile sampled from them once,
//! * [`lattice`], [`extent`], [`sampling`]: rasters of any system, which of them reach a window, and their pixels at its centres,
//! * [`program`], [`crs`], [`samples`], [`plane`]: what any dataset is made of: what counts, where rasters lie, numbers of any
//!   type,
//! * [`reduce`]: any statistic of observations of any type, in target space,
//! * [`natural_earth`]: where land is.
//!
//! What takes time here is arithmetic: this crate is optimised in every profile.

pub mod accumulate;
pub mod align;
pub mod centres;
pub mod crs;
pub mod extent;
pub mod gather;
pub mod geotiff;
pub mod granule;
pub mod lattice;
mod locate;
pub mod natural_earth;
pub mod needed;
pub mod plane;
pub mod program;
pub mod projection;
pub mod reduce;
pub mod rule;
pub mod run;
pub mod samples;
pub mod sampling;
pub mod sinusoidal;
pub mod utm;
