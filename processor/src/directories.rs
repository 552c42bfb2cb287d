//! The directories of a file of which as little as possible is fetched: its beginning, and then what is missing, wherever in the
//! file it lies. GDAL puts the directory of a file that is not cloud-optimised at its end.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use floe_raster::geotiff::{Directory, Expect, GeoTiffError, GeoTiffProblem, Parsed, Piece};

use crate::http::Ranged;

/// First request for a file: most directories end within it.
const FIRST: u64 = 16 * 1024;
/// The longest request that is longer than what is needed of it.
const LONGEST: u64 = 256 * 1024;

/// What was fetched of a file.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Of the bands that were asked for, in their order.
    pub(crate) directories: Vec<Directory>,
    /// All bytes that were fetched, in pieces that may overlap.
    pub(crate) pieces: Vec<Piece>,
}

/// Why directories could not be read.
#[derive(Debug)]
pub(crate) enum OpenError<E> {
    /// The file could not be fetched.
    Fetch(E),
    /// It is not what it should be.
    File(GeoTiffError),
}

/// Reads the directories of some bands of a file, which errors call `asset`. `read` fetches bytes of it, fewer where it ends.
///
/// Each request is twice as long as the one before, since what a directory points to mostly follows it. The number of requests
/// is bounded by what a file can name: see [`Parsed::Needs`].
pub(crate) async fn open<E>(
    asset: &str,
    bands: &[Expect],
    read: impl AsyncFn(Range<u64>) -> Result<Ranged, E>,
) -> Result<Opened, OpenError<E>> {
    let mut length = FIRST;
    let Ranged { bytes, total } = read(0..length).await.map_err(OpenError::Fetch)?;
    let mut pieces = vec![Piece { start: 0, bytes }];
    let mut directories = Vec::with_capacity(bands.len());
    while let Some(&band) = bands.get(directories.len()) {
        let needed = match Directory::parse(asset, band, &pieces, total).map_err(OpenError::File)? {
            Parsed::Ready(directory) => {
                directories.push(*directory);
                continue;
            }
            Parsed::Needs(range) => range,
        };
        length = (length * 2).min(LONGEST);
        // The rest of a piece that holds the beginning; else a piece of its own.
        let before = pieces.iter().position(|it| (it.start..=it.end()).contains(&needed.start));
        let start = before.map_or(needed.start, |place| pieces[place].end());
        // Up to what has been fetched already.
        let behind = pieces.iter().map(|piece| piece.start).filter(|&start| start >= needed.end);
        let most = behind.min().unwrap_or(total);
        let end = needed.end.max((start + length).min(most));
        let fetched = read(start..end).await.map_err(OpenError::Fetch)?.bytes;
        let piece = match before {
            Some(place) => joined(pieces.swap_remove(place), &fetched),
            None => Piece { start, bytes: fetched },
        };
        if piece.get(&needed).is_none() {
            // A server that says that the file is longer than what it sends.
            let (what, Range { start, end }) = ("a part of the directory".to_owned(), needed);
            let problem = GeoTiffProblem::NotFetched { what, start, end };
            return Err(OpenError::File(GeoTiffError { asset: asset.to_owned(), problem }));
        }
        pieces.push(piece);
    }
    Ok(Opened { directories, pieces })
}

/// A piece with the bytes behind it.
fn joined(piece: Piece, behind: &Bytes) -> Piece {
    let mut bytes = BytesMut::from(piece.bytes);
    bytes.extend_from_slice(behind);
    Piece { start: piece.start, bytes: bytes.freeze() }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use super::*;

    /// A TIFF whose only directory lies at `place`, with entries of a tag that nobody reads: it is refused for the type of its
    /// numbers, once the directory has been read.
    fn file(place: usize, entries: u16, length: usize) -> Vec<u8> {
        let mut file = vec![0; length];
        file[..4].copy_from_slice(b"II\x2a\0");
        file[4..8].copy_from_slice(&(place as u32).to_le_bytes());
        file[place..place + 2].copy_from_slice(&entries.to_le_bytes());
        file
    }

    /// What comes of opening a file, and which ranges are asked for; the server sends `sent` bytes of it at most.
    async fn opened(file: &[u8], sent: usize) -> (String, Vec<(u64, u64)>) {
        let asked = RefCell::new(Vec::new());
        let read = async |range: Range<u64>| {
            asked.borrow_mut().push((range.start, range.end));
            let [start, end] = [range.start, range.end].map(|at| (at as usize).min(sent));
            let bytes = Bytes::copy_from_slice(&file[start..end]);
            Ok::<_, Infallible>(Ranged { bytes, total: file.len() as u64 })
        };
        let Err(OpenError::File(error)) = open("a.tif", &[Expect::default()], read).await else {
            panic!("expected a file of an unknown type");
        };
        (error.to_string(), asked.into_inner())
    }

    #[tokio::test]
    async fn a_directory_is_asked_for_where_it_lies() {
        const REFUSED: &str = "a.tif: data type: expected integers of 8, 16 or 32 bits";
        for (place, entries, expected) in [
            (8, 12, vec![(0, 16_384)]),
            (1_000_000, 12, vec![(0, 16_384), (1_000_000, 1_032_768)]),
            (1_999_000, 12, vec![(0, 16_384), (1_999_000, 2_000_000)]),
            // Bytes that have been fetched are not fetched again.
            (16_000, 1000, vec![(0, 16_384), (16_384, 49_152)]),
            (16_384, 1000, vec![(0, 16_384), (16_384, 49_152)]),
            (900_000, 4000, vec![(0, 16_384), (900_000, 932_768), (932_768, 998_304)]),
        ] {
            let file = file(place, entries, 2_000_000);
            let (error, asked) = opened(&file, file.len()).await;
            assert!(error.starts_with(REFUSED), "{error}");
            assert_eq!(asked, expected);
        }
    }

    #[tokio::test]
    async fn a_server_that_sends_less_than_the_file_is_said_to_have_is_not_asked_for_ever() {
        let file = file(1_000_000, 12, 2_000_000);
        let (error, asked) = opened(&file, 1_000_001).await;
        assert_eq!(
            error,
            "a.tif: a part of the directory (bytes 1000000 to 1000002) was not fetched"
        );
        assert_eq!(asked.len(), 2);
    }
}
