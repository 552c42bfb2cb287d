//! How a sandbox can be told to misbehave, and when it does.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDate;

use super::chance::{draw, share};
use super::granule_name::Layer;

/// One misbehaviour, as `KIND=VALUE`.
///
/// Shares lie between 0 and 1. Kinds marked "first" hit the first attempt at an address (or the
/// first of a given search) and let later ones through; the others last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// `429=SHARE`, first: too many requests, with `Retry-After: 1`.
    TooManyRequests(f64),
    /// `503=SHARE`, first: service unavailable.
    Unavailable(f64),
    /// `403=SHARE`, first: a valid signature is refused.
    Refused(f64),
    /// `cut=SHARE`, first: the connection breaks in the middle of a blob.
    Cut(f64),
    /// `truncate=SHARE`: the file itself lacks its last two fifths.
    Truncated(f64),
    /// `missing-asset=SHARE`: the item lacks LST or QC.
    MissingAsset(f64),
    /// `missing-blob=SHARE`: the item names a file that is not there.
    MissingBlob(f64),
    /// `expire=SECONDS`: how long tokens live (2700 unless told).
    Expire(u32),
    /// `slow=MILLISECONDS`: how long every answer waits.
    Slow(u32),
    /// `504=SECONDS`: the catalogue's searches time out for so long after the first one.
    Outage(f64),
    /// `504-over=ITEMS`: searches for larger pages time out.
    TimeoutOver(usize),
    /// `html=SHARE`, first: a search is answered 200 with a page for people.
    Html(f64),
    /// `empty=SHARE`, first: a search is answered 200 with an empty list.
    Empty(f64),
    /// `token-404=SHARE`, first: the token endpoint knows of no such container.
    TokenNotFound(f64),
    /// `cut-pages=ITEMS`: pages end there, and link to no next one.
    CutPages(usize),
    /// `repeat-pages=ITEMS`: pages end there, and the next one is the same again.
    RepeatPages(usize),
    /// `matched=ITEMS`: answers count what matches, and so many items more.
    Overcount(usize),
    /// `strangers=ITEMS`: so many malformed items that nobody asked for stand on every page.
    Strangers(usize),
    /// `malformed=SHARE`: the item says in words where it lies.
    Malformed(f64),
    /// `absent=YYYY-MM-DD`: the catalogue lacks the composites that begin on this day.
    Absent(NaiveDate),
}

/// A text that is no misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected KIND=VALUE with KIND one of 429, 503, 403, cut, html, empty, token-404, truncate, missing-asset, \
     missing-blob, malformed (VALUE is a share from 0 to 1), expire or 504 (seconds), slow (milliseconds), \
     504-over, cut-pages, repeat-pages, matched, strangers (items) or absent (a date), found '{found}'"
)]
pub struct FaultError {
    /// The text.
    pub found: String,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (kind, value) = text.split_once('=')?;
            let share = || value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
            let items = || value.parse().ok().filter(|items| *items > 0);
            Some(match kind {
                "429" => Self::TooManyRequests(share()?),
                "503" => Self::Unavailable(share()?),
                "403" => Self::Refused(share()?),
                "cut" => Self::Cut(share()?),
                "truncate" => Self::Truncated(share()?),
                "missing-asset" => Self::MissingAsset(share()?),
                "missing-blob" => Self::MissingBlob(share()?),
                "expire" => Self::Expire(value.parse().ok()?),
                "slow" => Self::Slow(value.parse().ok()?),
                "504" => Self::Outage(value.parse().ok().filter(|seconds| *seconds >= 0.0)?),
                "504-over" => Self::TimeoutOver(value.parse().ok()?),
                "html" => Self::Html(share()?),
                "empty" => Self::Empty(share()?),
                "token-404" => Self::TokenNotFound(share()?),
                "cut-pages" => Self::CutPages(items()?),
                "repeat-pages" => Self::RepeatPages(items()?),
                "matched" => Self::Overcount(value.parse().ok()?),
                "strangers" => Self::Strangers(value.parse().ok()?),
                "malformed" => Self::Malformed(share()?),
                "absent" => Self::Absent(value.parse().ok()?),
                _ => return None,
            })
        };
        parse().ok_or_else(|| FaultError { found: text.to_owned() })
    }
}

