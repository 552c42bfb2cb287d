//! How a sandbox can be told to misbehave, and when it does.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
}

/// A text that is no misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected KIND=VALUE with KIND one of 429, 503, 403, cut, truncate, missing-asset, missing-blob \
     (VALUE is a share from 0 to 1), expire (seconds) or slow (milliseconds), found '{found}'"
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
                _ => return None,
            })
        };
        parse().ok_or_else(|| FaultError { found: text.to_owned() })
    }
}

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mishap {
    TooManyRequests,
    Unavailable,
    Refused,
    Cut,
}

/// Decides what goes wrong, from the seed and from what has gone wrong before.
#[derive(Debug)]
pub(super) struct Misbehaviour {
    seed: u64,
    faults: Vec<Fault>,
    attempts: u32,
    /// How often each address has been hit by each mishap.
    hits: Mutex<HashMap<(u64, Mishap), u32>>,
}

impl Misbehaviour {
    /// Mishaps of the "first" kinds hit the first `attempts` attempts.
    pub(super) fn new(seed: u64, faults: Vec<Fault>, attempts: u32) -> Self {
        Self { seed, faults, attempts, hits: Mutex::default() }
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
    pub(super) fn mishap(&self, address: &str, is_blob: bool) -> Option<Mishap> {
        self.faults.iter().find_map(|fault| {
            let (mishap, rate) = match *fault {
                Fault::TooManyRequests(rate) => (Mishap::TooManyRequests, rate),
                Fault::Unavailable(rate) => (Mishap::Unavailable, rate),
                Fault::Refused(rate) if is_blob => (Mishap::Refused, rate),
                Fault::Cut(rate) if is_blob => (Mishap::Cut, rate),
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
        assert_eq!("429=0.5".parse(), Ok(Fault::TooManyRequests(0.5)));
        assert_eq!("expire=3".parse(), Ok(Fault::Expire(3)));
        for text in ["", "429", "429=2", "500=0.1", "cut=-1", "expire=-1", "slow=x"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mishap_hits_its_share_of_addresses_and_only_at_first() {
        let sandbox = Misbehaviour::new(3, vec![Fault::Unavailable(0.3)], 2);
        let addresses: Vec<String> = (0..1000).map(|n| format!("/blob/{n}")).collect();
        let round = || addresses.iter().filter(|a| sandbox.mishap(a, true).is_some()).count();
        let first = round();
        assert!((250..350).contains(&first), "{first}");
        assert_eq!((round(), round()), (first, 0));
    }

    #[test]
    fn cuts_and_refusals_happen_to_blobs_alone() {
        let sandbox = Misbehaviour::new(3, vec![Fault::Cut(1.0), Fault::Refused(1.0)], 1);
        assert_eq!(sandbox.mishap("/search", false), None);
        assert_eq!(sandbox.mishap("/blob", true), Some(Mishap::Cut));
        assert_eq!(sandbox.mishap("/blob", true), Some(Mishap::Refused));
        assert_eq!(sandbox.mishap("/blob", true), None);
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
