//! JSON strings: quoting, unescaping, comparing.

use std::borrow::Cow;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` as a JSON string, quotes included (RFC 8259, section 7).
pub(crate) fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// `text` as a JSON string, quotes included.
pub(crate) fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// Appends a whole number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        // A remainder of ten is one digit.
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// The characters of a string, given what stands between its quotes, known to be valid.
///
/// Half a surrogate pair, which the grammar allows, becomes U+FFFD: no text can hold it.
pub(crate) fn unescape(contents: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', contents).is_none() {
        return String::from_utf8_lossy(contents);
    }
    let mut out: Vec<u8> = Vec::with_capacity(contents.len());
    let mut rest = contents;
    while let Some(backslash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        let escape = &rest[backslash..];
        let (character, length) = match escape.get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => unicode(escape),
            Some(&other) => (char::from(other), 2),
            None => (char::REPLACEMENT_CHARACTER, 1),
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The character of `\uXXXX`, or of two that make a surrogate pair, and how long that was.
fn unicode(escape: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = std::str::from_utf8(escape.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(2) else {
        return (char::REPLACEMENT_CHARACTER, escape.len());
    };
    if (0xd800..0xdc00).contains(&first)
        && escape.get(6..8) == Some(b"\\u")
        && let Some(second) = unit(8)
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            12,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        6,
    )
}

#[test]
fn text_is_quoted_and_comes_back() {
    let text = "a \"b\" \\ \n\r\t\u{1} ü 🎵";
    let quoted = quoted(text);
    assert_eq!(serde_json::from_slice::<String>(&quoted).unwrap(), text);
    assert_eq!(unescape(&quoted[1..quoted.len() - 1]), text);
}

#[test]
fn escapes_are_undone() {
    assert_eq!(
        unescape(br"\u006eame \/ \b\f \ud83c\udfb5"),
        "name / \u{8}\u{c} 🎵"
    );
}

#[test]
fn half_a_surrogate_pair_is_no_character() {
    assert_eq!(unescape(br"a\ud83cb"), "a\u{fffd}b");
    assert_eq!(unescape(br"\ud83c\u0041"), "\u{fffd}A");
}

#[test]
fn numbers_are_written_in_full() {
    let mut out = Vec::new();
    push_number(&mut out, 0);
    push_number(&mut out, u64::MAX);
    assert_eq!(out, b"018446744073709551615");
}
