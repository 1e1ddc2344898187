//! Where the lines of a file end that comes piece by piece, whatever is in it.
//!
//! A record of CSV may have line breaks within quotes, and an object of a JSON list anywhere. So
//! one that never ends could take the rest of the file with it. Here it takes its first line:
//! when a record is longer than any can be, or its quotes turn out to be those of another line, that
//! line is refused, and what follows it is read as if it had not been there.
//!
//! ```text
//! t1,fine
//! t2,"never closed        refused: line 2
//! t3,fine                 read again from here
//! ```

use super::format::Format;

/// Bytes of a record at most: an id, three names, a date and a note, all quoted.
pub const MAX_RECORD: usize = 8 * 1024;

/// A record, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it holds; none when it is too long or does not end.
    pub bytes: Option<Vec<u8>>,
}

/// Cuts a file into records. It holds one record and the piece that came last.
#[derive(Debug)]
pub struct Records {
    format: Format,
    buffer: Vec<u8>,
    /// Where the record begins.
    start: usize,
    /// How far the buffer was looked at.
    scanned: usize,
    state: State,
    line: u64,
    /// Dropping the rest of a line that is too long.
    skipping: bool,
    list: List,
}

/// Where the scan is within a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// Within quotes.
    quoted: bool,
    /// Behind a backslash within a JSON string, or behind a quote that closed a CSV cell.
    escaped: bool,
    /// Within a CSV cell, so that a quote is one like other letters.
    in_cell: bool,
    /// Brackets and braces that are open, in JSON.
    depth: u32,
}

/// Where the scan is in a JSON list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Before,
    Within,
    After,
}

/// What a byte is to the record it is in.
enum Part {
    Of,
    End,
    /// What cannot stand here.
    Wrong,
}

impl Records {
    /// A file in this format, of which nothing has come yet.
    pub fn new(format: Format) -> Self {
        Records {
            format,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            state: State::default(),
            line: 1,
            skipping: false,
            list: List::Before,
        }
    }

