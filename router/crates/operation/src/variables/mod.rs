//! A client's variables become values of their declared types (GraphQL specification, section 6.1.2).
//!
//! Works on JSON text from end to end, so numbers keep their digits and custom scalars every byte.
//! Read [`json`] (a cursor over text that is known to be JSON), then [`coerce`] (a value guided by
//! its type), then [`literal`] (defaults, which are GraphQL literals).

mod coerce;
mod json;
mod literal;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use schema::Name;
use serde_json::value::RawValue;

use self::coerce::Coercion;
use self::json::{Cursor, Kind};
use crate::{ApiSchema, ErrorCode, Prepared, RequestError};

/// Coerces the variables of a request: each with its value as JSON, in the order of declaration.
///
/// A variable that was not given and has no default is absent from the result, which differs from
/// one that was given as `null`. Variables that the operation does not declare are ignored.
///
/// # Errors
/// `raw` is no object, or values do not fit their types. Messages name the variable, the place
/// inside it and what was expected, and never repeat a value.
pub fn coerce_variables(
    api: &ApiSchema,
    prepared: &Prepared,
    raw: Option<&RawValue>,
) -> Result<Vec<(Name, Bytes)>, Vec<RequestError>> {
    let given = match raw {
        Some(raw) => given(raw.get(), prepared).map_err(|error| vec![error])?,
        None => vec![None; prepared.operation.variables.len()],
    };
    let mut coercion = Coercion::new(api, &prepared.limits);
    let mut ranges = Vec::with_capacity(prepared.operation.variables.len());
    let mut errors = Vec::new();
    for (index, variable) in prepared.operation.variables.iter().enumerate() {
        let place = prepared.variable_places.get(index).copied().flatten();
        let decides = prepared
            .variable_decides
            .get(index)
            .copied()
            .unwrap_or(false);
        let start = coercion.position();
        let value = given.get(index).copied().flatten();
        let found = coercion.variable(variable, value, decides);
        errors.extend(
            found
                .into_iter()
                .map(|message| RequestError::new(ErrorCode::BadUserInput, message).at([place])),
        );
        if errors.len() >= crate::error::MAX_ERRORS {
            break;
        }
        if coercion.position() > start {
            ranges.push((variable.name.clone(), start..coercion.position()));
        }
    }
    if !errors.is_empty() {
        errors.truncate(crate::error::MAX_ERRORS);
        return Err(errors);
    }
    let text = coercion.into_bytes();
    Ok(ranges
        .into_iter()
        .map(|(name, range)| (name, text.slice(range)))
        .collect())
}

/// The text of each declared variable that was given.
fn given<'r>(raw: &'r str, prepared: &Prepared) -> Result<Vec<Option<&'r str>>, RequestError> {
    let bad = |message: String| RequestError::new(ErrorCode::BadUserInput, message);
    let mut given = vec![None; prepared.operation.variables.len()];
    let mut cursor = Cursor::new(raw);
    match cursor.kind() {
        Kind::Object => {}
        Kind::Null => return Ok(given),
        other => {
            return Err(bad(format!("the variables must be an object, not {other}")));
        }
    }
    let max_depth = prepared.limits.max_variable_depth;
    cursor.enter();
    while cursor.has_item(b'}') {
        let key = cursor.key().unwrap_or_default();
        let declared = prepared.variable_index.get(&*key);
        let Some(slot) = declared.and_then(|index| given.get_mut(*index)) else {
            // Not ours to judge, however deep it is.
            cursor.skip_any();
            continue;
        };
        let Some(value) = cursor.skip(max_depth) else {
            return Err(bad(format!(
                "Variable \"${key}\" is nested more than {max_depth} levels deep."
            )));
        };
        if slot.replace(value).is_some() {
            return Err(bad(format!("Variable \"${key}\" is given twice.")));
        }
    }
    Ok(given)
}
