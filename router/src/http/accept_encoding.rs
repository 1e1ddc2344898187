//! Which content coding a client wants (RFC 9110, section 12.5.3).

use http::{HeaderMap, HeaderValue, header};

/// A coding that we can put on an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentCoding {
    /// Deflate in gzip's frame.
    Gzip,
    /// Brotli.
    Brotli,
    /// Zstandard.
    Zstd,
}

impl ContentCoding {
    /// All, those we like best first: the one that is chosen among those a client likes equally.
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Zstd];

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The value of `content-encoding`.
    pub(crate) fn header(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    /// The coding that the client likes best; none if it likes the plain answer better, or says
    /// nothing. Weights are in thousandths.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut weights = [None; 3];
        let (mut any, mut plain) = (None, None);
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for (name, weight) in value.to_str().ok()?.split(',').filter_map(weighted) {
                let is = |coding: &str| name.eq_ignore_ascii_case(coding);
                let known = Self::ALL.iter().position(|it| is(it.name()));
                match known {
                    Some(index) => weights[index] = Some(weight),
                    None if is("x-gzip") => weights[1] = Some(weight),
                    None if is("identity") => plain = Some(weight),
                    None if is("*") => any = Some(weight),
                    None => {}
                }
            }
        }
        let mut best = None;
        // The plain answer is as good as any unless the client says how it likes it.
        let mut least = plain.unwrap_or(1).max(1);
        for (coding, weight) in Self::ALL.into_iter().zip(weights) {
            let weight = weight.or(any).unwrap_or(0);
            if weight > least || (weight == least && best.is_none()) {
                (best, least) = (Some(coding), weight);
            }
        }
        best
    }
}

/// A coding and how much it is liked: `gzip;q=0.8` is `("gzip", 800)`.
fn weighted(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let thousandths = match weight {
        None => 1000,
        // What is no number is not wanted.
        Some(text) => match text.parse::<f32>() {
            Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
            _ => 0,
        },
    };
    Some((name, thousandths))
}

#[test]
fn the_coding_that_is_liked_best_is_chosen() {
    use ContentCoding::{Brotli, Gzip, Zstd};
    let check = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        }
        ContentCoding::negotiate(&headers)
    };
    for (value, expected) in [
        ("gzip, deflate, br, zstd", Some(Brotli)),
        ("gzip, deflate", Some(Gzip)),
        ("GZIP", Some(Gzip)),
        ("x-gzip", Some(Gzip)),
        ("zstd", Some(Zstd)),
        ("br;q=0.5, gzip;q=0.8", Some(Gzip)),
        ("br;q=0, *", Some(Gzip)),
        ("*;q=0.1", Some(Brotli)),
        ("gzip;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("gzip ; Q=0.5, identity;q=0.2", Some(Gzip)),
        ("identity", None),
        ("deflate", None),
        ("gzip;q=much", None),
        ("gzip;q=7", None),
        ("", None),
        (",;,", None),
    ] {
        assert_eq!(check(&[value]), expected, "{value}");
    }
    assert_eq!(check(&["deflate", "zstd"]), Some(Zstd));
    assert_eq!(check(&[]), None);
}
