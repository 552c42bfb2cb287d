//! Reading files of scenes: over HTTP with ranges and tokens, or from a disk.

use std::io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::href::Href;
use crate::catalog::{BlobError, BlobReader};
use crate::http::Ranged;

/// Reads files wherever they are.
#[derive(Clone, Debug)]
pub struct AssetReader {
    blobs: Arc<BlobReader>,
}

impl AssetReader {
    /// A reader that reads over HTTP by `blobs`.
    pub const fn new(blobs: Arc<BlobReader>) -> Self {
        Self { blobs }
    }

    /// Reads a whole file.
    pub async fn read(&self, href: &Href) -> Result<Bytes, BlobError> {
        match href {
            Href::Http(url) => self.blobs.read(url).await,
            Href::File(path) => from_disk(path, |path| Ok(std::fs::read(path)?.into())).await,
        }
    }

    /// Reads the bytes `start..end` of a file; fewer where it ends earlier.
    ///
    /// # Errors
    /// Besides failures to read: a file that ends before `start`.
    pub async fn read_range(&self, href: &Href, start: u64, end: u64) -> Result<Ranged, BlobError> {
        match href {
            Href::Http(url) => self.blobs.read_range(url, start, end).await,
            Href::File(path) => from_disk(path, move |path| range(path, start, end)).await,
        }
    }
}

fn range(path: &Path, start: u64, end: u64) -> Result<Ranged, IoError> {
    let mut file = std::fs::File::open(path)?;
    let total = file.metadata()?.len();
    if start >= total {
        let message = format!("expected bytes {start} to {end}, found {total} bytes in all");
        return Err(IoError::new(ErrorKind::UnexpectedEof, message));
    }
    let length = end.min(total).saturating_sub(start);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    Ok(Ranged { bytes: bytes.into(), total })
}

/// Runs what blocks on a thread that may.
async fn from_disk<T: Send + 'static>(
    path: &Path,
    read: impl FnOnce(&Path) -> Result<T, IoError> + Send + 'static,
) -> Result<T, BlobError> {
    let owned: PathBuf = path.to_owned();
    let done = tokio::task::spawn_blocking(move || read(&owned)).await;
    let result = done.unwrap_or_else(|error| Err(IoError::other(error)));
    result.map_err(|source| BlobError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::http::Http;
    use crate::patience::Patience;

    fn reader() -> AssetReader {
        let patience = Patience { lasts: std::time::Duration::ZERO, attempts: 1 };
        let http = Arc::new(Http::new(patience, |_| ()).unwrap());
        // Files of a disk need no token, even where others do.
        AssetReader::new(Arc::new(BlobReader::new(http, "http://127.0.0.1:9/token")))
    }

    #[tokio::test]
    async fn files_of_a_disk_are_read_whole_and_by_ranges() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.tif");
        std::fs::write(&path, b"0123456789").unwrap();
        let (reader, href) = (reader(), Href::File(path));
        assert_eq!(reader.read(&href).await.unwrap(), "0123456789");
        for (start, end, expected) in [(0, 4, "0123"), (4, 10, "456789"), (8, 400, "89")] {
            let part = reader.read_range(&href, start, end).await.unwrap();
            assert_eq!((part.bytes, part.total), (Bytes::from(expected), 10));
        }
        let message = reader.read_range(&href, 10, 12).await.unwrap_err().to_string();
        assert!(
            message.contains("a.tif: expected bytes 10 to 12, found 10 bytes in all"),
            "{message}"
        );
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_damaged_input() {
        let href = Href::File("no/such/file.tif".into());
        let error = reader().read(&href).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot read no/such/file.tif: "), "{error}");
        assert_eq!(error.exit(), Exit::Data);
        assert_eq!(reader().read_range(&href, 0, 4).await.unwrap_err().exit(), Exit::Data);
    }
}
