//! A granule's files as far as they have been fetched.

use super::id::GranuleId;
use crate::crs::Crs;
use crate::geotiff::{Directory, FetchedFile, GeoTiffError, GeoTiffProblem};
use crate::sinusoidal::Position;

/// Pixels along an edge of a granule: of 1 km, 500 m and 250 m.
const EDGES: [u32; 3] = [1200, 2400, 4800];

/// Temperatures and quality of one granule, laid out alike.
#[derive(Clone, Debug)]
pub struct FetchedGranule {
    id: GranuleId,
    lst: FetchedFile,
    qc: FetchedFile,
}

impl FetchedGranule {
    /// Puts both layers together; refuses them where they do not lie at the granule's position or
    /// not upon each other, pixel by pixel and block by block.
    pub fn new(id: GranuleId, lst: FetchedFile, qc: FetchedFile) -> Result<Self, GeoTiffError> {
        check_alike(id, &lst.directory, &qc.directory)?;
        Ok(Self { id, lst, qc })
    }

    /// Its name.
    pub const fn id(&self) -> GranuleId {
        self.id
    }

    /// Daytime temperatures.
    pub const fn lst(&self) -> &FetchedFile {
        &self.lst
    }

    /// Their quality.
    pub const fn qc(&self) -> &FetchedFile {
        &self.qc
    }
}

/// Whether the two files of a granule belong together; can be asked before any block is fetched.
pub fn check_alike(id: GranuleId, lst: &Directory, qc: &Directory) -> Result<(), GeoTiffError> {
    check_position(lst, id.key.position)?;
    qc.check_alike(lst)
}

/// Refuses a raster that is not the whole of a position of the sinusoidal grid.
pub fn check_position(directory: &Directory, position: Position) -> Result<(), GeoTiffError> {
    let wrong = |problem: GeoTiffProblem| Err(problem.of(&directory.asset));
    let Directory { crs, layout, transform, .. } = directory;
    if *crs != Crs::Sinusoidal {
        let name = "the reference system";
        return wrong(GeoTiffProblem::unexpected(name, &Crs::Sinusoidal, crs));
    }
    if layout.width != layout.height || !EDGES.contains(&layout.width) {
        let expected = "1200 x 1200, 2400 x 2400 or 4800 x 4800 pixels";
        let found = format!("{} x {} pixels", layout.width, layout.height);
        return wrong(GeoTiffProblem::unexpected("the image's size", &expected, &found));
    }
    if transform.lies_at(position, layout.width) {
        return Ok(());
    }
    let (expected, found) = (position.corner(), (transform.west, transform.north));
    wrong(GeoTiffProblem::Misplaced { position, expected, found })
}
