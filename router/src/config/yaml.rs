//! Reading YAML into typed settings, with errors that name the place and the nearest key.

use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::expand::{ExpandError, Values, expand};

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// An expression in it has no value.
    #[error("{file}:{source}")]
    Expand {
        /// The file's name, for people.
        file: String,
        /// What and where.
        source: ExpandError,
    },
    /// It is not what is expected.
    #[error("{file}:{line}:{column}: {message}")]
    Invalid {
        /// The file's name, for people.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// What is wrong.
        message: String,
    },
    /// It is read well, but two of its parts contradict each other.
    #[error("{file}: {message}")]
    Contradiction {
        /// The file's name, for people.
        file: String,
        /// What is wrong.
        message: String,
    },
}

/// Expands and reads `text`. An empty document gives the defaults.
pub(crate) fn parse<T: DeserializeOwned + Default>(
    file: &str,
    text: &str,
    values: &dyn Values,
) -> Result<T, ConfigError> {
    let expanded = expand(text, values).map_err(|source| ConfigError::Expand {
        file: file.to_owned(),
        source,
    })?;
    let empty = expanded.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    });
    if empty {
        return Ok(T::default());
    }
    serde_saphyr::from_str(&expanded).map_err(|error| invalid(file, &error))
}

fn invalid(file: &str, error: &serde_saphyr::Error) -> ConfigError {
    let error = error.without_snippet();
    let (line, column) = error
        .location()
        .map_or((1, 1), |location| (location.line(), location.column()));
    let message = match error {
        serde_saphyr::Error::SerdeUnknownField {
            field, expected, ..
        } => unknown("key", field, expected),
        serde_saphyr::Error::SerdeUnknownVariant {
            variant, expected, ..
        } => unknown("value", variant, expected),
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` stands here a second time")
        }
        serde_saphyr::Error::SerdeMissingField { field, .. } => {
            format!("the key `{field}` is missing")
        }
        serde_saphyr::Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | serde_saphyr::Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => format!("expected {expected}, found {unexpected}"),
        serde_saphyr::Error::Message { msg, .. } => msg.clone(),
        other => {
            let text = other.render();
            // The first line says what and then repeats the place.
            let first = text.lines().next().unwrap_or_default();
            let what = first.split(" at line ").next().unwrap_or(first);
            match what {
                "expected mapping start" => "expected keys with values".to_owned(),
                what => what.to_owned(),
            }
        }
    };
    ConfigError::Invalid {
        file: file.to_owned(),
        line,
        column,
        message,
    }
}

fn unknown(what: &str, found: &str, expected: &[&str]) -> String {
    let nearest = expected
        .iter()
        .map(|candidate| (distance(found, candidate), candidate))
        .min();
    match nearest {
        Some((distance, candidate)) if distance <= found.len().max(3) / 3 + 1 => {
            format!("unknown {what} `{found}`; did you mean `{candidate}`?")
        }
        Some(_) => format!(
            "unknown {what} `{found}`; what is known here: {}",
            expected.join(", ")
        ),
        None => format!("unknown {what} `{found}`; nothing may stand here"),
    }
}

/// How many single-character edits lie between two words (Levenshtein distance).
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[test]
fn distances_count_edits() {
    assert_eq!(distance("listne", "listen"), 2);
    assert_eq!(distance("", "abc"), 3);
    assert_eq!(distance("same", "same"), 0);
}
