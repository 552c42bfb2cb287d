//! Accounts, tokens, keys and endpoints as people paste them: with quotes, blanks and line ends around them, as a
//! whole URL, or within a connection string. Each is taken for what it is, or refused; nothing is ever shown of a
//! value, since that may be the secret.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// A token is taken for expired only when it is so for longer than clocks are apart.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(15);

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PastedError {
    /// Nothing but quotes and blanks.
    #[error("it is empty but for quotes and blanks")]
    Empty,
    /// A URL without a token.
    #[error("it is a URL without a token: expected one that goes on with '?sv=...&sig=...'")]
    UrlWithoutToken,
    /// A connection string without a token.
    #[error(
        "it is a connection string without a SharedAccessSignature; an account key belongs into AZURE_STORAGE_ACCOUNT_KEY"
    )]
    StringWithoutToken,
    /// Blanks or line ends, or characters that no token or key has.
    #[error("it has blanks, line ends or other characters in its middle that none has")]
    Characters,
    /// Escaped once too often.
    #[error("its signature is percent-encoded twice: expected it as the service gives it")]
    EncodedTwice,
    /// No token at all, or a part of one.
    #[error(
        "it is no token, or only a part of one: expected 'sv=...&sig=...', found no '{missing}'"
    )]
    Incomplete {
        /// The parameter that is not there.
        missing: &'static str,
    },
    /// No key at all, or a part of one.
    #[error("it is no account key: expected the base64 text of some bytes")]
    NoKey,
    /// No URL of a service.
    #[error("it is no address of a service: expected http(s)://HOST")]
    NoEndpoint,
    /// A file that is not there, or holds something else.
    #[error("it names no file with credentials as JSON: {reason}")]
    NoFile {
        /// What the system says of it.
        reason: String,
    },
    /// Neither JSON nor a part of it.
    #[error("it is no JSON: expected the content of a service account's file")]
    NoJson,
    /// Neither a name nor the URL of an account.
    #[error(
        "it is no name of a storage account: expected letters and digits, or https://NAME.blob.core.windows.net"
    )]
    NoAccount,
}

/// A text without the blanks and quotes that people and files of variables put around it.
pub fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '\u{feff}')
    })
}

/// The token itself, as the service's address carries it: without '?', URL or connection string.
pub fn sas_token(text: &str) -> Result<String, PastedError> {
    let text = bare(text);
    if text.is_empty() {
        return Err(PastedError::Empty);
    }
    let token = if let Some(token) = of_connection_string(text, "SharedAccessSignature") {
        token
    } else if of_connection_string(text, "AccountName").is_some()
        || of_connection_string(text, "BlobEndpoint").is_some()
    {
        return Err(PastedError::StringWithoutToken);
    } else if text.contains("://") && !text.starts_with('?') {
        text.split_once('?').ok_or(PastedError::UrlWithoutToken)?.1
    } else {
        text
    };
    let token = token.split('#').next().unwrap_or_default();
    let token = bare(token).trim_start_matches(['?', '&']).replace("&amp;", "&");
    if !token.chars().all(|character| character.is_ascii_graphic()) {
        return Err(PastedError::Characters);
    }
    for missing in ["sv", "sig"] {
        if parameter(&token, missing).is_none_or(|value| value.is_empty()) {
            return Err(PastedError::Incomplete { missing });
        }
    }
    if parameter(&token, "sig").is_some_and(|signature| signature.contains('%')) {
        return Err(PastedError::EncodedTwice);
    }
    Ok(token)
}

/// When a token's time was over, if it is over. A time that cannot be read is left to the service.
pub fn expired(token: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let end = time(&parameter(token, "se")?)?;
    (now - end > CLOCKS_APART).then_some(end)
}

/// The key itself: one line of base64.
pub fn account_key(text: &str) -> Result<String, PastedError> {
    let text = bare(text);
    let text = of_connection_string(text, "AccountKey").unwrap_or(text);
    let key: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    if key.is_empty() {
        return Err(PastedError::Empty);
    }
    let digits = key.trim_end_matches('=');
    let is_digit = |character: char| character.is_ascii_alphanumeric() || "+/".contains(character);
    if key.len().is_multiple_of(4) && key.len() - digits.len() <= 2 && digits.chars().all(is_digit)
    {
        Ok(key)
    } else {
        Err(PastedError::NoKey)
    }
}

/// A key or token of one word.
pub fn word(text: &str) -> Result<String, PastedError> {
    let text = bare(text);
    if text.is_empty() {
        Err(PastedError::Empty)
    } else if text.chars().all(|character| character.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(PastedError::Characters)
    }
}

/// The address of a service.
pub fn endpoint(text: &str) -> Result<String, PastedError> {
    let text = bare(text);
    let url = url::Url::parse(text).map_err(|_| PastedError::NoEndpoint)?;
    if ["http", "https"].contains(&url.scheme()) && url.has_host() {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(PastedError::NoEndpoint)
    }
}

/// Whether a text is a JSON document of credentials.
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

/// The account's name, which may have been given as the address of its blobs.
pub fn account(text: &str) -> Result<String, PastedError> {
    let text = bare(text);
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = text.split(['/', '?']).next().unwrap_or_default();
    let (name, domain) = host.split_once('.').unwrap_or((host, ""));
    let of_storage = ["blob.", "dfs.", "file.", "web."].iter().any(|kind| domain.starts_with(kind));
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    // Without a domain it has to be the name alone: a path or a query belongs to something else.
    if is_name
        && (of_storage || host.len() == text.trim_end_matches('/').len() && domain.is_empty())
    {
        Ok(name.to_owned())
    } else {
        Err(PastedError::NoAccount)
    }
}

