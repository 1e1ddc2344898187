//! Bodies in chunks (RFC 9112, section 7.1), read as they arrive.

/// The longest line with a chunk's size, in bytes.
const MAX_LINE: usize = 256;

/// What comes is not chunked as it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response's chunks are malformed at byte {0}")]
pub(crate) struct ChunkedError(usize);

/// How far a chunked body has been read.
#[derive(Debug)]
pub(crate) struct Chunked {
    /// The first byte that was not looked at yet.
    position: usize,
    /// What is left of the current chunk, its final line break included; zero before its size.
    left: usize,
    /// The chunk of size zero was seen, and only trailers follow.
    last: bool,
}

impl Chunked {
    pub(crate) fn starting_at(position: usize) -> Self {
        Self {
            position,
            left: 0,
            last: false,
        }
    }

    /// Copies what has arrived in `received` to `body`. True once the end is there.
    ///
    /// # Errors
    /// Where the bytes are no chunks.
    pub(crate) fn advance(
        &mut self,
        received: &[u8],
        body: &mut Vec<u8>,
    ) -> Result<bool, ChunkedError> {
        loop {
            let rest = received.get(self.position..).unwrap_or_default();
            if self.left > 0 {
                let Some(arrived) = rest
                    .get(..self.left.min(rest.len()))
                    .filter(|it| !it.is_empty())
                else {
                    return Ok(false);
                };
                // The line break after the data is counted with it, and is not part of the body.
                let data = self.left.saturating_sub(2).min(arrived.len());
                let (data, line_break) = arrived.split_at(data);
                body.extend_from_slice(data);
                if line_break.iter().any(|byte| !matches!(byte, b'\r' | b'\n')) {
                    return Err(ChunkedError(self.position));
                }
                self.position += arrived.len();
                self.left -= arrived.len();
                continue;
            }
            let Some(line_end) = rest.windows(2).position(|window| window == b"\r\n") else {
                if rest.len() > MAX_LINE {
                    return Err(ChunkedError(self.position));
                }
                return Ok(false);
            };
            let line = rest.get(..line_end).unwrap_or_default();
            let line_start = self.position;
            self.position += line_end + 2;
            if self.last {
                if line.is_empty() {
                    return Ok(true);
                }
                // A trailer; nothing in it concerns us.
                continue;
            }
            match size(line).ok_or(ChunkedError(line_start))? {
                0 => self.last = true,
                size => self.left = size.checked_add(2).ok_or(ChunkedError(line_start))?,
            }
        }
    }
}

/// The size in hexadecimal digits before any extension.
fn size(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next()?.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    usize::from_str_radix(digits, 16).ok()
}

#[test]
fn chunks_are_joined_wherever_they_are_cut() {
    let wire = b"3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
    for cut in 0..wire.len() {
        let mut chunked = Chunked::starting_at(0);
        let mut body = Vec::new();
        assert_eq!(
            chunked.advance(&wire[..cut], &mut body),
            Ok(false),
            "cut at {cut}"
        );
        assert_eq!(chunked.advance(wire, &mut body), Ok(true), "cut at {cut}");
        assert_eq!(body, b"abc0123456789", "cut at {cut}");
    }
}

#[test]
fn malformed_chunks_are_refused() {
    for wire in [
        "x\r\n",
        "\r\n",
        "-1\r\n",
        "3\r\nabcd\r\n",
        "ffffffffffffffff\r\nabc",
        "fffffffffffffffff\r\n",
    ] {
        let mut body = Vec::new();
        let result = Chunked::starting_at(0).advance(wire.as_bytes(), &mut body);
        assert!(result.is_err(), "{wire:?}");
    }
}