/// How pages of searches are falsified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paging {
    /// Pages end after so many items, and link to no next one.
    pub(super) cut: Option<usize>,
    /// Pages end after so many items, and the next one is the same again.
    pub(super) repeat: Option<usize>,
    /// Items that are counted and not there; without it nothing is counted.
    pub(super) overcount: Option<usize>,
    /// Malformed items that nobody asked for.
    pub(super) strangers: usize,
}

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mishap {
    TooManyRequests,
    Unavailable,
    Refused,
    Cut,
    Timeout,
    Html,
    Empty,
    TokenNotFound,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A page of a search, of at most so many items.
    Search { limit: usize },
    /// A token.
    Token,
    /// Another document of the catalogue.
    Document,
    /// A granule's file.
    Blob,
}

/// Decides what goes wrong, from the seed and from what has gone wrong before.
#[derive(Debug)]
pub(super) struct Misbehaviour {
    seed: u64,
    faults: Vec<Fault>,
    attempts: u32,
    /// How often each address has been hit by each mishap.
    hits: Mutex<HashMap<(u64, Mishap), u32>>,
    /// When the catalogue was searched first.
    first_search: OnceLock<Instant>,
}

impl Misbehaviour {
    /// Mishaps of the "first" kinds hit the first `attempts` attempts.
    pub(super) fn new(seed: u64, faults: Vec<Fault>, attempts: u32) -> Self {
        Self { seed, faults, attempts, hits: Mutex::default(), first_search: OnceLock::new() }
    }

    /// First days of the composites that the catalogue lacks.
    pub(super) fn absent(&self) -> Vec<NaiveDate> {
        let told = |fault: &Fault| if let Fault::Absent(date) = fault { Some(*date) } else { None };
        self.faults.iter().filter_map(told).collect()
    }

    /// How pages of searches are falsified.
    pub(super) fn paging(&self) -> Paging {
        let mut paging = Paging::default();
        for fault in &self.faults {
            match *fault {
                Fault::CutPages(items) => paging.cut = Some(items),
                Fault::RepeatPages(items) => paging.repeat = Some(items),
                Fault::Overcount(items) => paging.overcount = Some(items),
                Fault::Strangers(items) => paging.strangers = items,
                _ => {}
            }
        }
        paging
    }

    /// Whether an item says in words where it lies.
    pub(super) fn malformed(&self, granule: &str) -> bool {
        self.faults.iter().any(|fault| {
            matches!(*fault, Fault::Malformed(rate) if share(self.seed, &format!("malformed {granule}")) < rate)
        })
    }

    /// Life of tokens in seconds.
    pub(super) fn token_seconds(&self) -> u32 {
        let told = |fault: &Fault| if let Fault::Expire(n) = fault { Some(*n) } else { None };
        self.faults.iter().find_map(told).unwrap_or(2700)
    }

    /// How long every answer waits.
    pub(super) fn latency(&self) -> Duration {
        let told = |fault: &Fault| if let Fault::Slow(n) = fault { Some(*n) } else { None };
        Duration::from_millis(self.faults.iter().find_map(told).unwrap_or(0).into())
    }

    /// What goes wrong with this request for an address; counts it.
    pub(super) fn mishap(&self, address: &str, target: Target) -> Option<Mishap> {
        let is_search = matches!(target, Target::Search { .. });
        self.faults.iter().find_map(|fault| {
            let (mishap, rate) = match *fault {
                Fault::TooManyRequests(rate) => (Mishap::TooManyRequests, rate),
                Fault::Unavailable(rate) => (Mishap::Unavailable, rate),
                Fault::Refused(rate) if target == Target::Blob => (Mishap::Refused, rate),
                Fault::Cut(rate) if target == Target::Blob => (Mishap::Cut, rate),
                Fault::Html(rate) if is_search => (Mishap::Html, rate),
                Fault::Empty(rate) if is_search => (Mishap::Empty, rate),
                Fault::TokenNotFound(rate) if target == Target::Token => {
                    (Mishap::TokenNotFound, rate)
                }
                Fault::TimeoutOver(most) => {
                    let too_large = matches!(target, Target::Search { limit } if limit > most);
                    return too_large.then_some(Mishap::Timeout);
                }
                Fault::Outage(seconds) if is_search => {
                    let began = *self.first_search.get_or_init(Instant::now);
                    return (began.elapsed().as_secs_f64() < seconds).then_some(Mishap::Timeout);
                }
                _ => return None,
            };
            let key = format!("{mishap:?} {address}");
            (share(self.seed, &key) < rate && self.still_due(&key, mishap)).then_some(mishap)
        })
    }

