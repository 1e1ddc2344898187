//! Zstandard, taken off piece by piece (RFC 8878), with the window that HTTP allows (RFC 9659).
//!
//! The decoder of `ruzstd` wants a whole block at a time and decodes as many as it is given; a block
//! of four bytes can unfold to 128 kB. So blocks are cut out here and decoded one by one, and what
//! each gives is passed on before the next.

use std::io::{self, Error, ErrorKind, Write};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The largest window that a server may use for `content-encoding: zstd`.
const LARGEST_WINDOW: u64 = 8 * 1024 * 1024;
/// The longest head of a frame: magic number, descriptor, window, dictionary, content size.
const LONGEST_HEAD: usize = 18;

/// Decodes what is written to it into `W`.
pub(super) struct ZstdDecoder<W> {
    frames: FrameDecoder,
    output: W,
    /// What is not decoded yet: less than a block.
    rest: Vec<u8>,
    /// Whether a frame has begun and not ended.
    is_within: bool,
    /// Whether the frame ends with a check sum.
    has_check_sum: bool,
    /// Whether a frame has ended.
    has_content: bool,
}

impl<W: Write> ZstdDecoder<W> {
    pub(super) fn new(output: W) -> Self {
        let mut frames = FrameDecoder::new();
        frames.set_max_window_size(LARGEST_WINDOW);
        Self {
            frames,
            output,
            rest: Vec::new(),
            is_within: false,
            has_check_sum: false,
            has_content: false,
        }
    }

    pub(super) fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// Decodes as much as can be.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.rest.extend_from_slice(piece);
        self.decode(false)
    }

    /// Decodes the rest. Fails when the last frame is not whole.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.decode(true)?;
        if self.is_within || !self.has_content || !self.rest.is_empty() {
            return Err(Error::new(ErrorKind::UnexpectedEof, "it breaks off"));
        }
        Ok(())
    }

    fn decode(&mut self, is_end: bool) -> io::Result<()> {
        let mut rest = std::mem::take(&mut self.rest);
        let mut left = rest.as_slice();
        while !left.is_empty() {
            if !self.is_within {
                // A head that is cut cannot be told from one that is wrong.
                if left.len() < LONGEST_HEAD && !is_end {
                    break;
                }
                self.has_check_sum = left.get(4).is_some_and(|descriptor| descriptor & 4 != 0);
                self.frames.reset(&mut left).map_err(broken)?;
                self.is_within = true;
            }
            if block_length(left, self.has_check_sum).is_none_or(|length| left.len() < length) {
                break;
            }
            self.frames
                .decode_blocks(&mut left, BlockDecodingStrategy::UptoBlocks(1))
                .map_err(broken)?;
            self.frames.collect_to_writer(&mut self.output)?;
            if self.frames.is_finished() {
                let told = self.frames.get_checksum_from_data();
                if told.is_some() && told != self.frames.get_calculated_checksum() {
                    return Err(Error::new(ErrorKind::InvalidData, "its check sum is wrong"));
                }
                self.is_within = false;
                self.has_content = true;
            }
        }
        let taken = rest.len() - left.len();
        rest.drain(..taken);
        self.rest = rest;
        Ok(())
    }
}

/// How many bytes the next block takes, with its header and what follows the last one; none as long
/// as that cannot be seen (RFC 8878, section 3.1.1.2).
fn block_length(bytes: &[u8], has_check_sum: bool) -> Option<usize> {
    let &[low, middle, high, ..] = bytes else {
        return None;
    };
    let header = u32::from_le_bytes([low, middle, high, 0]);
    let (is_last, kind, size) = (header & 1 == 1, header >> 1 & 3, header >> 3);
    // A block of one repeated byte tells how often; it is one byte itself.
    let content = if kind == 1 { 1 } else { size as usize };
    Some(3 + content + if is_last && has_check_sum { 4 } else { 0 })
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidData, error)
}
