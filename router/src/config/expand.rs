//! `${env.NAME}`, `${env.NAME:-default}` and `${file.path}` in configuration text.
//!
//! Expansion happens before the YAML is read, so that a number or a Boolean can come from the
//! environment too. A value never brings structure with it: where it stands unquoted and is not
//! plain enough, it is quoted; where it is part of a longer unquoted text, it is refused.

use std::fmt::Write as _;
use std::path::Path;

/// Why an expansion is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {reason}")]
pub(crate) struct ExpandError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

/// Where values come from: the process in real life, a table in tests.
pub(crate) trait Values {
    /// An environment variable.
    fn environment(&self, name: &str) -> Option<String>;
    /// A file's content.
    fn file(&self, path: &Path) -> std::io::Result<String>;
}

/// The process's own environment and files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessValues;

impl Values for ProcessValues {
    fn environment(&self, name: &str) -> Option<String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place where configuration text reads the environment"
        )]
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// How the text around an expression is quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    Single,
    Double,
}

/// Replaces every expression in `text`. Comments are left alone.
pub(super) fn expand(text: &str, values: &dyn Values) -> Result<String, ExpandError> {
    if !text.contains("${") {
        return Ok(text.to_owned());
    }
    let mut expanded = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        expand_line(line, index + 1, values, &mut expanded)?;
    }
    Ok(expanded)
}

fn expand_line(
    line: &str,
    line_number: usize,
    values: &dyn Values,
    out: &mut String,
) -> Result<(), ExpandError> {
    let mut quoting = Quoting::None;
    // A quote opens a scalar only where a token starts; an apostrophe inside a word is a letter.
    let mut at_token_start = true;
    let mut previous_blank = true;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        if quoting == Quoting::None && character == '#' && previous_blank {
            out.push_str(rest);
            return Ok(());
        }
        if let Some(after) = rest.strip_prefix("${") {
            let column = line[..line.len() - rest.len()].chars().count() + 1;
            let fail = |reason: String| ExpandError {
                line: line_number,
                column,
                reason,
            };
            let Some(end) = after.find('}') else {
                return Err(fail("`${` without `}`".to_owned()));
            };
            let value = evaluate(&after[..end], values).map_err(fail)?;
            let following = &after[end + 1..];
            let alone = at_token_start && ends_scalar(following);
            put(&value, quoting, alone, out).map_err(fail)?;
            rest = following;
            at_token_start = false;
            previous_blank = false;
            continue;
        }
        match (quoting, character) {
            (Quoting::None, '\'') if at_token_start => quoting = Quoting::Single,
            (Quoting::None, '"') if at_token_start => quoting = Quoting::Double,
            (Quoting::Single, '\'') | (Quoting::Double, '"') => quoting = Quoting::None,
            (Quoting::Double, '\\') => {
                // The next character is escaped: it neither closes the quotes nor starts anything.
                out.push(character);
                rest = &rest[1..];
                if let Some(escaped) = rest.chars().next() {
                    out.push(escaped);
                    rest = &rest[escaped.len_utf8()..];
                }
                continue;
            }
            _ => {}
        }
        previous_blank = character.is_whitespace();
        at_token_start = match character {
            ' ' | '\t' | '[' | '{' | ',' => true,
            // `key: value` and `- item`, where the blank after the mark follows.
            ':' | '-' => at_token_start,
            _ => false,
        };
        out.push(character);
        rest = &rest[character.len_utf8()..];
    }
    Ok(())
}

/// Whether nothing of the same unquoted scalar follows.
fn ends_scalar(following: &str) -> bool {
    let trimmed = following.trim_start_matches([' ', '\t']);
    trimmed.is_empty()
        || trimmed.starts_with(['\n', '\r', ',', ']', '}'])
        || (trimmed.len() < following.len() && trimmed.starts_with('#'))
}

