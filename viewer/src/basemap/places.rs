//! Names of oceans, seas, countries and towns, the most important first.
//!
//! ```text
//! "FLP1"  units  count  count x { kind  rank  zoom  longitude  latitude  length  UTF-8 }
//! ```
//!
//! `kind`, `rank` and `zoom` (in tenths) are bytes, the rest LEB128 numbers; longitude and latitude
//! count units per degree.

use floe_shared::leb128::Reader;

use super::shapes::BaseMapError;

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// An ocean.
    Ocean,
    /// A sea, gulf, strait or lake.
    Sea,
    /// A country or territory.
    Country,
    /// The capital of a country.
    Capital,
    /// Any other town.
    Town,
}

/// A name on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceName {
    /// The name.
    pub name: String,
    /// What it names.
    pub kind: PlaceKind,
    /// Longitude in degrees.
    pub lon: f64,
    /// Latitude in degrees.
    pub lat: f64,
    /// Smaller is more important.
    pub rank: u8,
    /// The zoom from which on it is shown, of a world of 512 pixels at 0.
    pub min_zoom: f64,
}

impl PlaceKind {
    const ALL: [Self; 5] = [Self::Ocean, Self::Sea, Self::Country, Self::Capital, Self::Town];

    /// Whether it has a place of its own on the map (a town), and not a region.
    pub const fn is_point(self) -> bool {
        matches!(self, Self::Capital | Self::Town)
    }

    /// The zoom at which such a place fills a screen.
    pub const fn close_zoom(self) -> f64 {
        match self {
            Self::Ocean => 2.0,
            Self::Sea => 4.0,
            Self::Country => 4.2,
            Self::Capital | Self::Town => 7.0,
        }
    }
}

/// Decodes a file of names.
pub fn decode(bytes: &[u8]) -> Result<Vec<PlaceName>, BaseMapError> {
    if !bytes.starts_with(b"FLP1") {
        return Err(BaseMapError::Signature { expected: "FLP1" });
    }
    let mut reader = Reader::new(bytes, 4);
    let units = f64::from(reader.varint()?.max(1));
    let count = reader.varint()? as usize;
    // A place takes six bytes at least: a false count must not reserve more.
    let mut places = Vec::with_capacity(count.min(bytes.len() / 6));
    for ordinal in 0..count {
        let damaged = |part| BaseMapError::Place { ordinal, part };
        let kind = PlaceKind::ALL.get(usize::from(reader.byte()?)).copied();
        let (rank, zoom) = (reader.byte()?, reader.byte()?);
        let (lon, lat) = (reader.zigzag()? as f64 / units, reader.zigzag()? as f64 / units);
        let length = reader.varint()? as usize;
        let name = std::str::from_utf8(reader.take(length)?).map_err(|_| damaged("name"))?;
        places.push(PlaceName {
            name: name.to_owned(),
            kind: kind.ok_or_else(|| damaged("kind"))?,
            lon,
            lat,
            rank,
            min_zoom: f64::from(zoom) / 10.0,
        });
    }
    match reader.left() {
        0 => Ok(places),
        extra => Err(BaseMapError::Trailing { at: reader.at(), extra }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names as they come with the page.
    fn places() -> Vec<PlaceName> {
        decode(include_bytes!("../../assets/basemap/places.bin")).unwrap()
    }

    #[test]
    fn well_known_places_are_where_they_belong() {
        let places = places();
        assert!(places.len() > 1500, "{} places", places.len());
        for (name, kind, lon, lat) in [
            ("Indian Ocean", PlaceKind::Ocean, 80.0, -22.0),
            ("Lake Victoria", PlaceKind::Sea, 33.0, -1.1),
            ("Brazil", PlaceKind::Country, -53.0, -10.0),
            ("Nairobi", PlaceKind::Capital, 36.8, -1.3),
            ("São Paulo", PlaceKind::Town, -46.6, -23.6),
        ] {
            let found = places.iter().find(|place| place.name == name).unwrap();
            assert_eq!(found.kind, kind, "{name}");
            assert!((found.lon - lon).hypot(found.lat - lat) < 6.0, "{found:?}");
        }
    }

    #[test]
    fn the_important_ones_come_first_and_are_shown_from_afar() {
        let places = places();
        assert!(places.is_sorted_by_key(|place| place.rank));
        for place in &places {
            assert!((-180.0..=180.0).contains(&place.lon), "{place:?}");
            assert!((-90.0..=90.0).contains(&place.lat), "{place:?}");
            assert!((0.0..=6.0).contains(&place.min_zoom), "{place:?}");
            assert!(!place.name.trim().is_empty(), "{place:?}");
        }
    }

    #[test]
    fn damage_is_named() {
        let file = |body: &[u8]| [b"FLP1".as_slice(), &[100, 1], body].concat();
        let nice = file(&[4, 3, 55, 0xc8, 1, 0, 4, b'N', b'i', b'c', b'e']);
        let place = &decode(&nice).unwrap()[0];
        assert_eq!((place.name.as_str(), place.lon, place.min_zoom), ("Nice", 1.0, 5.5));
        for end in 0..nice.len() {
            assert!(decode(&nice[..end]).is_err(), "{end} bytes");
        }
        let said = |body: &[u8]| decode(&file(body)).unwrap_err().to_string();
        assert_eq!(said(&[9, 0, 0, 0, 0, 1, b'X']), "the base map's place 0 has a damaged kind");
        assert_eq!(said(&[0, 0, 0, 0, 0, 1, 0xff]), "the base map's place 0 has a damaged name");
        assert!(said(&[0, 0, 0, 0, 0, 1, b'X', 1]).contains("found 1 bytes more"));
    }
}
