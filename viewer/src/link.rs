//! Links: the whole view as a query string, and back.
//!
//! | key | value |
//! |---|---|
//! | `lon`, `lat`, `z` | middle of the map in degrees, zoom |
//! | `proj` | projection: `mercator`, `globe`, `equirectangular` |
//! | `var` | variable by its name in the store (`group/name`) |
//! | `year`, `time`, ... | step along the axis of that name: its label (a year, a date, a number, a text) |
//! | `cmap` | colour map |
//! | `reversed`, `log` | 1: its colours turned round; following the logarithm of values. Absent else |
//! | `min`, `max` | ends of the range: kelvin, or the units of what is no temperature |
//! | `unit` | `C`, `F` or `K` |
//! | `opacity` | percent |
//! | `smooth`, `grid`, `status` | 1 or 0: interpolation, graticule, tile status |
//! | `base` | base map |
//! | `at` | inspected place as `lat,lon` |
//! | `store`, `ref` | repository, and [branch, tag or snapshot](fn@reference), other than those of the page |
//!
//! An axis whose name means something else here has the key `axis.NAME`. Reading is lenient: a value that makes no sense leaves the
//! default, and keys that mean nothing here are kept as they are: they may be those of axes, which nobody knows yet.

use std::fmt::Write as _;

use crate::dataset::RefSpec;
use crate::search::{Place, parse_coordinates};
use crate::state::choice::Choice;
use crate::state::range::{End, Range};
use crate::state::view::ViewState;
use crate::view::View;

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The view.
    pub view: ViewState,
    /// A repository other than that of the page's configuration.
    pub store: Option<String>,
    /// A branch, tag or snapshot other than that of the page's configuration.
    pub reference: Option<String>,
}

impl Link {
    /// Reads a query string (with or without `?`) over the defaults.
    pub fn parse(query: &str, defaults: ViewState) -> Self {
        Self::from_pairs(pairs(query), defaults)
    }

    /// Reads pairs of key and value over the defaults; of several with one key the last counts.
    pub fn from_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
        defaults: ViewState,
    ) -> Self {
        let mut link = Self { view: defaults, store: None, reference: None };
        let (mut low, mut high) = (None, None);
        for (key, value) in pairs {
            match key.as_str() {
                "min" => low = number(&value),
                "max" => high = number(&value),
                "store" => link.store = Some(value).filter(|store| !store.is_empty()),
                "ref" => link.reference = Some(value).filter(|reference| !reference.is_empty()),
                _ => {
                    if !set(&mut link.view, &key, &value) {
                        link.view.put(key, value);
                    }
                }
            }
        }
        if low.is_some() || high.is_some() {
            let range = link.view.range.unwrap_or(Range::EARTH);
            let low = low.unwrap_or_else(|| range.end(End::Low));
            let high = high.unwrap_or_else(|| range.end(End::High));
            link.view.range = Range::between(low, high).or(link.view.range);
        }
        link
    }

    /// The query string, without `?`. Places are given to about a metre.
    pub fn query(&self) -> String {
        let view = &self.view;
        let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
        let mut pairs: Vec<(&str, String)> = vec![
            ("lon", decimal(view.camera.lon, 5)),
            ("lat", decimal(view.camera.lat, 5)),
            ("z", decimal(view.camera.zoom, 3)),
            ("proj", view.projection.code().to_owned()),
        ];
        pairs.extend(view.variable.clone().map(|name| ("var", name)));
        let steps = |of_years: bool| {
            let wanted = view.steps.iter().filter(move |(key, _)| (key == "year") == of_years);
            wanted.map(|(key, label)| (key.as_str(), label.clone()))
        };
        pairs.extend(steps(true));
        pairs.extend(view.colormap.map(|colormap| ("cmap", colormap.code().to_owned())));
        let switches = [("reversed", view.reversed), ("log", view.log)];
        pairs.extend(switches.into_iter().filter(|(_, on)| *on).map(|(key, on)| (key, flag(on))));
        if let Some(range) = view.range {
            let ends = [("min", range.end(End::Low)), ("max", range.end(End::High))];
            pairs.extend(ends.map(|(key, value)| (key, decimal(value, range.decimals()))));
        }
        pairs.extend([
            ("unit", view.unit.code().to_owned()),
            ("opacity", view.opacity.to_string()),
            ("smooth", flag(view.smooth)),
            ("base", view.base.code().to_owned()),
            ("grid", flag(view.graticule)),
            ("status", flag(view.status)),
        ]);
        if let Some(Place { lon, lat }) = view.inspected {
            pairs.push(("at", format!("{},{}", decimal(lat, 5), decimal(lon, 5))));
        }
        pairs.extend(self.store.clone().map(|store| ("store", store)));
        pairs.extend(self.reference.clone().map(|reference| ("ref", reference)));
        pairs.extend(steps(false));
        let mut query = String::new();
        for (key, value) in pairs {
            if !query.is_empty() {
                query.push('&');
            }
            encode(key, &mut query);
            query.push('=');
            encode(&value, &mut query);
        }
        query
    }
}