/// A value of a connection string such as `AccountName=...;AccountKey=...`.
fn of_connection_string<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A parameter of a token, decoded.
fn parameter(token: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(token.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// A time as tokens have it: to the day, the minute, the second or a fraction of it, in UTC.
/// <https://learn.microsoft.com/rest/api/storageservices/formatting-datetime-values>
fn time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_hms_opt(0, 0, 0)?.and_utc());
    }
    ["%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%S%.fZ"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "sv=2021-12-02&se=2026-01-02T03%3A04%3A05Z&sp=rwlc&sig=ab%2Bc%3D";

    #[test]
    fn a_token_is_found_in_whatever_it_was_pasted_with() {
        for text in [
            TOKEN.to_owned(),
            format!("?{TOKEN}"),
            format!("\"{TOKEN}\""),
            format!(" '?{TOKEN}'\r\n"),
            format!("https://a.blob.core.windows.net/tiles?{TOKEN}"),
            format!("'https://a.blob.core.windows.net/tiles/world/repo?{TOKEN}'"),
            format!("BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature={TOKEN}"),
            format!("SharedAccessSignature=?{TOKEN};BlobEndpoint=https://a.blob.core.windows.net/"),
            TOKEN.replace('&', "&amp;"),
        ] {
            assert_eq!(sas_token(&text), Ok(TOKEN.to_owned()), "{text}");
        }
        // A signature that was not encoded is one, too.
        assert_eq!(sas_token("sv=1&sig=ab+/c=").as_deref(), Ok("sv=1&sig=ab+/c="));
    }

    #[test]
    fn what_is_no_token_is_refused_by_its_kind_and_never_shown() {
        for (text, expected) in [
            ("\" \"", PastedError::Empty),
            ("secret", PastedError::Incomplete { missing: "sv" }),
            ("sv=secret&sp=r", PastedError::Incomplete { missing: "sig" }),
            ("sv=secret&sig=", PastedError::Incomplete { missing: "sig" }),
            ("sv=1&sig=se cret", PastedError::Characters),
            ("sv=1&sig=se\ncret", PastedError::Characters),
            ("sv=1&sig=secret\u{e9}", PastedError::Characters),
            ("sv=1&sig=secret%253D", PastedError::EncodedTwice),
            ("https://a.blob.core.windows.net/secret", PastedError::UrlWithoutToken),
            ("AccountName=a;AccountKey=secret", PastedError::StringWithoutToken),
        ] {
            let error = sas_token(text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_token_expires_when_its_time_is_over_by_every_clock() {
        let at = |text| time(text).unwrap();
        let end = at("2026-01-02T03:04:05Z");
        assert_eq!(expired(TOKEN, at("2026-01-02T03:10Z")), None);
        assert_eq!(expired(TOKEN, at("2026-01-03")), Some(end));
        assert_eq!(expired(TOKEN, at("2025-12-31T23:59:59.1234567Z")), None);
        assert_eq!(expired("sv=1&sig=a", at("2026-01-03")), None);
        assert_eq!(expired("sv=1&se=soon&sig=a", at("2026-01-03")), None);
    }

    #[test]
    fn a_key_is_one_line_of_base64() {
        for text in
            ["QUJDRA==", " QUJD\n RA==\n", "'QUJDRA=='", "AccountName=a;AccountKey=QUJDRA==;X=y"]
        {
            assert_eq!(account_key(text).as_deref(), Ok("QUJDRA=="), "{text}");
        }
        for text in ["no key at all", "QUJDRA=", "sv=1&sig=QUJDRA=="] {
            assert_eq!(account_key(text), Err(PastedError::NoKey), "{text}");
        }
        assert_eq!(account_key("''"), Err(PastedError::Empty));
    }

    #[test]
    fn words_and_endpoints_lose_what_is_around_them() {
        assert_eq!(word(" \"AKIA/+\"\r\n").as_deref(), Ok("AKIA/+"));
        assert_eq!(word("a b"), Err(PastedError::Characters));
        assert_eq!(word("a\nb"), Err(PastedError::Characters));
        assert_eq!(word("''"), Err(PastedError::Empty));
        assert_eq!(endpoint("'http://[::1]:9000/'\n").as_deref(), Ok("http://[::1]:9000"));
        for text in ["minio:9000", "host", "ftp://host", "http://", ""] {
            assert_eq!(endpoint(text), Err(PastedError::NoEndpoint), "{text}");
        }
        assert!(is_json("{\"type\": \"service_account\"}"));
        assert!(!is_json("/path/to/file.json") && !is_json("\"text\""));
    }

    #[test]
    fn an_account_is_a_name_or_the_address_of_its_blobs() {
        for text in [
            "acc",
            " \"acc\"\n",
            "https://acc.blob.core.windows.net",
            "https://acc.blob.core.windows.net/tiles?sv=1&sig=a",
            "acc.blob.core.windows.net/",
            "acc.dfs.core.windows.net",
        ] {
            assert_eq!(account(text).as_deref(), Ok("acc"), "{text}");
        }
        for text in [
            "",
            "''",
            "a b",
            "http://127.0.0.1:10000/acc",
            "https://example.org",
            "acc/tiles",
            "acc?sig=a",
        ] {
            assert_eq!(account(text), Err(PastedError::NoAccount), "{text}");
        }
    }
}
