//! Keeping credentials out of what people and logs see. Errors are made without them in the first place;
//! this is the last check before a message is shown, for what a server or a library put into its words.

use crate::store::{Environment, pasted, process_environment};

const SAS_TOKEN: &str = "AZURE_STORAGE_SAS_TOKEN";
const ACCOUNT_KEY: &str = "AZURE_STORAGE_ACCOUNT_KEY";

/// Variables that hold credentials.
const VARIABLES: [&str; 6] = [
    SAS_TOKEN,
    ACCOUNT_KEY,
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GH_TOKEN",
];

/// What begins the signature of a shared access signature, in a query and in a query within a query.
const SIGNATURES: [&str; 2] = ["sig=", "sig%3D"];

/// A value that is shorter is no credential, and its letters may stand anywhere in what is shown.
const SHORTEST: usize = 8;

/// A text without the values of this process's secret variables and without any signature.
pub fn hide(text: &str) -> String {
    hide_from(text, &process_environment)
}

fn hide_from(text: &str, environment: Environment<'_>) -> String {
    let mut hidden = text.to_owned();
    for variable in VARIABLES {
        let value = environment(variable).unwrap_or_default();
        // As it was pasted, and as it is used.
        let used = match variable {
            SAS_TOKEN => pasted::sas_token(&value).ok(),
            ACCOUNT_KEY => pasted::account_key(&value).ok(),
            _ => None,
        };
        for value in [used.as_deref().unwrap_or_default(), pasted::bare(&value)] {
            if value.len() >= SHORTEST {
                hidden = hidden.replace(value, &format!("[{variable}]"));
            }
        }
    }
    for start in SIGNATURES {
        hidden = hide_signatures(&hidden, start);
    }
    hidden
}

/// Replaces what follows `start` up to the end of the parameter.
fn hide_signatures(text: &str, start: &str) -> String {
    let mut parts = text.split(start);
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|character: char| {
                character.is_whitespace()
                    || matches!(character, '&' | '"' | '\'' | '\\' | '<' | '>' | ')' | ',' | ';')
            })
            .unwrap_or(part.len());
        hidden.push_str(start);
        hidden.push_str("***");
        hidden.push_str(&part[end..]);
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_as_it_was_pasted_and_as_it_is_used() {
        let environment = |name: &str| match name {
            SAS_TOKEN => Some("\"https://a.blob.core.windows.net/c?sv=1&sig=abcd\"".to_owned()),
            ACCOUNT_KEY => Some(" QUJD\nQUJDRA==".to_owned()),
            _ => None,
        };
        assert_eq!(
            hide_from("GET /c?sv=1&sig=abcd: refused QUJDQUJDRA==", &environment),
            "GET /c?[AZURE_STORAGE_SAS_TOKEN]: refused [AZURE_STORAGE_ACCOUNT_KEY]"
        );
        assert_eq!(
            hide_from("not 'https://a.blob.core.windows.net/c?sv=1&sig=abcd'", &environment),
            "not 'https://a.blob.core.windows.net/c?[AZURE_STORAGE_SAS_TOKEN]'"
        );
    }

    #[test]
    fn neither_signatures_nor_variables_are_shown() {
        let environment = |name: &str| match name {
            "AZURE_STORAGE_SAS_TOKEN" => Some("?sv=1&sig=abc%2B".to_owned()),
            "AZURE_STORAGE_ACCOUNT_KEY" => Some("longkey+/==".to_owned()),
            "GH_TOKEN" => Some("e".to_owned()),
            _ => None,
        };
        assert_eq!(
            hide_from(
                "GET /c/p?comp=list&sv=1&sig=abc%2B with longkey+/==: refused 'sv=2&sig=def%3D&se=3'",
                &environment
            ),
            "GET /c/p?comp=list&[AZURE_STORAGE_SAS_TOKEN] with [AZURE_STORAGE_ACCOUNT_KEY]: refused 'sv=2&sig=***&se=3'"
        );
        assert_eq!(
            hide_from("url=https%3A%2F%2Fa%3Fsig%3Dabc", &environment),
            "url=https%3A%2F%2Fa%3Fsig%3D***"
        );
        // A document stays one.
        assert_eq!(
            hide_from(r#"{"a":"at \"b?sig=c\""}"#, &environment),
            r#"{"a":"at \"b?sig=***\""}"#
        );
        assert_eq!(hide_from("sig=", &|_| None), "sig=***");
        assert_eq!(hide_from("nothing secret", &environment), "nothing secret");
    }
}