/// What a reference names: `tag:NAME`, a snapshot id (20 characters of Crockford's base 32), else a
/// branch.
pub fn reference(text: &str) -> RefSpec {
    let in_base32 =
        |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte));
    match text.strip_prefix("tag:") {
        Some(name) => RefSpec::Tag(name.to_owned()),
        None if text.len() == 20 && text.bytes().all(in_base32) => {
            RefSpec::Snapshot(text.to_owned())
        }
        None => RefSpec::Branch(text.to_owned()),
    }
}

/// The text of a reference, from which [`reference`](fn@reference) makes it again.
pub fn reference_text(reference: &RefSpec) -> String {
    match reference {
        RefSpec::Tag(name) => format!("tag:{name}"),
        RefSpec::Branch(name) | RefSpec::Snapshot(name) => name.clone(),
    }
}

/// Sets one field of the view; false if the key is none of them.
fn set(view: &mut ViewState, key: &str, value: &str) -> bool {
    match key {
        "lon" => aim(view, |to| &mut to.lon, number(value).filter(|lon| lon.abs() <= 360.0)),
        "lat" => aim(view, |to| &mut to.lat, number(value).filter(|lat| lat.abs() <= 90.0)),
        "z" => {
            let zoom = number(value).filter(|zoom| (-2.0..=24.0).contains(zoom));
            aim(view, |to| &mut to.zoom, zoom);
        }
        "proj" => replace(&mut view.projection, Choice::from_code(value)),
        "var" => view.variable = Some(value.to_owned()).filter(|name| !name.is_empty()),
        "cmap" => replace(&mut view.colormap, Choice::from_code(value).map(Some)),
        "reversed" => replace(&mut view.reversed, flag(value)),
        "log" => replace(&mut view.log, flag(value)),
        "unit" => replace(&mut view.unit, crate::units::Unit::from_code(value)),
        "opacity" => {
            replace(&mut view.opacity, value.parse().ok().filter(|percent| *percent <= 100));
        }
        "smooth" => replace(&mut view.smooth, flag(value)),
        "base" => replace(&mut view.base, Choice::from_code(value)),
        "grid" => replace(&mut view.graticule, flag(value)),
        "status" => replace(&mut view.status, flag(value)),
        "at" => replace(&mut view.inspected, parse_coordinates(value).map(Some)),
        _ => return false,
    }
    true
}

/// Says where the map looks.
fn aim(view: &mut ViewState, field: fn(&mut View) -> &mut f64, value: Option<f64>) {
    view.is_aimed |= value.is_some();
    replace(field(&mut view.camera), value);
}