    /// Takes the next piece. All records of the ones before must have been taken.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(piece);
    }

    /// The next record that is whole; at the end of the file, the last one too. Empty lines are
    /// none.
    pub fn next(&mut self, at_end: bool) -> Option<Record> {
        loop {
            if let Some(record) = self.step(at_end)? {
                return Some(record);
            }
        }
    }

    /// One record, or nothing but progress; none when more has to come.
    fn step(&mut self, at_end: bool) -> Option<Option<Record>> {
        while let Some(byte) = self.buffer.get(self.scanned).copied() {
            self.scanned += 1;
            if self.skipping {
                if byte == b'\n' {
                    self.skipping = false;
                    self.begin_next();
                } else {
                    self.start = self.scanned;
                }
                continue;
            }
            let part = self.part(byte);
            if matches!(part, Part::End) {
                return Some(self.cut(self.scanned - 1));
            }
            let too_long = self.scanned - self.start > MAX_RECORD;
            if too_long || (matches!(part, Part::Wrong) && self.spans_lines()) {
                return Some(Some(self.give_up_a_line()));
            }
        }
        if !at_end || self.start == self.buffer.len() {
            return None;
        }
        let unfinished = self.state.quoted || self.state.depth > 0;
        if unfinished && self.spans_lines() {
            return Some(Some(self.give_up_a_line()));
        }
        Some(self.cut(self.scanned))
    }

    /// Whether the record so far has a line break in it.
    fn spans_lines(&self) -> bool {
        let record = self.buffer.get(self.start..self.scanned);
        record.unwrap_or_default().contains(&b'\n')
    }

    fn part(&mut self, byte: u8) -> Part {
        match self.format {
            Format::Csv => self.state.csv(byte),
            Format::JsonLines if byte == b'\n' => Part::End,
            Format::JsonLines => Part::Of,
            Format::Json => self.json(byte),
        }
    }

    fn json(&mut self, byte: u8) -> Part {
        match (self.list, byte) {
            (List::Before, b'[') => {
                self.list = List::Within;
                Part::End
            }
            (List::Within, _) => {
                let part = self.state.json(byte);
                if matches!(part, Part::End) && byte == b']' {
                    self.list = List::After;
                }
                part
            }
            (List::Before | List::After, _) => Part::Of,
        }
    }

    /// Ends the record here; the byte that ends it is no part of it.
    fn cut(&mut self, end: usize) -> Option<Record> {
        let whole = self.buffer.get(self.start..end).unwrap_or_default();
        let bytes = whole.trim_ascii_end();
        let blank = whole.len() - whole.trim_ascii_start().len();
        // A record begins at its first letter; in CSV, blanks before that are part of it.
        let (bytes, leading) = match self.format {
            Format::Csv => (bytes, 0),
            Format::JsonLines | Format::Json => (bytes.trim_ascii_start(), blank),
        };
        let record = Record {
            line: self.line + newlines(whole.get(..leading).unwrap_or_default()),
            bytes: Some(bytes.to_vec()),
        };
        let nothing = bytes.trim_ascii().is_empty() || self.is_around_the_list();
        self.begin_next();
        (!nothing).then_some(record)
    }

    /// What is before a list, and its bracket; and what is behind it.
    fn is_around_the_list(&self) -> bool {
        let bracket = self
            .scanned
            .checked_sub(1)
            .and_then(|it| self.buffer.get(it));
        let opened = self.list == List::Within && self.state == State::default();
        self.format == Format::Json
            && ((opened && bracket == Some(&b'['))
                || (self.list == List::After && bracket != Some(&b']')))
    }

    /// Refuses the first line of a record that does not end, and begins again behind it.
    fn give_up_a_line(&mut self) -> Record {
        let record = Record {
            line: self.line,
            bytes: None,
        };
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.scanned = self.start + end + 1;
                self.begin_next();
            }
            None => {
                self.skipping = true;
                self.start = self.scanned;
                self.state = State::default();
            }
        }
        record
    }

    fn begin_next(&mut self) {
        let passed = self.buffer.get(self.start..self.scanned);
        self.line += newlines(passed.unwrap_or_default());
        self.start = self.scanned;
        self.state = State::default();
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

impl State {
    fn csv(&mut self, byte: u8) -> Part {
        let closed_just_now = std::mem::take(&mut self.escaped);
        match byte {
            b'\n' if !self.quoted => return Part::End,
            b'"' if self.quoted => (self.quoted, self.escaped) = (false, true),
            // A doubled quote closes and opens again, which comes to the same.
            b'"' if !self.in_cell || closed_just_now => {
                (self.quoted, self.in_cell) = (true, true);
            }
            b',' if !self.quoted => self.in_cell = false,
            // Whatever else follows a closing quote, it was none, but the opening one of a later
            // line.
            _ if closed_just_now && byte != b'\r' => return Part::Wrong,
            _ => self.in_cell = true,
        }
        Part::Of
    }

    fn json(&mut self, byte: u8) -> Part {
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            return Part::Of;
        }
        match byte {
            b',' | b']' if self.depth == 0 => return Part::End,
            b'"' => self.quoted = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Part::Of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All records of a file that comes in pieces of this size, `line:text` each.
    fn records(format: Format, text: &str, piece: usize) -> Vec<String> {
        let mut records = Records::new(format);
        let mut found = Vec::new();
        let mut take = |records: &mut Records, at_end| {
            while let Some(record) = records.next(at_end) {
                let bytes = record
                    .bytes
                    .map(|it| String::from_utf8_lossy(&it).into_owned());
                found.push(format!(
                    "{}:{}",
                    record.line,
                    bytes.as_deref().unwrap_or("-")
                ));
            }
        };
        for piece in text.as_bytes().chunks(piece) {
            records.push(piece);
            take(&mut records, false);
        }
        take(&mut records, true);
        found
    }

    fn check(format: Format, text: &str, expected: &[&str]) {
        for piece in [1, 2, 3, 7, text.len().max(1)] {
            assert_eq!(
                records(format, text, piece),
                expected,
                "in pieces of {piece}"
            );
        }
    }

    #[test]
    fn records_of_csv_end_with_their_line_or_behind_their_quotes() {
        check(
            Format::Csv,
            "a,b\r\n\"one\ntwo\",\"say \"\"hi\"\"\"\n\n5\" disc,x\nlast",
            &[
                "1:a,b",
                "2:\"one\ntwo\",\"say \"\"hi\"\"\"",
                "5:5\" disc,x",
                "6:last",
            ],
        );
    }

    #[test]
    fn objects_are_cut_out_of_lines_and_lists() {
        check(
            Format::JsonLines,
            "{\"a\":1}\n\nrubbish\n {\"b\":2} ",
            &["1:{\"a\":1}", "3:rubbish", "4:{\"b\":2}"],
        );
        check(
            Format::Json,
            " [\n {\"a\": \"],{\\\"\"},\n{\n\"b\": [1,2]},\nrubbish, 7 ] behind\n",
            &[
                "2:{\"a\": \"],{\\\"\"}",
                "3:{\n\"b\": [1,2]}",
                "5:rubbish",
                "5:7",
            ],
        );
        check(Format::Json, "[]", &[]);
        check(Format::Json, "", &[]);
    }

    #[test]
    fn what_never_ends_costs_its_first_line() {
        check(
            Format::Csv,
            "a\nb,\"open\nc\nd\n",
            &["1:a", "2:-", "3:c", "4:d"],
        );
        check(
            Format::Csv,
            "\"open\nb\n\"open\nc\n\"x\"y,\"z\"\n\"",
            &["1:-", "2:b", "3:-", "4:c", "5:\"x\"y,\"z\"", "6:\""],
        );
        let long = "x".repeat(MAX_RECORD + 100);
        let rest: String = (0..2_000).map(|it| format!("{it}\n")).collect();
        for broken in [long.as_str(), "\"open"] {
            let found = records(Format::Csv, &format!("a\n{broken}\n{rest}"), 1_000);
            assert_eq!(found[..4], ["1:a", "2:-", "3:0", "4:1"], "{broken:.10}");
            assert_eq!(found.len(), 2_002);
        }
        let found = records(Format::Json, &format!("[{{\"a\":1}},\n{{\n{rest}]"), 1_000);
        assert_eq!(found[..2], ["1:{\"a\":1}", "1:-"]);
    }

    #[test]
    fn little_is_held_however_long_the_file_is() {
        let mut records = Records::new(Format::Csv);
        for _ in 0..1_000 {
            records.push(&b"\"open and then some\n".repeat(50));
            while records.next(false).is_some() {}
            assert!(records.buffer.len() <= MAX_RECORD + 2_000);
        }
    }
}