/// The value of what stands between `${` and `}`.
fn evaluate(expression: &str, values: &dyn Values) -> Result<String, String> {
    if let Some(variable) = expression.strip_prefix("env.") {
        let (name, default) = match variable.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (variable, None),
        };
        return match (values.environment(name), default) {
            (Some(value), None) => Ok(value),
            // As in a shell, `:-` also replaces an empty value.
            (Some(value), Some(_)) if !value.is_empty() => Ok(value),
            (_, Some(default)) => Ok(default.to_owned()),
            (None, None) => Err(format!(
                "the environment variable `{name}` is not set; write `${{env.{name}:-default}}` to do without it"
            )),
        };
    }
    if let Some(path) = expression.strip_prefix("file.") {
        return match values.file(Path::new(path)) {
            Ok(content) => Ok(content.trim_end_matches(['\n', '\r']).to_owned()),
            Err(error) => Err(format!("cannot read the file `{path}`: {error}")),
        };
    }
    Err(format!(
        "`${{{expression}}}` is neither `${{env.NAME}}` nor `${{file.path}}`"
    ))
}

/// Writes a value so that it stays one scalar.
fn put(value: &str, quoting: Quoting, alone: bool, out: &mut String) -> Result<(), String> {
    match quoting {
        Quoting::Single => {
            if value.contains('\n') {
                return Err("a value of several lines needs double quotes".to_owned());
            }
            out.push_str(&value.replace('\'', "''"));
        }
        Quoting::Double => escape(value, out),
        Quoting::None if is_plain(value) => out.push_str(value),
        Quoting::None if alone => {
            out.push('"');
            escape(value, out);
            out.push('"');
        }
        Quoting::None => {
            return Err("put double quotes around this text: the value is not plain".to_owned());
        }
    }
    Ok(())
}

/// Whether a value can be part of any unquoted scalar. A `:` only separates before a blank.
fn is_plain(value: &str) -> bool {
    !value.ends_with(':')
        && value.chars().all(|it| {
            it.is_alphanumeric() || matches!(it, '.' | '_' | '/' | ':' | '+' | '=' | '~' | '-')
        })
        && !value.starts_with("- ")
}

fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Table;

    impl Values for Table {
        fn environment(&self, name: &str) -> Option<String> {
            Some(match name {
                "PORT" => "4000".to_owned(),
                "EVIL" => "x\nadmin: true".to_owned(),
                "SPACED" => "Bearer a: b".to_owned(),
                "EMPTY" => String::new(),
                _ => return None,
            })
        }

        fn file(&self, path: &Path) -> std::io::Result<String> {
            match path.to_str() {
                Some("secret.txt") => Ok("s3cret\n".to_owned()),
                _ => Err(std::io::ErrorKind::NotFound.into()),
            }
        }
    }

    fn check(text: &str, expected: &str) {
        let got = expand(text, &Table).unwrap_or_else(|error| format!("error {error}"));
        assert_eq!(got, expected);
    }

    #[test]
    fn values_and_defaults_are_put_in() {
        check("listen: 0.0.0.0:${env.PORT}", "listen: 0.0.0.0:4000");
        check("a: ${env.NOPE:-fallback}", "a: fallback");
        check("a: ${env.EMPTY:-fallback}", "a: fallback");
        check("a: ${file.secret.txt}", "a: s3cret");
    }

    #[test]
    fn a_value_brings_no_structure() {
        check("a: ${env.EVIL}\n", "a: \"x\\u000Aadmin: true\"\n");
        check("[${env.SPACED}, 1]", "[\"Bearer a: b\", 1]");
        check("a: \"${env.EVIL}\"", "a: \"x\\u000Aadmin: true\"");
        check("a: '${env.SPACED}'", "a: 'Bearer a: b'");
        check(
            "a: x${env.SPACED}",
            "error 1:5: put double quotes around this text: the value is not plain",
        );
    }

    #[test]
    fn comments_are_not_expanded() {
        check(
            "# ${env.NOPE}\na: 1 # ${nope}",
            "# ${env.NOPE}\na: 1 # ${nope}",
        );
        check("a: \"# ${env.PORT}\"", "a: \"# 4000\"");
        check("a: don't # ${nope}", "a: don't # ${nope}");
    }

    #[test]
    fn what_is_missing_is_named_with_its_place() {
        check(
            "a: 1\nb: ${env.NOPE}",
            "error 2:4: the environment variable `NOPE` is not set; write `${env.NOPE:-default}` to do without it",
        );
        check(
            "b: ${what}",
            "error 1:4: `${what}` is neither `${env.NAME}` nor `${file.path}`",
        );
        check("b: ${env.X", "error 1:4: `${` without `}`");
        assert!(expand("b: ${file.gone}", &Table).is_err());
    }
}