    fn still_due(&self, key: &str, mishap: Mishap) -> bool {
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = hits.entry((draw(self.seed, key), mishap)).or_default();
        *hits += 1;
        *hits <= self.attempts
    }

    /// The layer that a granule's item lacks.
    pub(super) fn missing_asset(&self, granule: &str) -> Option<Layer> {
        self.faults.iter().find_map(|fault| {
            let Fault::MissingAsset(rate) = *fault else { return None };
            let key = format!("missing asset {granule}");
            let layer = Layer::ALL[(draw(self.seed, &key) & 1) as usize];
            (share(self.seed, &key) < rate).then_some(layer)
        })
    }

    /// Whether a blob is absent although its item names it.
    pub(super) fn missing_blob(&self, path: &str) -> bool {
        self.faults.iter().any(|fault| {
            matches!(*fault, Fault::MissingBlob(rate) if share(self.seed, &format!("missing {path}")) < rate)
        })
    }

    /// How much of a blob of `length` bytes the store holds.
    pub(super) fn stored_length(&self, path: &str, length: u64) -> u64 {
        let truncated = self.faults.iter().any(|fault| {
            matches!(*fault, Fault::Truncated(rate) if share(self.seed, &format!("truncated {path}")) < rate)
        });
        if truncated { length * 3 / 5 } else { length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_every_kind() {
        assert_eq!("cut-pages=5".parse(), Ok(Fault::CutPages(5)));
        assert_eq!("504=1.5".parse(), Ok(Fault::Outage(1.5)));
        let day = NaiveDate::from_ymd_opt(2022, 10, 16).unwrap();
        assert_eq!("absent=2022-10-16".parse(), Ok(Fault::Absent(day)));
        assert_eq!("429=0.5".parse(), Ok(Fault::TooManyRequests(0.5)));
        assert_eq!("expire=3".parse(), Ok(Fault::Expire(3)));
        for text in [
            "absent=1",
            "cut-pages=0",
            "504=-1",
            "",
            "429",
            "429=2",
            "500=0.1",
            "cut=-1",
            "expire=-1",
            "slow=x",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mishap_hits_its_share_of_addresses_and_only_at_first() {
        let sandbox = Misbehaviour::new(3, vec![Fault::Unavailable(0.3)], 2);
        let addresses: Vec<String> = (0..1000).map(|n| format!("/blob/{n}")).collect();
        let round =
            || addresses.iter().filter(|a| sandbox.mishap(a, Target::Blob).is_some()).count();
        let first = round();
        assert!((250..350).contains(&first), "{first}");
        assert_eq!((round(), round()), (first, 0));
    }

    #[test]
    fn cuts_and_refusals_happen_to_blobs_alone() {
        let sandbox = Misbehaviour::new(3, vec![Fault::Cut(1.0), Fault::Refused(1.0)], 1);
        assert_eq!(sandbox.mishap("/search", Target::Search { limit: 1 }), None);
        assert_eq!(sandbox.mishap("/blob", Target::Blob), Some(Mishap::Cut));
        assert_eq!(sandbox.mishap("/blob", Target::Blob), Some(Mishap::Refused));
        assert_eq!(sandbox.mishap("/blob", Target::Blob), None);
    }

    #[test]
    fn lasting_faults_last() {
        let faults = vec![Fault::Truncated(0.5), Fault::MissingAsset(0.5), Fault::MissingBlob(0.5)];
        let sandbox = Misbehaviour::new(3, faults, 1);
        let count = |test: &dyn Fn(&str) -> bool| {
            (0..1000).filter(|n| test(&n.to_string()) && test(&n.to_string())).count()
        };
        for hit in [
            count(&|name| sandbox.stored_length(name, 100) == 60),
            count(&|name| sandbox.missing_asset(name) == Some(Layer::Quality)) * 2,
            count(&|name| sandbox.missing_blob(name)),
        ] {
            assert!((400..600).contains(&hit), "{hit}");
        }
    }
}
