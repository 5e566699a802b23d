//! JSON as the standard's files have it: four blanks a level on the way out, and on the way in also
//! the `NaN` and `Infinity` that Python writes where JSON has no word.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;

use super::LerobotError;

/// The text of `value`, indented by four blanks, not escaped beyond need.
pub(crate) fn pretty(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, LerobotError> {
    let mut out = Vec::new();
    let mut to = Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"    "));
    value.serialize(&mut to).map_err(|e| LerobotError::invalid(path, e.to_string()))?;
    Ok(out)
}

/// Reads the file at `path`.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, LerobotError> {
    let text = std::fs::read_to_string(path).map_err(LerobotError::io(path))?;
    parse(path, &text)
}

/// Reads `text`, which came from `path`.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, LerobotError> {
    serde_json::from_str(&without_nan(text))
        .map_err(|e| LerobotError::invalid(path, format!("no JSON as it should be: {e}")))
}

/// The text with `NaN`, `Infinity` and `-Infinity` outside strings as `null`.
fn without_nan(text: &str) -> Cow<'_, str> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut quoted) = (text, false);
    while let Some(c) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].into_iter().find(|w| rest.starts_with(w));
        match (quoted, c, word) {
            (false, _, Some(word)) => {
                out.push_str("null");
                rest = &rest[word.len()..];
                continue;
            }
            (true, '\\', _) => {
                out.push(c);
                rest = &rest[1..];
                // The escaped character, whatever it is, ends no string.
                let Some(escaped) = rest.chars().next() else { break };
                out.push(escaped);
                rest = &rest[escaped.len_utf8()..];
                continue;
            }
            (_, '"', _) => quoted = !quoted,
            _ => {}
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_s_words_for_what_is_no_number_become_null() {
        let check = |input: &str, expected: &str| assert_eq!(without_nan(input), expected);
        check("[1.0]", "[1.0]");
        check("[NaN, -Infinity, Infinity]", "[null, null, null]");
        check(r#"{"NaN": "a \" NaN"}"#, r#"{"NaN": "a \" NaN"}"#);
        check("[NaN, \"ä\\", "[null, \"ä\\");
    }
}
