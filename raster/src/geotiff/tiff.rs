//! The TIFF container: header, directories and their entries, classic and `BigTIFF`, in both byte
//! orders (TIFF 6.0, section 2; `BigTIFF` as libtiff defines it).

use std::ops::Range;

use super::error::GeoTiffProblem;
use super::fetched::part;

/// More directories than any granule has; a chain that is longer runs in a circle.
const MAX_DIRECTORIES: usize = 64;
/// More values than any tag but those of the blocks has; a count beyond is damaged.
pub(super) const MOST_VALUES: usize = 4096;
/// More entries than any directory has.
const MOST_ENTRIES: u64 = 4096;
/// The types of whole numbers: bytes, shorts, longs, directories, and `BigTIFF`'s longer ones.
const WHOLE_NUMBERS: &[u16] = &[1, 3, 4, 13, 16, 18];

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// These bytes of the file are needed and not at hand.
    Needs(Range<u64>),
    /// The file is wrong.
    Wrong(GeoTiffProblem),
}

impl From<GeoTiffProblem> for Stop {
    fn from(problem: GeoTiffProblem) -> Self {
        Self::Wrong(problem)
    }
}

/// A TIFF, as far as it has been fetched.
pub(super) struct Tiff<'a> {
    /// Where in the file each begins, and its bytes.
    pieces: Vec<(u64, &'a [u8])>,
    file_length: u64,
    pub(super) big_endian: bool,
    wide: bool,
}

/// One directory: what is said of one image.
pub(super) struct Entries<'a, 'b> {
    tiff: &'b Tiff<'a>,
    /// Where the entries begin.
    start: u64,
    count: u64,
}

/// One entry: a tag with its values.
struct Entry {
    kind: u16,
    count: u64,
    /// Where the values lie.
    offset: u64,
}

impl<'a> Tiff<'a> {
    pub(super) fn open(pieces: Vec<(u64, &'a [u8])>, file_length: u64) -> Result<Self, Stop> {
        let mut tiff = Self { pieces, file_length, big_endian: false, wide: false };
        let magic: [u8; 4] = tiff.bytes("the header", 0, 8)?[..4].try_into().unwrap_or_default();
        (tiff.big_endian, tiff.wide) = match &magic {
            b"II\x2a\0" => (false, false),
            b"MM\0\x2a" => (true, false),
            b"II\x2b\0" => (false, true),
            b"MM\0\x2b" => (true, true),
            _ => return Err(GeoTiffProblem::NotTiff { found: magic.to_vec() }.into()),
        };
        Ok(tiff)
    }

    /// The first directory that satisfies a condition.
    pub(super) fn find<'b>(
        &'b self,
        mut wanted: impl FnMut(&Entries<'a, 'b>) -> Result<bool, Stop>,
    ) -> Result<Entries<'a, 'b>, Stop> {
        let mut offset = if self.wide { self.integer(8, 8)? } else { self.integer(4, 4)? };
        let mut seen = 0;
        while offset != 0 && seen < MAX_DIRECTORIES {
            let width = if self.wide { 8 } else { 2 };
            let count = self.integer(offset, width)?;
            let start = offset.saturating_add(width);
            let end = count.saturating_mul(self.entry_size()).saturating_add(start);
            self.check_end("a directory", end)?;
            if count > MOST_ENTRIES {
                let expected = format!("{MOST_ENTRIES} at most");
                return Err(GeoTiffProblem::unexpected(
                    "entries of a directory",
                    &expected,
                    &count,
                )
                .into());
            }
            let entries = Entries { tiff: self, start, count };
            if wanted(&entries)? {
                return Ok(entries);
            }
            offset = self.integer(end, self.offset_size())?;
            seen += 1;
        }
        Err(GeoTiffProblem::NoImage { found: seen }.into())
    }

    /// Bytes before anything else.
    pub(super) const fn header_length(&self) -> u64 {
        if self.wide { 16 } else { 8 }
    }

    const fn entry_size(&self) -> u64 {
        if self.wide { 20 } else { 12 }
    }

    const fn offset_size(&self) -> u64 {
        if self.wide { 8 } else { 4 }
    }

    fn bytes(&self, what: &str, offset: u64, length: u64) -> Result<&'a [u8], Stop> {
        let end = offset.saturating_add(length);
        self.check_end(what, end)?;
        let range = offset..end;
        let mut found = self.pieces.iter().filter_map(|(start, bytes)| part(*start, bytes, &range));
        found.next().ok_or(Stop::Needs(range.clone()))
    }

    /// Refuses what ends behind the file.
    fn check_end(&self, what: &str, end: u64) -> Result<(), GeoTiffProblem> {
        if end <= self.file_length {
            return Ok(());
        }
        let (what, found) = (what.to_owned(), self.file_length);
        Err(GeoTiffProblem::Truncated { what, expected: end, found })
    }

    fn integer(&self, offset: u64, width: u64) -> Result<u64, Stop> {
        Ok(self.number(self.bytes("a directory", offset, width)?))
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        let push = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
    }
}

