//! Errors that a subgraph reports in its answer.

use plan::FetchId;

use super::client_error::{ClientError, code};
use super::place::{client_paths, explain_null};
use crate::arena::SlotValue;
use crate::read::{Step, raw};
use crate::state::Execution;

/// The most errors of one answer that are looked at.
const MAX_REPORTED: usize = 1000;
/// The most errors of one answer that are logged one by one.
const MAX_LOGGED: usize = 10;
/// The longest message or extension of a subgraph that is given on, in bytes.
const MAX_TEXT: usize = 8 * 1024;
/// The most extensions of one error that are given on.
const MAX_EXTENSIONS: usize = 32;
/// The longest code of a subgraph that is given on, in bytes.
const MAX_CODE: usize = 128;

/// Takes up the errors of a fetch, which stand in its body at `range`: marks the nulls they
/// explain, and tells them to the client in its own terms.
pub(crate) fn report_errors(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    data: SlotValue,
    range: std::ops::Range<usize>,
) {
    let body = execution.store.bodies[fetch.index()].clone();
    let shape = execution.shape(fetch);
    let is_exposed = (execution.expose_errors)(shape.subgraph);
    let list = raw::items(body.get(range).unwrap_or_default(), MAX_REPORTED);
    let (mut errors, mut paths) = (Vec::new(), Vec::new());
    // Errors that are no list say that something went wrong, though not what.
    for (index, json) in list.unwrap_or_else(|| vec![b"{}"]).into_iter().enumerate() {
        let reported = Reported::parse(json);
        if index < MAX_LOGGED {
            tracing::warn!(
                subgraph.name = %shape.subgraph_name,
                subgraph.error.message = ?reported.message,
                subgraph.error.code = ?reported.code,
                subgraph.error.path = ?reported.path,
                "a subgraph reported an error"
            );
        }
        if !explain_null(
            &mut execution.store,
            fetch,
            &shape.data,
            data,
            &reported.path,
        ) {
            execution.store.has_unplaced_error[fetch.index()] = true;
        }
        let (error, path) = reported.into_client_error(&shape.subgraph_name, is_exposed);
        errors.push(error);
        paths.push(path);
    }
    if errors.len() > MAX_LOGGED {
        tracing::warn!(
            subgraph.name = %shape.subgraph_name,
            subgraph.errors = errors.len(),
            "a subgraph reported more errors than are logged"
        );
    }
    let places = client_paths(execution, fetch, &paths);
    for (error, places) in errors.iter().zip(places) {
        let told = places.into_iter().map(|path| error.at(path));
        execution.tell(fetch, told);
    }
}

/// One error of a subgraph.
struct Reported {
    message: Option<String>,
    path: Vec<Step>,
    code: Option<String>,
    /// The other extensions.
    extensions: Vec<(String, Vec<u8>)>,
}

impl Reported {
    fn parse(json: &[u8]) -> Self {
        let mut reported = Self {
            message: None,
            path: Vec::new(),
            code: None,
            extensions: Vec::new(),
        };
        for (key, value) in raw::entries(json) {
            match &*key {
                "message" => reported.message = raw::text(value).map(shortened),
                "path" => reported.path = parse_path(value),
                "extensions" => reported.take_extensions(value),
                _ => {}
            }
        }
        reported
    }

    fn take_extensions(&mut self, json: &[u8]) {
        for (key, value) in raw::entries(json) {
            match &*key {
                "code" => {
                    self.code = raw::text(value)
                        .filter(|it| !it.is_empty() && it.len() <= MAX_CODE)
                        .map(std::borrow::Cow::into_owned);
                }
                // That is ours to say.
                "service" => {}
                _ => self.take_extension(&key, value),
            }
        }
    }

