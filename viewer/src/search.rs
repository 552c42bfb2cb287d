//! The search box: coordinates as people write them, and names of places.

use crate::basemap::PlaceName;
use crate::number;

/// A point on the globe, in degrees; longitude in [-180, 180].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Longitude, east positive.
    pub lon: f64,
    /// Latitude, north positive.
    pub lat: f64,
}

/// A named place of the base map.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPlace {
    /// Its name as written on the map.
    pub name: String,
    /// Where it lies.
    pub place: Place,
    /// Importance: 0 is the greatest.
    pub rank: u8,
    /// The zoom at which it fills a screen.
    pub zoom: f64,
}

impl From<&PlaceName> for NamedPlace {
    fn from(place: &PlaceName) -> Self {
        Self {
            name: place.name.clone(),
            place: Place { lon: place.lon, lat: place.lat },
            rank: place.rank,
            zoom: place.kind.close_zoom(),
        }
    }
}

impl Place {
    /// The place with its longitude brought into [-180, 180]; `None` beyond the poles.
    pub fn new(lon: f64, lat: f64) -> Option<Self> {
        if !lon.is_finite() || !(-90.0..=90.0).contains(&lat) {
            return None;
        }
        let lon = if (-180.0..=180.0).contains(&lon) {
            lon
        } else {
            (lon + 180.0).rem_euclid(360.0) - 180.0
        };
        Some(Self { lon, lat })
    }

    /// Latitude and longitude for people, such as `48.85° N, 2.35° E`.
    pub fn describe(self, decimals: u8) -> String {
        let side = |value: f64, positive, negative| {
            let letter = if value < 0.0 { negative } else { positive };
            format!("{}°\u{a0}{letter}", number::fixed(value.abs(), decimals))
        };
        format!("{}, {}", side(self.lat, 'N', 'S'), side(self.lon, 'E', 'W'))
    }
}

/// Reads "latitude, longitude" in decimal degrees or degrees, minutes and seconds.
///
/// Hemisphere letters may precede or follow each number and then also decide the order
/// (`E 2.35 N 48.85`); without letters latitude comes first.
///
/// ```
/// use floe_viewer::search::{parse_coordinates, Place};
/// let paris = Some(Place { lon: 2.35, lat: 48.85 });
/// assert_eq!(parse_coordinates("48.85, 2.35"), paris);
/// assert_eq!(parse_coordinates("2°21' E 48°51' N"), paris);
/// assert_eq!(parse_coordinates("Paris"), None);
/// ```
pub fn parse_coordinates(text: &str) -> Option<Place> {
    let angles = angles(text)?;
    let [first, second] = angles.as_slice() else { return None };
    let (lat, lon) = match (first.axis, second.axis) {
        (Some(Axis::Longitude), Some(Axis::Latitude) | None) | (None, Some(Axis::Latitude)) => {
            (second, first)
        }
        (Some(Axis::Latitude) | None, Some(Axis::Longitude) | None) => (first, second),
        (Some(Axis::Latitude), Some(Axis::Latitude))
        | (Some(Axis::Longitude), Some(Axis::Longitude)) => return None,
    };
    if lon.degrees.abs() > 360.0 {
        return None;
    }
    Place::new(lon.degrees, lat.degrees)
}

/// The places whose names match, best first: whole name, then beginning of the name, then
/// beginning of one of its words, then anywhere; more important places first among equals.
pub fn matching<'a>(
    places: impl IntoIterator<Item = &'a NamedPlace>,
    query: &str,
    limit: usize,
) -> Vec<&'a NamedPlace> {
    let query = fold(query.trim());
    if query.is_empty() {
        return Vec::new();
    }
    // Few are wanted, so that each is put where it belongs among them: the page would spend 5 KB on a sort.
    let mut best: Vec<((u8, u8, &str), &NamedPlace)> = Vec::new();
    for place in places {
        if let Some(closeness) = closeness(&fold(&place.name), &query) {
            let order = (closeness, place.rank, place.name.as_str());
            let at = best.partition_point(|(other, _)| *other <= order);
            best.insert(at, (order, place));
            best.truncate(limit);
        }
    }
    best.into_iter().map(|(_, place)| place).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Latitude,
    Longitude,
}