impl<'a> Entries<'a, '_> {
    /// An entry of a tag with values of `size` bytes by kind, or `None` where the tag is missing.
    fn entry(&self, tag: u16) -> Result<Option<Entry>, Stop> {
        let (tiff, size) = (self.tiff, self.tiff.entry_size());
        let all = tiff.bytes("a directory", self.start, self.count.saturating_mul(size))?;
        let found = all
            .chunks_exact(size as usize)
            .position(|entry| tiff.number(&entry[..2]) == u64::from(tag));
        let Some(index) = found else { return Ok(None) };
        let entry = &all[index * size as usize..][..size as usize];
        let width = tiff.offset_size() as usize;
        let (kind, count) = (tiff.number(&entry[2..4]) as u16, tiff.number(&entry[4..4 + width]));
        let inline = self.start + index as u64 * size + 4 + width as u64;
        let fits = kind_size(kind).is_some_and(|size| count.saturating_mul(size) <= width as u64);
        let offset = if fits { inline } else { tiff.number(&entry[4 + width..]) };
        Ok(Some(Entry { kind, count, offset }))
    }

    /// The bytes of each value of a tag, if they are of one of these kinds and no more than `most`: of more none is asked for.
    fn values(
        &self,
        name: &'static str,
        tag: u16,
        kinds: &[u16],
        most: usize,
    ) -> Result<Option<std::slice::ChunksExact<'a, u8>>, Stop> {
        let Some(Entry { kind, count, offset }) = self.entry(tag)? else { return Ok(None) };
        let size = kind_size(kind).filter(|_| kinds.contains(&kind)).ok_or_else(|| {
            let (expected, found) = (format!("values of type {kinds:?}"), format!("type {kind}"));
            GeoTiffProblem::unexpected(name, &expected, &found)
        })?;
        let length = count.saturating_mul(size);
        self.tiff.check_end(name, offset.saturating_add(length))?;
        at_most(name, most, count)?;
        let bytes = self.tiff.bytes(name, offset, length)?;
        Ok(Some(bytes.chunks_exact(size as usize)))
    }

    /// The values of a tag of whole numbers; the caller says how many are too many to be looked at.
    pub(super) fn integers(
        &self,
        name: &'static str,
        tag: u16,
        most: usize,
    ) -> Result<Option<Vec<u64>>, Stop> {
        let Some(values) = self.values(name, tag, WHOLE_NUMBERS, most)? else { return Ok(None) };
        Ok(Some(values.map(|value| self.tiff.number(value)).collect()))
    }

    /// The first value of a tag of whole numbers.
    pub(super) fn integer(&self, name: &'static str, tag: u16) -> Result<Option<u64>, Stop> {
        let values = self.values(name, tag, WHOLE_NUMBERS, MOST_VALUES)?;
        Ok(values.and_then(|mut values| values.next()).map(|value| self.tiff.number(value)))
    }

    /// The text of a tag, without the NUL at its end.
    pub(super) fn text(&self, name: &'static str, tag: u16) -> Result<Option<String>, Stop> {
        let Some(values) = self.values(name, tag, &[2], MOST_VALUES)? else { return Ok(None) };
        let bytes: Vec<u8> = values.flatten().copied().take_while(|&byte| byte != 0).collect();
        Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// The values of a tag of doubles, bit for bit.
    pub(super) fn doubles(&self, name: &'static str, tag: u16) -> Result<Option<Vec<f64>>, Stop> {
        let Some(values) = self.values(name, tag, &[12], MOST_VALUES)? else { return Ok(None) };
        Ok(Some(values.map(|value| f64::from_bits(self.tiff.number(value))).collect()))
    }
}

/// Refuses a tag with more values than it can have, before they are asked for.
fn at_most(name: &'static str, most: usize, found: u64) -> Result<(), GeoTiffProblem> {
    if found <= most as u64 {
        return Ok(());
    }
    let (expected, found) = (format!("{most} values at most"), format!("{found} values"));
    Err(GeoTiffProblem::unexpected(name, &expected, &found))
}

/// Bytes of one value, by the numbers of TIFF 6.0 and `BigTIFF`.
const fn kind_size(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}
