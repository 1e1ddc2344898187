//! An error as clients get it (GraphQL specification, section 7.1.2).

use schema::Name;

use crate::json_text;

/// The most errors of one answer; one more says that there were others.
pub(crate) const MAX_ERRORS: usize = 1000;

/// The values of `extensions.code`.
pub(crate) mod code {
    /// A subgraph could not be reached, or answered with a status that is no success.
    pub(crate) const HTTP_ERROR: &str = "SUBREQUEST_HTTP_ERROR";
    /// A subgraph took too long.
    pub(crate) const TIMEOUT: &str = "SUBREQUEST_TIMEOUT";
    /// A subgraph's answer, or a value in it, is not what was due.
    pub(crate) const MALFORMED_RESPONSE: &str = "SUBREQUEST_MALFORMED_RESPONSE";
    /// A subgraph reported an error without a code of its own.
    pub(crate) const SUBGRAPH_ERROR: &str = "SUBGRAPH_ERROR";
    /// A field that may not be null came back null, and no subgraph said why.
    pub(crate) const UNEXPECTED_NULL: &str = "UNEXPECTED_NULL";
    /// The answer would be larger than an answer may be.
    pub(crate) const ANSWER_TOO_LARGE: &str = "ANSWER_TOO_LARGE";
    /// There were more errors than an answer may have.
    pub(crate) const TOO_MANY_ERRORS: &str = "TOO_MANY_ERRORS";
}

/// A step of a path in the client's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathStep {
    /// A response key.
    Key(Name),
    /// An index in a list.
    Index(u32),
}

/// An error of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientError {
    /// For people.
    pub(crate) message: String,
    /// Where it belongs; empty when that is no single place.
    pub(crate) path: Vec<PathStep>,
    /// For programs.
    pub(crate) code: String,
    /// The subgraph it came from.
    pub(crate) service: Option<Name>,
    /// Further extensions: keys, and values as JSON.
    pub(crate) extensions: Vec<(String, Vec<u8>)>,
}

impl ClientError {
    /// An error with no place and nothing but a code.
    pub(crate) fn new(message: impl Into<String>, code: &str) -> Self {
        Self {
            message: message.into(),
            path: Vec::new(),
            code: code.to_owned(),
            service: None,
            extensions: Vec::new(),
        }
    }

    /// Names the subgraph it came from.
    pub(crate) fn by_service(mut self, service: &Name) -> Self {
        self.service = Some(service.clone());
        self
    }

    /// The same error at another place.
    pub(crate) fn at(&self, path: Vec<PathStep>) -> Self {
        Self {
            path,
            ..self.clone()
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"message\":");
        json_text::push_quoted(out, &self.message);
        if !self.path.is_empty() {
            out.extend_from_slice(b",\"path\":[");
            for (index, step) in self.path.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                match step {
                    PathStep::Key(key) => json_text::push_quoted(out, key),
                    PathStep::Index(index) => json_text::push_number(out, u64::from(*index)),
                }
            }
            out.push(b']');
        }
        out.extend_from_slice(b",\"extensions\":{\"code\":");
        json_text::push_quoted(out, &self.code);
        if let Some(service) = &self.service {
            out.extend_from_slice(b",\"service\":");
            json_text::push_quoted(out, service);
        }
        for (key, value) in &self.extensions {
            out.push(b',');
            json_text::push_quoted(out, key);
            out.push(b':');
            out.extend_from_slice(value);
        }
        out.extend_from_slice(b"}}");
    }
}

/// Appends the list of errors, cut to [`MAX_ERRORS`]; gives how many it has.
pub(crate) fn write_errors<'e>(
    out: &mut Vec<u8>,
    errors: impl IntoIterator<Item = &'e ClientError>,
) -> usize {
    let more = ClientError::new(
        "There were more errors than an answer may have.",
        code::TOO_MANY_ERRORS,
    );
    let mut count = 0;
    out.push(b'[');
    for error in errors {
        if count > 0 {
            out.push(b',');
        }
        count += 1;
        if count > MAX_ERRORS {
            more.write(out);
            break;
        }
        error.write(out);
    }
    out.push(b']');
    count
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{ClientError, MAX_ERRORS, PathStep, code, write_errors};

    #[test]
    fn an_error_is_written_with_all_it_has() {
        let mut error = ClientError::new("No \"track\"", "NOT_FOUND").by_service(&"music".into());
        error.path = vec![PathStep::Key("tracks".into()), PathStep::Index(10)];
        error.extensions = vec![("hint".to_owned(), b"[1.50]".to_vec())];
        let mut out = Vec::new();
        assert_eq!(write_errors(&mut out, [&error]), 1);
        expect![[r#"[{"message":"No \"track\"","path":["tracks",10],"extensions":{"code":"NOT_FOUND","service":"music","hint":[1.50]}}]"#]]
            .assert_eq(std::str::from_utf8(&out).unwrap());
    }

    #[test]
    fn more_errors_than_an_answer_may_have_are_cut() {
        let errors = vec![ClientError::new("x", code::TIMEOUT); MAX_ERRORS + 5];
        let mut out = Vec::new();
        assert_eq!(write_errors(&mut out, &errors), MAX_ERRORS + 1);
        let written: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(written.len(), MAX_ERRORS + 1);
        assert_eq!(
            written[MAX_ERRORS]["message"],
            "There were more errors than an answer may have."
        );
    }
}
