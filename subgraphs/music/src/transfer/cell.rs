//! Texts in CSV that a spreadsheet must not take for formulas.
//!
//! A cell that begins with one of `= + - @`, a tab or a line break is computed by some programs,
//! whoever wrote it. So such a text gets an apostrophe before it, which programs take for "this
//! is text", and it is taken away again on the way in. A text that looks as if it had got one gets
//! another, so that what comes back is what was there.

/// What makes a formula of a cell.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

const MARK: char = '\'';

/// The text as it is written into a cell.
pub fn guarded(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    let looks_guarded = first == Some(MARK) && begins_as_marked(letters.next());
    if first.is_some_and(|it| FORMULA.contains(&it)) || looks_guarded {
        format!("{MARK}{text}")
    } else {
        text.to_owned()
    }
}

/// The text that a cell was written from.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix(MARK) {
        Some(text) if begins_as_marked(text.chars().next()) => text,
        _ => cell,
    }
}

fn begins_as_marked(letter: Option<char>) -> bool {
    letter.is_some_and(|it| it == MARK || FORMULA.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_text_comes_back() {
        for text in [
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "'=1",
            "''=1",
            "''",
            "'",
            "",
            "'Round Midnight",
            "plain",
        ] {
            let cell = guarded(text);
            assert!(!cell.starts_with(FORMULA), "{cell}");
            assert_eq!(unguarded(&cell), text);
        }
        assert_eq!(guarded("'Round Midnight"), "'Round Midnight");
    }
}
