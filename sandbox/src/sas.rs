//! Shared access signatures: short-lived tokens without which no blob is given.
//!
//! They look like Azure's and expire like them; the signature is a keyed hash that only this sandbox
//! makes and checks.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::chance::draw;

/// The storage account of the collection's files.
pub(super) const ACCOUNT: &str = "modiseuwest";
/// The container of the collection's files.
pub(super) const CONTAINER: &str = "modis-061-cogs";

const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";

/// Why a blob is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignatureError {
    #[error("the request carries no shared access signature")]
    Missing,
    #[error("the signature does not match")]
    Wrong,
    #[error("the signature has expired")]
    Expired,
}

/// Signs for one sandbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer {
    seed: u64,
    life: TimeDelta,
}

impl Signer {
    /// Tokens live `seconds`.
    pub(super) fn new(seed: u64, seconds: u32) -> Self {
        Self { seed, life: TimeDelta::seconds(i64::from(seconds)) }
    }

    /// The answer of the token endpoint at a time.
    pub(super) fn token(&self, now: DateTime<Utc>) -> Value {
        // Whole seconds, rounded up: a token must not die before the life that it was promised.
        let expiry = now + self.life + TimeDelta::milliseconds(999);
        let expiry = expiry.format(TIME).to_string();
        let start = (now - TimeDelta::days(1)).format(TIME).to_string();
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("st", &start)
            .append_pair("se", &expiry)
            .append_pair("sp", "rl")
            .append_pair("sv", "2024-05-04")
            .append_pair("sr", "c")
            .append_pair("sig", &self.signature(&expiry))
            .finish();
        json!({"msft:expiry": expiry, "token": query})
    }

    /// Checks the query string of a request for a blob.
    pub(super) fn check(&self, query: &str, now: DateTime<Utc>) -> Result<(), SignatureError> {
        let value = |key: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
        };
        let (Some(expiry), Some(signature)) = (value("se"), value("sig")) else {
            return Err(SignatureError::Missing);
        };
        if signature != self.signature(&expiry) {
            return Err(SignatureError::Wrong);
        }
        let expiry = DateTime::parse_from_rfc3339(&expiry).map_err(|_| SignatureError::Wrong)?;
        if expiry <= now { Err(SignatureError::Expired) } else { Ok(()) }
    }

    /// In the look of base 64, with the characters that a query string must escape.
    fn signature(&self, expiry: &str) -> String {
        let word = |part: u8| draw(self.seed, &format!("{ACCOUNT}/{CONTAINER} {expiry} {part}"));
        format!("{:016x}+{:016x}/{:08x}=", word(0), word(1), word(2) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_until_it_expires_and_only_here() {
        let now = Utc::now();
        let signer = Signer::new(1, 60);
        let answer = signer.token(now);
        let token = answer["token"].as_str().unwrap();
        assert_eq!(signer.check(token, now), Ok(()));
        assert_eq!(signer.check(token, now + TimeDelta::seconds(59)), Ok(()));
        assert_eq!(signer.check(token, now + TimeDelta::seconds(61)), Err(SignatureError::Expired));
        assert_eq!(signer.check("", now), Err(SignatureError::Missing));
        assert_eq!(signer.check("se=2099-01-01T00:00:00Z&sig=x", now), Err(SignatureError::Wrong));
        assert_eq!(Signer::new(2, 60).check(token, now), Err(SignatureError::Wrong));
        assert!(token.contains("sig=") && token.contains("%2B") && token.ends_with("%3D"));
    }
}
