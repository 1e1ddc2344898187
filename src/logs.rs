//! Shows the services' log lines on one console, each with its service's name before it.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The name under which the launcher itself speaks.
const LAUNCHER: &str = "musicwallet";

/// A longer line is shown in pieces: a service must not make the launcher remember without bound.
const LONGEST_LINE: usize = 16 * 1024;

/// How many lines of each service are kept, to tell with a report.
const KEPT_LINES: usize = 12;

/// The standard output that all services and the launcher share. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Console {
    // A lock per line, so that lines of several services never mix.
    output: Arc<Mutex<Box<dyn Write + Send>>>,
    coloured: bool,
}

/// What one service says: shown at once, and the last lines kept.
#[derive(Clone)]
pub(crate) struct Log {
    console: Console,
    prefix: String,
    recent: Arc<Mutex<VecDeque<String>>>,
}

impl Console {
    /// The process's standard output, coloured when that is a terminal and `NO_COLOR` is not set.
    pub(crate) fn standard(no_color: bool) -> Self {
        Console {
            coloured: std::io::stdout().is_terminal() && !no_color,
            output: Arc::new(Mutex::new(Box::new(std::io::stdout()))),
        }
    }

    /// Whether colours reach somebody's eyes.
    pub(crate) fn is_coloured(&self) -> bool {
        self.coloured
    }

    /// Opens the log of a service. The n-th service has the n-th colour.
    pub(crate) fn log(&self, service: &str, number: usize) -> Log {
        Log {
            console: self.clone(),
            prefix: self.prefix(service, number),
            recent: Arc::default(),
        }
    }

    /// Says something in the launcher's own name.
    pub(crate) fn say(&self, text: &str) {
        let prefix = self.prefix(LAUNCHER, usize::MAX);
        for line in text.lines() {
            self.write(&format!("{prefix}{line}\n"));
        }
    }

    /// Writes text as it stands, with nothing of the services in between.
    pub(crate) fn show(&self, text: &str) {
        self.write(text);
    }

    fn prefix(&self, name: &str, number: usize) -> String {
        // Cyan, yellow, magenta: readable on dark and on light. The launcher is bold.
        let style = ["36", "33", "35"].get(number).unwrap_or(&"1");
        let width = LAUNCHER.len();
        if self.coloured {
            format!("\u{1b}[{style}m{name:width$} |\u{1b}[0m ")
        } else {
            format!("{name:width$} | ")
        }
    }

    fn write(&self, text: &str) {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody may be reading any more, and the services are none the worse for it.
        let _ = output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush());
    }
}

impl Log {
    /// Shows what comes from `source`, line by line, until it ends.
    pub(crate) async fn follow(self, source: impl AsyncRead + Unpin) {
        let mut source = BufReader::with_capacity(LONGEST_LINE, source);
        let mut line = Vec::new();
        while let Ok(buffer) = source.fill_buf().await {
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |at| at + 1);
            let piece = length.min(LONGEST_LINE - line.len());
            line.extend_from_slice(buffer.get(..piece).unwrap_or_default());
            source.consume(piece);
            if line.ends_with(b"\n") || line.len() == LONGEST_LINE {
                self.add(&line);
                line.clear();
            }
        }
        if !line.is_empty() {
            self.add(&line);
        }
    }

    /// The last lines, oldest first.
    pub(crate) fn recent(&self) -> Vec<String> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().cloned().collect()
    }

    fn add(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end();
        self.console.write(&format!("{}{text}\n", self.prefix));
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == KEPT_LINES {
            recent.pop_front();
        }
        recent.push_back(text.to_owned());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A console that tests can read.
    #[derive(Clone, Default)]
    pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        /// What was written so far.
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("no panic").clone()).expect("it is text")
        }

        /// A console that writes here.
        pub(crate) fn console(&self, coloured: bool) -> Console {
            Console {
                output: Arc::new(Mutex::new(Box::new(self.clone()))),
                coloured,
            }
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn each_line_carries_its_name() {
        let paper = Paper::default();
        let console = paper.console(false);
        console
            .log("users", 0)
            .follow(&b"one\ntwo\r\nthree"[..])
            .await;
        console.say("hello");
        assert_eq!(
            paper.text(),
            "users       | one\nusers       | two\nusers       | three\nmusicwallet | hello\n"
        );
    }

    #[tokio::test]
    async fn names_are_coloured_on_a_terminal() {
        let paper = Paper::default();
        paper
            .console(true)
            .log("music", 1)
            .follow(&b"one\n"[..])
            .await;
        assert_eq!(paper.text(), "\u{1b}[33mmusic       |\u{1b}[0m one\n");
    }

    #[tokio::test]
    async fn a_line_without_end_is_shown_in_pieces() {
        let paper = Paper::default();
        let endless = vec![b'x'; 2 * LONGEST_LINE + 1];
        let log = paper.console(false).log("users", 0);
        log.clone().follow(&endless[..]).await;
        let lengths: Vec<usize> = log.recent().iter().map(String::len).collect();
        assert_eq!(lengths, [LONGEST_LINE, LONGEST_LINE, 1]);
    }

    #[tokio::test]
    async fn the_last_lines_are_kept() {
        let paper = Paper::default();
        let log = paper.console(false).log("users", 0);
        let lines: String = (1..=KEPT_LINES + 3)
            .map(|number| format!("line {number}\n"))
            .collect();
        log.clone().follow(lines.as_bytes()).await;
        assert_eq!(log.recent().len(), KEPT_LINES);
        assert_eq!(log.recent().first().map(String::as_str), Some("line 4"));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_shown_all_the_same() {
        let paper = Paper::default();
        paper
            .console(false)
            .log("users", 0)
            .follow(&b"caf\xe9\n"[..])
            .await;
        assert_eq!(paper.text(), "users       | caf\u{fffd}\n");
    }
}
