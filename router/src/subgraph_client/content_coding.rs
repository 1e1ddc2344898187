//! Answers that a subgraph compressed: which codings we ask for, and how they are taken off.
//!
//! Decompression goes along with reading, piece by piece, and ends as soon as the answer is larger
//! than it may be: a few kilobytes can unfold to gigabytes. A coding that breaks off or does not add
//! up is an error, never a shorter answer.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, HeaderValue, header};

use super::zstd::ZstdDecoder;

/// What subgraphs may answer with, the same for all.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, br, zstd");

/// A piece of brotli's output.
const PIECE: usize = 16 * 1024;

/// Why an answer cannot be decompressed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    /// It is larger than allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// It is not what its header says.
    #[error("its {coding} body is broken: {reason}")]
    Broken {
        /// The coding's name.
        coding: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It has a coding that we did not ask for.
    #[error("the answer has content-encoding {0:?}, which was not asked for")]
    Unknown(String),
}

/// Takes a coding off a body that comes in pieces.
pub(super) struct Decoder {
    coding: Coding,
}

/// In boxes, because few requests need one and every request's future has room for it.
enum Coding {
    Gzip(Box<MultiGzDecoder<Output>>),
    Brotli(Box<brotli::DecompressorWriter<Output>>),
    Zstd(Box<ZstdDecoder<Output>>),
}

impl Decoder {
    /// A decoder for a body with these headers; none if it comes as it is. It gives at most `limit`
    /// bytes.
    pub(super) fn of(headers: &HeaderMap, limit: usize) -> Result<Option<Self>, DecodeError> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else {
            return Ok(None);
        };
        let name = value.as_bytes().trim_ascii();
        let output = Output {
            bytes: Vec::new(),
            limit,
            is_over: false,
        };
        let is = |coding: &str| name.eq_ignore_ascii_case(coding.as_bytes());
        let has_more = headers.get_all(header::CONTENT_ENCODING).iter().count() > 1;
        let coding = match () {
            () if has_more => None,
            () if is("gzip") || is("x-gzip") => {
                Some(Coding::Gzip(Box::new(MultiGzDecoder::new(output))))
            }
            () if is("br") => {
                let decoder = brotli::DecompressorWriter::new(output, PIECE);
                Some(Coding::Brotli(Box::new(decoder)))
            }
            () if is("zstd") => Some(Coding::Zstd(Box::new(ZstdDecoder::new(output)))),
            () if is("identity") || name.is_empty() => return Ok(None),
            () => None,
        };
        match coding {
            Some(coding) => Ok(Some(Self { coding })),
            None => {
                let shown = &name[..name.len().min(40)];
                Err(DecodeError::Unknown(String::from_utf8_lossy(shown).into()))
            }
        }
    }

    /// Takes the next piece of the body.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        let written = match &mut self.coding {
            Coding::Gzip(decoder) => decoder.write_all(piece),
            Coding::Brotli(decoder) => decoder.write_all(piece),
            Coding::Zstd(decoder) => decoder.write(piece),
        };
        written.map_err(|error| self.error(&error))
    }

    /// The whole answer, once the body is at its end.
    pub(super) fn finish(mut self) -> Result<Bytes, DecodeError> {
        let ended = match &mut self.coding {
            Coding::Gzip(decoder) => decoder.try_finish(),
            Coding::Brotli(decoder) => decoder.close(),
            Coding::Zstd(decoder) => decoder.finish(),
        };
        ended.map_err(|error| self.error(&error))?;
        Ok(std::mem::take(&mut self.output().bytes).into())
    }

    fn output(&mut self) -> &mut Output {
        match &mut self.coding {
            Coding::Gzip(decoder) => decoder.get_mut(),
            Coding::Brotli(decoder) => decoder.get_mut(),
            Coding::Zstd(decoder) => decoder.get_mut(),
        }
    }

    fn error(&mut self, error: &io::Error) -> DecodeError {
        if self.output().is_over {
            return DecodeError::TooLarge;
        }
        DecodeError::Broken {
            coding: match &self.coding {
                Coding::Gzip(_) => "gzip",
                Coding::Brotli(_) => "br",
                Coding::Zstd(_) => "zstd",
            },
            reason: error.to_string(),
        }
    }
}

/// What has been decompressed.
struct Output {
    bytes: Vec<u8>,
    limit: usize,
    /// Whether there was more.
    is_over: bool,
}

