//! Real granules from a folder, under their NASA names: `<name>_LST_Day_1km.tif`, `<name>_QC_Day.tif`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::granule_name::{GranuleName, GranuleNameError, Layer};
use super::grid_reference::GridReference;

/// How much of a file's beginning holds its directories.
const HEAD: u64 = 16 * 1024;

/// A granule's files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GranuleFiles {
    pub(super) temperature: Option<PathBuf>,
    pub(super) quality: Option<PathBuf>,
    /// What the first readable file's own tags say.
    pub(super) image: Option<ImageTags>,
}

/// Size and place of an image, from its tags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ImageTags {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) reference: GridReference,
}

/// Why a folder of granules cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum RealGranulesError {
    /// The folder, or a file in it, cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A layer whose name is not NASA's.
    #[error("cannot serve {}: {source}", path.display())]
    Name {
        /// Which.
        path: PathBuf,
        /// What is wrong with its name.
        source: GranuleNameError,
    },
    /// Nothing to serve.
    #[error(
        "{} holds no granule: expected files named <granule>_LST_Day_1km.tif and <granule>_QC_Day.tif",
        path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl GranuleFiles {
    /// The file of a layer.
    pub(super) fn path(&self, layer: Layer) -> Option<&Path> {
        match layer {
            Layer::Temperature => self.temperature.as_deref(),
            Layer::Quality => self.quality.as_deref(),
        }
    }
}

/// The granules of a folder. Files of other names are passed over.
///
/// A file whose tags cannot be read is served all the same (a client must cope with it); its item
/// then states the grid's own figures.
pub(super) fn scan(
    folder: &Path,
) -> Result<BTreeMap<GranuleName, GranuleFiles>, RealGranulesError> {
    let mut granules: BTreeMap<GranuleName, GranuleFiles> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let layer = Layer::ALL.into_iter().find_map(|layer| {
            Some((layer, file_name.strip_suffix(&format!("_{}.tif", layer.asset()))?))
        });
        let Some((layer, name)) = layer else { continue };
        let name = name
            .parse()
            .map_err(|source| RealGranulesError::Name { path: path.clone(), source })?;
        let files = granules.entry(name).or_default();
        if files.image.is_none() {
            files.image = image_tags(&head(&path).map_err(unreadable(&path))?);
        }
        match layer {
            Layer::Temperature => files.temperature = Some(path),
            Layer::Quality => files.quality = Some(path),
        }
    }
    if granules.is_empty() {
        return Err(RealGranulesError::Empty { path: folder.to_owned() });
    }
    Ok(granules)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> RealGranulesError {
    move |source| RealGranulesError::Unreadable { path: path.to_owned(), source }
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Size, tie point and pixel size from the first directory of a classic little-endian TIFF.
fn image_tags(file: &[u8]) -> Option<ImageTags> {
    let short = |at: usize| Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let double = |at: usize| Some(f64::from_le_bytes(file.get(at..at + 8)?.try_into().ok()?));
    if file.get(..4)? != b"II*\0" {
        return None;
    }
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?);
    let find =
        |tag: u16| (0..entries).map(|n| directory + 2 + n * 12).find(|&at| short(at) == Some(tag));
    let size = |tag| {
        let at = find(tag)?;
        match short(at + 2)? {
            3 => short(at + 8).map(u32::from),
            4 => long(at + 8),
            _ => None,
        }
    };
    let scale = long(find(33550)? + 8)? as usize;
    let tie = long(find(33922)? + 8)? as usize;
    Some(ImageTags {
        width: size(256)?,
        height: size(257)?,
        reference: GridReference {
            west: double(tie + 24)?,
            north: double(tie + 32)?,
            pixel_width: double(scale)?,
            pixel_height: double(scale + 8)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::cog_writer::{Description, write_cog};
    use super::*;
    use floe_raster::sinusoidal::Position;

    #[test]
    fn tags_are_read_back_from_a_written_file() {
        let reference = GridReference::of(Position { h: 19, v: 10 });
        let description = Description { granule: "g", title: "t", reference };
        let file = write_cog(&vec![0u8; 1_440_000], &description);
        let tags = image_tags(&file).unwrap();
        assert_eq!(tags, ImageTags { width: 1200, height: 1200, reference });
        assert_eq!(image_tags(&file[..100]), None);
        assert_eq!(image_tags(b"MM\0*"), None);
    }

    #[test]
    fn a_folder_gives_its_granules_and_says_what_it_cannot_serve() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(scan(folder.path()), Err(RealGranulesError::Empty { .. })));
        let name = "MOD11A2.A2022033.h19v10.061.2022042044121";
        std::fs::write(folder.path().join(format!("{name}_LST_Day_1km.tif")), b"broken").unwrap();
        std::fs::write(folder.path().join("README.md"), b"").unwrap();
        let granules = scan(folder.path()).unwrap();
        let files = &granules[&name.parse().unwrap()];
        assert!(files.temperature.is_some() && files.quality.is_none() && files.image.is_none());
        std::fs::write(folder.path().join("x_QC_Day.tif"), b"").unwrap();
        assert!(matches!(scan(folder.path()), Err(RealGranulesError::Name { .. })));
    }
}
