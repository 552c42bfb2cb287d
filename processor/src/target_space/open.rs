//! Opening the files of scenes, and fetching as much of them as a window needs.

use std::collections::BTreeMap;
use std::ops::Range;

use floe_raster::geotiff::{Directory, Expect, FetchedFile, GeoTiffError, Piece};
use floe_raster::granule::check_position;
use floe_raster::lattice::{Lattice, LatticeError};
use floe_raster::sampling::BlockSizeError;
use futures::future::try_join_all;

use crate::catalog::BlobError;
use crate::directories::{self, OpenError, Opened};
use crate::exit::Exit;
use crate::recipe::Band;
use crate::scene::{AssetReader, Href, Scene};

/// Ranges closer to each other than this are fetched as one: what a round trip of 30 ms costs at 10 MB/s.
const GAP: u64 = 256 * 1024;

/// Why a scene could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SceneReadError {
    /// A file that the item does not name.
    #[error("item '{item}' has no asset {asset}")]
    Unnamed {
        /// The item's id.
        item: String,
        /// The asset's key.
        asset: String,
    },
    /// A file could not be fetched.
    #[error("item '{item}', asset {asset}: {source}")]
    Blob {
        /// The item's id.
        item: String,
        /// The asset's key.
        asset: String,
        /// Why.
        source: BlobError,
    },
    /// A file is not what it should be.
    #[error("item '{item}': {source}")]
    GeoTiff {
        /// The item's id.
        item: String,
        /// What is wrong.
        source: GeoTiffError,
    },
    /// A raster whose pixels cannot be looked up.
    #[error("item '{item}', asset {asset}: {source}")]
    Lattice {
        /// The item's id.
        item: String,
        /// The asset's key.
        asset: String,
        /// What is wrong.
        source: LatticeError,
    },
    /// A block that is not as large as its file says.
    #[error("item '{item}': {source}")]
    Block {
        /// The item's id.
        item: String,
        /// What is wrong.
        source: BlockSizeError,
    },
}

impl SceneReadError {
    /// The exit code of this kind of failure. A file which an item names and the storage does not have is damaged input.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Blob { source, .. } => source.exit_of_named_file(),
            Self::Unnamed { .. }
            | Self::GeoTiff { .. }
            | Self::Lattice { .. }
            | Self::Block { .. } => Exit::Data,
        }
    }
}

/// Reads the files of scenes, for the bands of a recipe.
#[derive(Debug)]
pub(crate) struct SceneReader {
    assets: AssetReader,
    /// By their places in the recipe.
    bands: Vec<Band>,
}

/// A scene whose files' directories are known.
#[derive(Debug)]
pub(crate) struct OpenScene {
    /// The item's id.
    pub(crate) id: String,
    /// By the place of the band in the recipe.
    pub(crate) bands: Vec<OpenBand>,
}

/// A band of a scene whose file's directory is known.
#[derive(Debug)]
pub(crate) struct OpenBand {
    /// The file and the band in it.
    pub(crate) directory: Directory,
    /// Where its pixels lie.
    pub(crate) lattice: Lattice,
    asset: String,
    href: Href,
    /// What was fetched of the file for the directory.
    pieces: Vec<Piece>,
}

impl SceneReader {
    /// A reader of a recipe's bands.
    pub(crate) fn new(assets: AssetReader, bands: Vec<Band>) -> Self {
        Self { assets, bands }
    }

    /// Reads the directories of a scene's files, of each file once.
    pub(crate) async fn open(&self, scene: &Scene) -> Result<OpenScene, SceneReadError> {
        let mut files: BTreeMap<&str, Vec<(usize, u32)>> = BTreeMap::new();
        for (place, band) in self.bands.iter().enumerate() {
            files.entry(&band.asset).or_default().push((place, band.index.into()));
        }
        let opened = files.into_iter().map(|(asset, bands)| self.open_file(scene, asset, bands));
        let mut bands: Vec<(usize, OpenBand)> =
            try_join_all(opened).await?.into_iter().flatten().collect();
        bands.sort_by_key(|(place, _)| *place);
        let bands = bands.into_iter().map(|(_, band)| band).collect();
        Ok(OpenScene { id: scene.id.clone(), bands })
    }

    async fn open_file(
        &self,
        scene: &Scene,
        asset: &str,
        bands: Vec<(usize, u32)>,
    ) -> Result<Vec<(usize, OpenBand)>, SceneReadError> {
        let item = || scene.id.clone();
        let of_blob =
            |source| SceneReadError::Blob { item: item(), asset: asset.to_owned(), source };
        let of_file = |source| SceneReadError::GeoTiff { item: item(), source };
        let Some(href) = scene.assets.get(asset).map(|asset| &asset.href) else {
            // Without it the places of the bands after it would be wrong.
            return Err(SceneReadError::Unnamed { item: item(), asset: asset.to_owned() });
        };
        let name = href.to_string();
        let expect: Vec<Expect> =
            bands.iter().map(|&(_, band)| Expect { data_type: None, band }).collect();
        let read =
            async |range: Range<u64>| self.assets.read_range(href, range.start, range.end).await;
        let opened = directories::open(&name, &expect, read).await;
        let Opened { directories, pieces } = opened.map_err(|error| match error {
            OpenError::Fetch(source) => of_blob(source),
            OpenError::File(error) => of_file(error),
        })?;
        let mut opened = Vec::with_capacity(bands.len());
        for (&(place, _), directory) in bands.iter().zip(directories) {
            if let Some(name) = &scene.name {
                // A raster that lies elsewhere than its name says would be taken for another place's.
                check_position(&directory, name.position).map_err(of_file)?;
            }
            let Directory { crs, transform, layout, .. } = directory;
            let lattice = Lattice::new(crs, transform, layout).map_err(|source| {
                SceneReadError::Lattice { item: item(), asset: asset.to_owned(), source }
            })?;
            let (asset, href, pieces) = (asset.to_owned(), href.clone(), pieces.clone());
            opened.push((place, OpenBand { directory, lattice, asset, href, pieces }));
        }
        Ok(opened)
    }

    /// Fetches blocks of a band.
    pub(crate) async fn fetch(
        &self,
        scene: &OpenScene,
        band: &OpenBand,
        mut blocks: Vec<usize>,
    ) -> Result<FetchedFile, SceneReadError> {
        let is_at_hand =
            |range: &Range<u64>| band.pieces.iter().any(|piece| piece.get(range).is_some());
        blocks.retain(|&block| !is_at_hand(&band.directory.block(block)));
        let ranges = band.directory.ranges(&blocks, GAP).into_iter();
        let fetched = ranges.map(async |range| {
            let answer = self.assets.read_range(&band.href, range.start, range.end).await;
            let part = answer.map_err(|source| {
                let (item, asset) = (scene.id.clone(), band.asset.clone());
                SceneReadError::Blob { item, asset, source }
            })?;
            Ok::<_, SceneReadError>(Piece { start: range.start, bytes: part.bytes })
        });
        let mut pieces = try_join_all(fetched).await?;
        pieces.extend(band.pieces.iter().cloned());
        Ok(FetchedFile { directory: band.directory.clone(), pieces })
    }
}