/// One angle of a coordinate pair.
#[derive(Clone, Copy, Debug)]
struct Angle {
    degrees: f64,
    axis: Option<Axis>,
}

/// A piece of a coordinate text.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number { value: f64, negative: bool },
    Degrees,
    Minutes,
    Seconds,
    Hemisphere { axis: Axis, negative: bool },
    Separator,
}

fn angles(text: &str) -> Option<Vec<Angle>> {
    let tokens = tokens(text)?;
    let mut angles = Vec::new();
    let mut prefix = None;
    let mut index = 0;
    while index < tokens.len() {
        match &tokens[index] {
            Token::Separator => index += 1,
            Token::Hemisphere { axis, negative } => {
                prefix = Some((*axis, *negative));
                index += 1;
            }
            Token::Number { value, negative } => {
                let mut degrees = *value;
                let mut negative = *negative;
                index += 1;
                if tokens.get(index) == Some(&Token::Degrees) {
                    index += 1;
                    for (unit, part) in [(Token::Minutes, 60.0), (Token::Seconds, 3600.0)] {
                        if let (Some(Token::Number { value, negative: false }), Some(mark)) =
                            (tokens.get(index), tokens.get(index + 1))
                            && *mark == unit
                        {
                            degrees += value / part;
                            index += 2;
                        }
                    }
                }
                let mut axis = None;
                if let Some((side, south_or_west)) = prefix.take() {
                    axis = Some(side);
                    negative ^= south_or_west;
                } else if let Some(Token::Hemisphere { axis: side, negative: south_or_west }) =
                    tokens.get(index)
                {
                    axis = Some(*side);
                    negative ^= south_or_west;
                    index += 1;
                }
                angles.push(Angle { degrees: if negative { -degrees } else { degrees }, axis });
            }
            Token::Degrees | Token::Minutes | Token::Seconds => return None,
        }
    }
    prefix.is_none().then_some(angles)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    // "48,85; 2,35": a comma is a decimal mark where a semicolon separates.
    let text = if text.contains(';') { text.replace(',', ".") } else { text.to_owned() };
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        match first {
            ',' | ';' => tokens.push(Token::Separator),
            character if character.is_whitespace() => {}
            '°' | 'º' => tokens.push(Token::Degrees),
            '\'' | '′' | '’' => tokens.push(Token::Minutes),
            '"' | '″' | '”' => tokens.push(Token::Seconds),
            'n' | 'N' => tokens.push(Token::Hemisphere { axis: Axis::Latitude, negative: false }),
            's' | 'S' => tokens.push(Token::Hemisphere { axis: Axis::Latitude, negative: true }),
            'e' | 'E' => tokens.push(Token::Hemisphere { axis: Axis::Longitude, negative: false }),
            'w' | 'W' => tokens.push(Token::Hemisphere { axis: Axis::Longitude, negative: true }),
            '-' | '\u{2212}' | '+' | '.' | '0'..='9' => {
                let sign = if matches!(first, '-' | '\u{2212}' | '+') { taken } else { 0 };
                let digits = rest[sign..]
                    .find(|character: char| !character.is_ascii_digit() && character != '.')
                    .unwrap_or(rest.len() - sign);
                let value = crate::number::parse(&rest[sign..sign + digits])?;
                let negative = sign > 0 && first != '+';
                tokens.push(Token::Number { value, negative });
                taken = sign + digits;
            }
            _ => return None,
        }
        rest = &rest[taken..];
    }
    Some(tokens)
}

fn closeness(name: &str, query: &str) -> Option<u8> {
    if name == query {
        return Some(0);
    }
    let at = name.find(query)?;
    let begins_word =
        name.match_indices(query).any(|(at, _)| name[..at].ends_with([' ', '-', '\'', '.']));
    Some(if at == 0 {
        1
    } else if begins_word {
        2
    } else {
        3
    })
}

/// The browser knows the letters itself; the standard library's tables of them take 3 KB.
#[cfg(target_arch = "wasm32")]
fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(not(target_arch = "wasm32"))]
fn lower_case(text: &str) -> String {
    text.to_lowercase()
}