impl Write for Output {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > self.limit - self.bytes.len() {
            self.is_over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(coding: &str, plain: &[u8]) -> Vec<u8> {
        match coding {
            "gzip" => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap()
            }
            "br" => {
                let mut bytes = Vec::new();
                let mut encoder = brotli::CompressorWriter::new(&mut bytes, 4096, 5, 20);
                encoder.write_all(plain).unwrap();
                drop(encoder);
                bytes
            }
            _ => ruzstd::encoding::compress_to_vec(
                plain,
                ruzstd::encoding::CompressionLevel::Fastest,
            ),
        }
    }

    fn decode(
        coding: &'static str,
        body: &[u8],
        limit: usize,
        piece: usize,
    ) -> Result<Bytes, DecodeError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        let mut decoder = Decoder::of(&headers, limit)?.expect("a coding is named");
        for piece in body.chunks(piece) {
            decoder.write(piece)?;
        }
        decoder.finish()
    }

    /// Neither all the same nor all different, and longer than any window of output.
    fn plain() -> Vec<u8> {
        let lines =
            (0..10_000_u64).map(|it| format!("{{\"id\":{},\"name\":\"ada\"}},", it * it % 7919));
        lines.collect::<String>().into_bytes()
    }

    const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

    #[test]
    fn every_coding_is_taken_off_however_the_body_is_cut() {
        let plain = plain();
        for coding in CODINGS {
            let body = compressed(coding, &plain);
            assert!(body.len() < plain.len() / 2, "{coding}: {}", body.len());
            for piece in [1, 7, 1000, usize::MAX] {
                let decoded = decode(coding, &body, plain.len(), piece);
                assert!(decoded.unwrap() == plain, "{coding} in pieces of {piece}");
            }
            assert_eq!(decode(coding, &compressed(coding, b""), 0, 9).unwrap(), "");
        }
    }

    #[test]
    fn the_limit_is_one_of_what_is_unfolded() {
        let plain = plain();
        for coding in CODINGS {
            let body = compressed(coding, &plain);
            let error = decode(coding, &body, plain.len() - 1, usize::MAX).unwrap_err();
            assert_eq!(error, DecodeError::TooLarge, "{coding}");
        }
    }

    #[test]
    fn a_bomb_is_noticed_before_it_is_unfolded() {
        let zeros = vec![0; 16 << 20];
        for coding in CODINGS {
            let body = compressed(coding, &zeros);
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            let mut decoder = Decoder::of(&headers, 1 << 20).unwrap().unwrap();
            assert_eq!(decoder.write(&body), Err(DecodeError::TooLarge), "{coding}");
            let held = decoder.output().bytes.capacity();
            assert!(held <= 4 << 20, "{coding}: {held}");
        }
    }

    #[test]
    fn a_body_that_breaks_off_anywhere_is_no_answer() {
        let plain = b"{\"data\":{\"me\":{\"name\":\"Ada\",\"name2\":\"Ada\"}}}".repeat(20);
        for coding in CODINGS {
            let body = compressed(coding, &plain);
            for length in 0..body.len() {
                let decoded = decode(coding, &body[..length], 1 << 20, usize::MAX);
                assert!(
                    matches!(decoded, Err(DecodeError::Broken { .. })),
                    "{coding} cut to {length} of {}: {decoded:?}",
                    body.len()
                );
            }
        }
    }

    #[test]
    fn a_body_that_is_not_what_it_says_is_no_answer_and_no_panic() {
        let plain = &plain()[..20_000];
        let mut random = 88_172_645_463_325_252_u64;
        for coding in CODINGS {
            assert!(
                decode(coding, b"{\"data\":{}}", 1 << 20, 4).is_err(),
                "{coding}"
            );
            let body = compressed(coding, plain);
            for _ in 0..300 {
                let mut broken = body.clone();
                for _ in 0..4 {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    let at = random as usize % broken.len();
                    broken[at] = (random >> 40) as u8;
                }
                if let Ok(decoded) = decode(coding, &broken, 2 << 20, 5000) {
                    // Only brotli has no check sum; there the text may be another one.
                    assert!(coding == "br" || decoded == plain, "{coding}");
                }
            }
        }
    }

    #[test]
    fn what_was_not_asked_for_is_refused_by_name() {
        let error = |coding| decode(coding, b"x", 10, 1).unwrap_err().to_string();
        assert_eq!(
            error("deflate"),
            "the answer has content-encoding \"deflate\", which was not asked for"
        );
        assert!(error("gzip, br").contains("gzip, br"));
        let mut headers = HeaderMap::new();
        assert!(Decoder::of(&headers, 1).unwrap().is_none());
        headers.insert(
            header::CONTENT_ENCODING,
            HeaderValue::from_static("Identity"),
        );
        assert!(Decoder::of(&headers, 1).unwrap().is_none());
    }
}
