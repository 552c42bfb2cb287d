//! What a step of GitHub Actions leaves to others: outputs for later jobs, and its part of the run's
//! summary. Both are files which the runner names; elsewhere nothing is written.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::Value;

use crate::error::Error;
use crate::secret::hide;
use crate::store::process_environment;

/// The file that takes `NAME=VALUE` lines.
const OUTPUT: &str = "GITHUB_OUTPUT";

/// The file that takes Markdown.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Hands each field of a document on as an output of its name: texts as they are, everything else as
/// JSON, ready for `fromJSON`.
pub fn write_outputs(document: &Value) -> Result<(), Error> {
    append(OUTPUT, &output_lines(document))
}

/// Adds Markdown to the run's summary.
pub fn write_summary(markdown: &str) -> Result<(), Error> {
    append(SUMMARY, markdown)
}

fn append(variable: &str, text: &str) -> Result<(), Error> {
    let Some(path) = process_environment(variable) else {
        return Ok(());
    };
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(hide(text).as_bytes()))
        .map_err(|source| Error::Write { path, source })
}

/// One line a field. JSON holds no line break; a text that does is written as JSON as well, since a
/// second line would be another output.
fn output_lines(document: &Value) -> String {
    let Value::Object(fields) = document else {
        return String::new();
    };
    fields
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) if !text.contains(['\n', '\r']) => format!("{name}={text}\n"),
            value => format!("{name}={value}\n"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_becomes_one_output() {
        let lines = output_lines(&json!({
            "batch_index": [0, 1],
            "snapshot": "1CECHNKREP0F1RSTCMT0",
            "tile": ["0,8 0,9"],
        }));
        assert_eq!(lines, "batch_index=[0,1]\nsnapshot=1CECHNKREP0F1RSTCMT0\ntile=[\"0,8 0,9\"]\n");
    }

    #[test]
    fn no_text_can_forge_a_second_output() {
        assert_eq!(output_lines(&json!({ "note": "a\nb=c" })), "note=\"a\\nb=c\"\n");
        assert_eq!(output_lines(&json!([1])), "");
    }
}