/// Lower case without the diacritics of Latin scripts, so that "sao" finds "São Paulo".
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in lower_case(text).chars() {
        match character {
            'à'..='å' | 'ā' | 'ă' | 'ą' => folded.push('a'),
            'æ' => folded.push_str("ae"),
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => folded.push('c'),
            'ď' | 'đ' | 'ð' => folded.push('d'),
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => folded.push('e'),
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => folded.push('g'),
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => folded.push('i'),
            'ķ' => folded.push('k'),
            'ĺ' | 'ļ' | 'ľ' | 'ł' => folded.push('l'),
            'ñ' | 'ń' | 'ņ' | 'ň' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => folded.push('o'),
            'œ' => folded.push_str("oe"),
            'ŕ' | 'ř' => folded.push('r'),
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => folded.push('s'),
            'ß' => folded.push_str("ss"),
            'ţ' | 'ť' | 'ț' => folded.push('t'),
            'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            // The dot that lower-casing İ leaves behind.
            '\u{307}' => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(name: &str, rank: u8) -> NamedPlace {
        NamedPlace { name: name.to_owned(), place: Place { lon: 0.0, lat: 0.0 }, rank, zoom: 7.0 }
    }

    #[test]
    fn equally_close_and_important_places_come_by_their_names() {
        let places = [place("Santa Rosa", 5), place("Santa Ana", 5), place("Santa Fe", 4)];
        let found: Vec<&str> =
            matching(&places, "santa", 9).iter().map(|place| place.name.as_str()).collect();
        assert_eq!(found, ["Santa Fe", "Santa Ana", "Santa Rosa"]);
    }

    #[test]
    fn coordinates_are_read_in_the_forms_that_people_paste() {
        let cape_town = Some(Place { lon: 18.5, lat: -33.75 });
        for text in [
            "-33.75, 18.5",
            "\u{2212}33.75 18.5",
            "-33.75,18.5",
            "33.75S 18.5E",
            "33.75° S, 18.5° E",
            "S 33.75 E 18.5",
            "18.5 E, 33.75 S",
            "33°45'S 18°30'E",
            "33°45′0″ S, 18°30′0″ E",
            "-33,75; 18,5",
        ] {
            assert_eq!(parse_coordinates(text), cape_town, "{text}");
        }
    }

    #[test]
    fn what_is_no_place_on_earth_is_no_coordinate() {
        for text in ["", "12", "91, 0", "0, 400", "1, 2, 3", "1 N 2 N", "N", "1.2.3, 4", "5th, 6"] {
            assert_eq!(parse_coordinates(text), None, "{text}");
        }
    }

    #[test]
    fn longitudes_wrap_around_the_globe() {
        assert_eq!(parse_coordinates("0, 190"), Some(Place { lon: -170.0, lat: 0.0 }));
        assert_eq!(Place::new(180.0, 90.0), Some(Place { lon: 180.0, lat: 90.0 }));
    }

    #[test]
    fn names_match_without_case_and_diacritics_best_first() {
        let places = [
            place("Los Angeles", 1),
            place("São Paulo", 0),
            place("Angeles City", 6),
            place("Angers", 4),
            place("Changsha", 3),
        ];
        let names = |query: &str| -> Vec<&str> {
            matching(&places, query, 9).into_iter().map(|place| place.name.as_str()).collect()
        };
        assert_eq!(names("sao"), ["São Paulo"]);
        assert_eq!(names("ANGE"), ["Angers", "Angeles City", "Los Angeles"]);
        assert_eq!(names("ang"), ["Angers", "Angeles City", "Los Angeles", "Changsha"]);
        assert!(names("  ").is_empty());
        assert_eq!(matching(&places, "a", 2).len(), 2);
    }

    #[test]
    fn places_are_described_with_hemispheres() {
        let place = Place { lon: -0.5, lat: 51.25 };
        assert_eq!(place.describe(2), "51.25°\u{a0}N, 0.50°\u{a0}W");
    }

    proptest! {
        #[test]
        fn a_described_place_is_read_back(lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64) {
            let place = Place { lon, lat };
            let back = parse_coordinates(&place.describe(6)).unwrap();
            prop_assert!((back.lon - lon).abs() < 1e-6 && (back.lat - lat).abs() < 1e-6);
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}") {
            let _ = parse_coordinates(&text);
            let _ = matching(&[place("Reykjavík", 2)], &text, 3);
        }
    }
}
