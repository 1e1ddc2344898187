//! In what favourites are written: CSV, JSON by lines, or one JSON list.

use axum::http::{HeaderMap, StatusCode, header};
use kit::Code;
use kit::server::Refusal;

/// A way to write favourites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header row.
    Csv,
    /// One JSON object on each line.
    JsonLines,
    /// One JSON list of objects.
    Json,
}

impl Format {
    const ALL: [Format; 3] = [Format::Csv, Format::JsonLines, Format::Json];

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv",
            Format::JsonLines => "application/x-ndjson",
            Format::Json => "application/json",
        }
    }

    /// What files of it are called.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "ndjson",
            Format::Json => "json",
        }
    }

    fn named(media_type: &str) -> Option<Self> {
        Format::ALL
            .into_iter()
            .find(|it| it.media_type().eq_ignore_ascii_case(media_type))
    }

    /// What a body is said to be.
    ///
    /// # Errors
    /// 415 when it is said to be anything else, or in another encoding than UTF-8.
    pub fn of_body(headers: &HeaderMap) -> Result<Self, Refusal> {
        let given = headers.get(header::CONTENT_TYPE);
        let given = given.map_or("(none)", |it| it.to_str().unwrap_or("(unreadable)"));
        let mut parts = given.split(';').map(str::trim);
        let format = parts.next().and_then(Format::named);
        let utf8 = parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        });
        let encoded = headers.contains_key(header::CONTENT_ENCODING);
        match format {
            Some(format) if utf8 && !encoded => Ok(format),
            _ => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::BadRequest,
                "Favourites are imported as `text/csv`, `application/x-ndjson` or `application/json`, in UTF-8 and without a content encoding",
            )),
        }
    }

    /// What the client reads; CSV when it does not say.
    ///
    /// # Errors
    /// 406 when it reads nothing of this.
    pub fn accepted(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut asked = false;
        for value in headers.get_all(header::ACCEPT) {
            for range in value.to_str().unwrap_or_default().split(',') {
                asked = true;
                let name = range.split(';').next().unwrap_or_default().trim();
                if let Some(format) = Format::named(name) {
                    return Ok(format);
                }
                if matches!(name, "*/*" | "text/*") {
                    return Ok(Format::Csv);
                }
            }
        }
        if !asked {
            return Ok(Format::Csv);
        }
        Err(Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            Code::BadRequest,
            "Favourites are exported as `text/csv`, `application/x-ndjson` or `application/json`",
        ))
    }
}
