//! What is a right answer: the truth, or null where an error says that it is missing.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde_json::{Value, json};

use crate::data;

/// Codes that say what failed.
const CODES: [&str; 5] = [
    "SUBREQUEST_HTTP_ERROR",
    "SUBREQUEST_TIMEOUT",
    "SUBREQUEST_MALFORMED_RESPONSE",
    // Null where the schema allows none, without the subgraph saying why.
    "UNEXPECTED_NULL",
    // What the subgraphs themselves call their failures.
    "DOWNSTREAM",
];

/// How answers came out.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Whole and without errors.
    pub(crate) right: usize,
    /// With errors.
    pub(crate) partial: usize,
    /// Clients that did not wait for their answer.
    pub(crate) left: usize,
    /// Errors by code.
    pub(crate) codes: BTreeMap<String, usize>,
    /// What must not be; the first few.
    pub(crate) wrong: Vec<String>,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.partial += other.partial;
        self.left += other.left;
        for (code, count) in other.codes {
            *self.codes.entry(code).or_default() += count;
        }
        self.wrong.extend(other.wrong);
        self.wrong.truncate(10);
    }
}

impl Tally {
    /// Judges one answer.
    pub(crate) fn judge(&mut self, ids: &[String], status: u16, body: &[u8]) {
        if let Err(reason) = self.try_judge(ids, status, body) {
            let body = String::from_utf8_lossy(&body[..body.len().min(600)]);
            self.wrong.push(format!(
                "{reason}\n  ids {ids:?}\n  status {status}\n  {body}"
            ));
            self.wrong.truncate(10);
        }
    }

    fn try_judge(&mut self, ids: &[String], status: u16, body: &[u8]) -> Result<(), String> {
        if status != 200 {
            return Err("a status that no failure of a subgraph has".to_owned());
        }
        let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let empty = Vec::new();
        let errors = answer["errors"].as_array().unwrap_or(&empty);
        for error in errors {
            let code = error["extensions"]["code"].as_str().unwrap_or("none");
            if error["message"].as_str().is_none_or(str::is_empty) {
                return Err(format!("an error without a message: {error}"));
            }
            *self.codes.entry(code.to_owned()).or_default() += 1;
            if !CODES.contains(&code) {
                return Err(format!("an error that does not say what failed: {error}"));
            }
        }
        covered(
            &data::expected(ids),
            &answer["data"],
            &mut Vec::new(),
            errors,
        )?;
        match errors.len() {
            0 => self.right += 1,
            _ => self.partial += 1,
        }
        Ok(())
    }

    /// Fails when something was wrong, or when nothing was right or nothing went wrong: then this
    /// would have tested nothing.
    pub(crate) fn check(&self) {
        assert!(
            self.wrong.is_empty(),
            "wrong answers:\n{}",
            self.wrong.join("\n")
        );
        assert!(self.right > 0, "nothing was ever right");
        assert!(self.left > 0, "no client ever left");
        for code in CODES {
            assert!(self.codes.contains_key(code), "never {code}");
        }
    }
}

/// Whether everything that is true is there, or its absence covered by an error.
fn covered(
    truth: &Value,
    got: &Value,
    path: &mut Vec<Value>,
    errors: &[Value],
) -> Result<(), String> {
    match (truth, got) {
        (Value::Object(truth), Value::Object(got)) => {
            if got.len() != truth.len() {
                return Err(format!("other fields at {path:?}"));
            }
            for (key, truth) in truth {
                path.push(json!(key));
                covered(truth, got.get(key).unwrap_or(&Value::Null), path, errors)?;
                path.pop();
            }
            Ok(())
        }
        (Value::Array(truth), Value::Array(got)) if truth.len() == got.len() => {
            for (index, (truth, got)) in truth.iter().zip(got).enumerate() {
                path.push(json!(index));
                covered(truth, got, path, errors)?;
                path.pop();
            }
            Ok(())
        }
        (truth, got) if truth == got => Ok(()),
        (_, Value::Null) if errors.iter().any(|error| is_about(error, path)) => Ok(()),
        (truth, got) => Err(format!("at {path:?}: {got} instead of {truth}")),
    }
}

/// Whether an error speaks of this place: of what it is in, or of what is in it, from where null
/// bubbled up.
fn is_about(error: &Value, path: &[Value]) -> bool {
    let Some(at) = error["path"].as_array() else {
        // A subgraph that says of the whole request that it failed names no place.
        return error["extensions"]["service"].is_string();
    };
    at.iter().zip(path).all(|(one, other)| one == other)
}