    /// Keeps an extension while there is room; of equal keys the last counts.
    fn take_extension(&mut self, key: &str, value: &[u8]) {
        self.extensions.retain(|(earlier, _)| earlier != key);
        let size: usize = self
            .extensions
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let is_room = size + key.len() + value.len() <= MAX_TEXT;
        if is_room && self.extensions.len() < MAX_EXTENSIONS {
            self.extensions.push((key.to_owned(), value.to_vec()));
        }
    }

    /// The error, still without its place, and its path in the subgraph's answer.
    fn into_client_error(
        self,
        service: &schema::Name,
        is_exposed: bool,
    ) -> (ClientError, Vec<Step>) {
        let masked = || format!("The subgraph \"{service}\" reported an error.");
        let mut error = ClientError::new(
            self.message.filter(|_| is_exposed).unwrap_or_else(masked),
            self.code.as_deref().unwrap_or(code::SUBGRAPH_ERROR),
        )
        .by_service(service);
        if is_exposed {
            error.extensions = self.extensions;
        }
        (error, self.path)
    }
}

/// A path that is not one of keys and indices ends where it ceases to be.
fn parse_path(json: &[u8]) -> Vec<Step> {
    raw::items(json, MAX_REPORTED)
        .unwrap_or_default()
        .into_iter()
        .map_while(|step| {
            raw::text(step)
                .map(|key| Step::Key(key.into_owned()))
                .or_else(|| raw::index(step).map(Step::Index))
        })
        .collect()
}

fn shortened(text: std::borrow::Cow<'_, str>) -> String {
    let mut text = text.into_owned();
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT, Reported, Step};

    #[test]
    fn what_is_secret_is_not_given_on() {
        let json = br#"{"message":"no such row in users_v2","locations":[{"line":1,"column":2}],
            "path":["me",0],"x":1,"extensions":{"code":"NOT_FOUND","service":"fake","trace":["a"]}}"#;
        let (masked, path) = Reported::parse(json).into_client_error(&"users".into(), false);
        assert_eq!(masked.message, "The subgraph \"users\" reported an error.");
        assert_eq!((&*masked.code, masked.extensions.len()), ("NOT_FOUND", 0));
        assert_eq!(path, [Step::Key("me".to_owned()), Step::Index(0)]);
        let (exposed, _) = Reported::parse(json).into_client_error(&"users".into(), true);
        assert_eq!(exposed.message, "no such row in users_v2");
        assert_eq!(
            exposed.extensions,
            [("trace".to_owned(), b"[\"a\"]".to_vec())]
        );
        assert_eq!(exposed.service, Some("users".into()));
    }

    #[test]
    fn an_error_that_is_none_is_still_an_error() {
        for json in [
            &b"{}"[..],
            b"null",
            b"[]",
            b"{\"message\":1,\"extensions\":7,\"path\":\"x\"}",
        ] {
            let (error, path) = Reported::parse(json).into_client_error(&"users".into(), true);
            assert_eq!(error.message, "The subgraph \"users\" reported an error.");
            assert_eq!((&*error.code, path.len()), ("SUBGRAPH_ERROR", 0));
        }
    }

    #[test]
    fn extensions_are_few_and_short() {
        let many: Vec<String> = (0..100_000).map(|it| format!("\"k{it}\":1")).collect();
        let json = format!(r#"{{"extensions":{{{}}}}}"#, many.join(","));
        assert_eq!(Reported::parse(json.as_bytes()).extensions.len(), 32);
        let json = format!(
            r#"{{"extensions":{{"a":"{}","b":1}}}}"#,
            "x".repeat(MAX_TEXT)
        );
        let kept = Reported::parse(json.as_bytes()).extensions;
        assert_eq!(kept, [("b".to_owned(), b"1".to_vec())]);
    }

    #[test]
    fn long_texts_are_cut() {
        let json = format!(r#"{{"message":"{}"}}"#, "ü".repeat(MAX_TEXT));
        let message = Reported::parse(json.as_bytes()).message.unwrap();
        assert!(message.len() <= MAX_TEXT + 3 && message.ends_with('…'));
    }
}
