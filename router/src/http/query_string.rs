//! A GraphQL request in a query string (GraphQL over HTTP, "GET").

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::graphql_request::object;
use super::{ErrorResponse, GraphqlRequest};

/// Reads `query`, `operationName`, `variables` and `extensions`; others are ignored.
pub(crate) fn from_query_string(query_string: &str) -> Result<GraphqlRequest<'_>, ErrorResponse> {
    let mut query = None;
    let mut operation_name = None;
    let mut variables = None;
    for (key, value) in form_urlencoded::parse(query_string.as_bytes()) {
        let place = match &*key {
            "query" => &mut query,
            "operationName" => &mut operation_name,
            "variables" => {
                variables = json_object("variables", &value)?;
                continue;
            }
            "extensions" => {
                json_object("extensions", &value)?;
                continue;
            }
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(ErrorResponse::bad_request(format!(
                "The query string has `{key}` twice."
            )));
        }
    }
    let query = query.ok_or_else(|| {
        ErrorResponse::bad_request(
            "The query string has no `query`; it must hold a GraphQL document.",
        )
    })?;
    GraphqlRequest::checked(query, operation_name, variables)
}

fn json_object<'q>(name: &str, text: &str) -> Result<Option<Cow<'q, RawValue>>, ErrorResponse> {
    if text.is_empty() {
        return Ok(None);
    }
    let value: &RawValue = serde_json::from_str(text).map_err(|error| {
        ErrorResponse::bad_request(format!(
            "`{name}` in the query string is not valid JSON: {error}."
        ))
    })?;
    Ok(object(name, Some(value))?.map(|object| Cow::Owned(object.into_owned())))
}

#[cfg(test)]
fn check(query_string: &str, expected: &str) {
    let got = match from_query_string(query_string) {
        Ok(request) => format!(
            "{} {:?} {:?}",
            request.query,
            request.operation_name,
            request.variables.map(|it| it.get().to_owned())
        ),
        Err(error) => format!("{error:?}"),
    };
    assert!(got.contains(expected), "{got}");
}

#[test]
fn parameters_are_decoded() {
    check("query=%7Ba%7D&x=1", "{a} None None");
    check(
        "query=query+A%7Ba%7D&operationName=A&variables=%7B%22x%22%3A1%7D",
        "query A{a} Some(\"A\") Some(\"{\\\"x\\\":1}\")",
    );
    check("query={a}&operationName=&variables=", "{a} None None");
}

#[test]
fn bad_parameters_are_named() {
    check("", "The query string has no `query`");
    check("query=", "`query` is empty");
    check("query={a}&query={b}", "The query string has `query` twice.");
    check(
        "query={a}&variables=[1]",
        "`variables` must be an object, not a list.",
    );
    check(
        "query={a}&variables=%7B",
        "`variables` in the query string is not valid JSON",
    );
    check(
        "query={a}&extensions=3",
        "`extensions` must be an object, not a number.",
    );
}
