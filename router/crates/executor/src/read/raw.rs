//! Looks into JSON that has been validated before: the slow path, for errors.

use std::borrow::Cow;

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
fn what_is_something_else_has_no_parts() {
    assert!(entries(b"[1]").is_empty());
    assert!(items(b"{}", 10).is_none());
    assert!(text(b"1").is_none() && index(b"\"1\"").is_none() && index(b"-1").is_none());
}