fn replace<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn number(text: &str) -> Option<f64> {
    crate::number::parse(text)
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// A number with at most so many decimals, without trailing zeros.
fn decimal(value: f64, decimals: u8) -> String {
    let text = crate::number::fixed(value, decimals);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The pairs of a query string, decoded.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .strip_prefix('?')
        .unwrap_or(query)
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

/// Appends a text, percent-encoded where a query needs it. Slash, colon and comma stay, so that the
/// address of a store can be read in a link.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'/'
            | b':'
            | b',' => into.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}

/// A percent-encoded text; a broken escape stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escape = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[index], escape(index + 1), escape(index + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                index += 3;
            }
            (b'+', ..) => {
                decoded.push(b' ');
                index += 1;
            }
            (byte, ..) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basemap::BaseMap;
    use crate::units::Unit;
    use crate::view::Projection;
    use floe_shared::colormap::ColorMap;
    use proptest::prelude::*;

    fn choice<T: Choice + std::fmt::Debug>() -> impl Strategy<Value = T> {
        (0..T::ALL.len()).prop_map(|index| T::ALL[index])
    }

    fn place() -> impl Strategy<Value = Place> {
        (-18_000_000..=18_000_000_i32, -9_000_000..=9_000_000_i32)
            .prop_map(|(lon, lat)| Place { lon: decimals(lon, 5), lat: decimals(lat, 5) })
    }

    /// The number that the text of so many decimals stands for.
    fn decimals(units: i32, decimals: u32) -> f64 {
        f64::from(units) / f64::from(10_i32.pow(decimals))
    }

    prop_compose! {
        fn view()(
            place in place(),
            zoom in 0..22_000_i32,
            (projection, variable, colormap, base, unit) in
                (choice::<Projection>(), proptest::option::of("[a-z ]{1,8}"), proptest::option::of(choice::<ColorMap>()), choice::<BaseMap>(), choice::<Unit>()),
            year in proptest::option::of(1900..2200_i32),
            step in proptest::option::of("\\PC{0,8}"),
            (low, high) in (15_000..131_000_i32, 15_000..131_000_i32),
            opacity in 0..=100_u8,
            (smooth, graticule, status) in any::<(bool, bool, bool)>(),
            inspected in proptest::option::of(self::place()),
            (reversed, log) in any::<(bool, bool)>(),
        ) -> ViewState {
            ViewState {
                camera: View { lon: place.lon, lat: place.lat, zoom: decimals(zoom, 3) },
                is_aimed: true, projection, variable, colormap,
                steps: [("year", year.map(|year| year.to_string())), ("time", step)]
                    .into_iter()
                    .filter_map(|(key, label)| Some((key.to_owned(), label?)))
                    .collect(),
                range: (low != high).then(|| Range::between(decimals(low, 2), decimals(high, 2)).unwrap()),
                unit, opacity, smooth, base, graticule, status, inspected, reversed, log,
            }
        }
    }

    proptest! {
        #[test]
        fn a_link_restores_the_view(
            view in view(),
            store in proptest::option::of(".{1,40}"),
            reference in proptest::option::of("[a-z0-9 &=+%]{1,12}"),
            foreign in proptest::collection::btree_map("[xy]{1,4}\\PC{0,4}", ".{0,8}", 0..3),
        ) {
            let mut link = Link { view, store, reference };
            link.view.steps.extend(foreign);
            let defaults = ViewState { inspected: None, ..ViewState::default() };
            prop_assert_eq!(Link::parse(&link.query(), defaults), link);
        }

        #[test]
        fn any_text_is_a_link(text in ".{0,80}") {
            let link = Link::parse(&text, ViewState::default());
            prop_assert!(Link::parse(&link.query(), ViewState::default()).view.camera.zoom.is_finite());
        }
    }

    #[test]
    fn the_words_of_a_link_are_stable() {
        let link = Link::parse(
            "?lon=13.5&lat=-7&z=4.25&proj=globe&var=max_daytime_lst&year=2021&min=250&max=320.5&unit=f&at=1.5,2&store=https://example.org/a%20b&utm=x",
            ViewState::default(),
        );
        assert_eq!(link.view.camera, View { lon: 13.5, lat: -7.0, zoom: 4.25 });
        assert_eq!(link.view.projection, Projection::Globe);
        assert_eq!(link.view.variable.as_deref(), Some("max_daytime_lst"));
        assert_eq!(link.view.range, Range::between(250.0, 320.5));
        assert_eq!(link.view.unit, Unit::Fahrenheit);
        assert_eq!(link.view.inspected, Some(Place { lon: 2.0, lat: 1.5 }));
        assert_eq!(link.store.as_deref(), Some("https://example.org/a b"));
        let steps = [("year", "2021"), ("utm", "x")];
        assert_eq!(link.view.steps, steps.map(|(key, label)| (key.to_owned(), label.to_owned())));
    }

    #[test]
    fn values_that_make_no_sense_leave_the_default() {
        let link = Link::parse(
            "lon=east&lat=95&z=NaN&proj=flat&var=&min=x&opacity=101&smooth=maybe&at=here",
            ViewState::default(),
        );
        assert_eq!(link.view, ViewState::default());
    }

    #[test]
    fn the_last_of_several_with_one_key_counts_and_the_year_comes_before_other_axes() {
        let link = Link::parse(
            "time=2020&level=5&year=2021&time=2022-01-01T06:00:00",
            ViewState::default(),
        );
        let query = link.query();
        assert!(query.contains("&proj=mercator&year=2021&"), "{query}");
        assert!(query.ends_with("&time=2022-01-01T06:00:00&level=5"), "{query}");
    }

    #[test]
    fn references_are_branches_unless_they_look_like_something_else() {
        assert_eq!(reference("main"), RefSpec::Branch("main".to_owned()));
        assert_eq!(reference("tag:v1"), RefSpec::Tag("v1".to_owned()));
        let id = "1CECHNKREP0F1RSTCMT0";
        assert_eq!(reference(id), RefSpec::Snapshot(id.to_owned()));
        for text in ["main", "tag:v1", id] {
            assert_eq!(reference_text(&reference(text)), text);
        }
        assert_eq!(
            reference("A-BRANCH-OF-TWENTY-C"),
            RefSpec::Branch("A-BRANCH-OF-TWENTY-C".to_owned())
        );
    }

    #[test]
    fn one_end_of_the_range_leaves_the_other() {
        let link = Link::parse("min=280", ViewState::default());
        assert_eq!(link.view.range, Range::between(280.0, Range::EARTH.end(End::High)));
        let mut link = Link::parse("min=-2e-7&max=1.5e-6", ViewState::default());
        assert_eq!(link.view.range, Range::between(-2e-7, 1.5e-6));
        // A link says where to look.
        link.view.is_aimed = true;
        assert_eq!(Link::parse(&link.query(), ViewState::default()), link);
    }
}
