//! Looks into JSON that has been validated before: the slow path, for errors.

use std::borrow::Cow;

use super::Step;
use super::cursor::Cursor;
use crate::json_text;

/// The values of an object in their order, each with its key; nothing if it is no object.
pub(crate) fn entries(json: &[u8]) -> Vec<(Cow<'_, str>, &[u8])> {
    let mut cursor = Cursor::new(json);
    let mut found = Vec::new();
    if cursor.peek() != b'{' {
        return found;
    }
    cursor.at += 1;
    while cursor.peek() == b'"' {
        let Ok(key) = cursor.string() else { break };
        if cursor.expect(b':', "expected `:`").is_err() {
            break;
        }
        let Some(value) = next_value(&mut cursor) else {
            break;
        };
        found.push((json_text::unescape(key.bytes), value));
        if cursor.peek() == b',' {
            cursor.at += 1;
            cursor.peek();
        }
    }
    found
}

/// The items of a list; none if it is no list.
pub(crate) fn items(json: &[u8], limit: usize) -> Option<Vec<&[u8]>> {
    let mut cursor = Cursor::new(json);
    if cursor.peek() != b'[' {
        return None;
    }
    cursor.at += 1;
    let mut found = Vec::new();
    while cursor.peek() != b']' && found.len() < limit {
        let Some(value) = next_value(&mut cursor) else {
            break;
        };
        found.push(value);
        if cursor.peek() == b',' {
            cursor.at += 1;
        }
    }
    Some(found)
}

/// The text of a string; none if it is no string.
pub(crate) fn text(json: &[u8]) -> Option<Cow<'_, str>> {
    let contents = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(json_text::unescape(contents))
}

/// A whole number that can be an index; none if it is something else.
pub(crate) fn index(json: &[u8]) -> Option<u32> {
    std::str::from_utf8(json).ok()?.parse().ok()
}

/// Whether a path leads to a value, or to a null on the way, which is as far as it can lead.
pub(crate) fn leads_somewhere(json: &[u8], path: &[Step]) -> bool {
    let mut json = json;
    for step in path {
        let next = match (step, json.first()) {
            (Step::Key(key), Some(b'{')) => {
                let mut entries = entries(json).into_iter();
                entries.find(|(found, _)| found == key).map(|it| it.1)
            }
            (Step::Index(index), Some(b'[')) => {
                let index = *index as usize;
                items(json, index.saturating_add(1)).and_then(|it| it.get(index).copied())
            }
            (Step::Key(_), Some(b'[')) => None,
            _ => return true,
        };
        match next {
            Some(value) => json = value,
            None => return false,
        }
    }
    true
}

fn next_value<'b>(cursor: &mut Cursor<'b>) -> Option<&'b [u8]> {
    cursor.peek();
    let start = cursor.at;
    cursor.skip().ok()?;
    cursor.body.get(start..cursor.at)
}

#[test]
fn objects_and_lists_fall_into_their_parts() {
    let json = br#" { "a\u0062" : [ 1 , "x" ] , "c":{}} "#;
    let entries = entries(json);
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].0, "ab");
    let items = items(entries[0].1, 10).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(index(items[0]), Some(1));
    assert_eq!(text(items[1]).as_deref(), Some("x"));
}

#[test]
fn paths_lead_to_values_and_to_nulls_on_the_way() {
    let json = br#"{"a":[{"b":null},{"b":1}]}"#;
    let key = |key: &str| Step::Key(key.to_owned());
    for path in [
        vec![],
        vec![key("a"), Step::Index(1), key("b")],
        vec![key("a"), Step::Index(0), key("b"), key("c")],
    ] {
        assert!(leads_somewhere(json, &path), "{path:?}");
    }
    for path in [
        vec![key("c")],
        vec![key("a"), Step::Index(2)],
        vec![key("a"), key("b")],
    ] {
        assert!(!leads_somewhere(json, &path), "{path:?}");
    }
}

#[test]
fn what_is_something_else_has_no_parts() {
    assert!(entries(b"[1]").is_empty());
    assert!(items(b"{}", 10).is_none());
    assert!(text(b"1").is_none() && index(b"\"1\"").is_none() && index(b"-1").is_none());
}
