//! `GET /favourites/export`: all favourites of the caller, in a file that can be imported again.
//!
//! They come in the order that the user chose, so an import into an empty account has it too. The
//! file is written as it is read, some hundreds at a time; one that breaks off was cut short.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use kit::Failure;
use kit::server::Refusal;
use serde_json::json;

use super::Transfer;
use super::cell::guarded;
use super::format::Format;
use crate::ids::UserId;
use crate::store::export::{Exported, Place};

struct Writer {
    transfer: Arc<Transfer>,
    user: UserId,
    format: Format,
    after: Option<Place>,
    first: bool,
    over: bool,
}

pub(super) async fn answer(
    State(transfer): State<Arc<Transfer>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let user = transfer.user(&headers).await?;
    let format = Format::accepted(&headers)?;
    let writer = Writer {
        transfer,
        user,
        format,
        after: None,
        first: true,
        over: false,
    };
    let pieces = futures_util::stream::unfold(writer, async |mut writer| {
        let piece = writer.next().await?;
        Some((piece, writer))
    });
    let name = format!("attachment; filename=\"favourites.{}\"", format.extension());
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

impl Writer {
    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        if self.over {
            return None;
        }
        match self.page().await {
            Ok(piece) => Some(Ok(piece)),
            Err(failure) => {
                self.over = true;
                tracing::error!(error = failure.in_full(), "an export failed");
                // The client sees that the file does not end as it should.
                Some(Err(std::io::Error::other("the export failed")))
            }
        }
    }

    async fn page(&mut self) -> Result<Bytes, Failure> {
        let store = &self.transfer.store;
        let page = store
            .export_favourites(&self.user, self.after.as_ref())
            .await?;
        let mut text = String::new();
        if self.after.is_none() {
            text.push_str(match self.format {
                Format::Csv => "trackId,artist,title,album,favouritedAt,note\r\n",
                Format::JsonLines => "",
                Format::Json => "[",
            });
        }
        for favourite in &page {
            self.write(&mut text, favourite);
            self.first = false;
        }
        match page.last() {
            Some(last) => self.after = Some(last.place.clone()),
            None => {
                self.over = true;
                if self.format == Format::Json {
                    text.push_str("\n]\n");
                }
            }
        }
        Ok(text.into())
    }

    fn write(&self, text: &mut String, favourite: &Exported) {
        if self.format == Format::Csv {
            let moment = favourite.favourited_at.to_rfc3339();
            let cells = [
                favourite.track.as_str(),
                &favourite.artist,
                &favourite.title,
                &favourite.album,
                &moment,
                favourite.note.as_deref().unwrap_or_default(),
            ];
            let cells: Vec<_> = cells.into_iter().map(|it| quoted(&guarded(it))).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
            return;
        }
        let object = json!({
            "trackId": favourite.track.as_str(),
            "artist": favourite.artist,
            "title": favourite.title,
            "album": favourite.album,
            "favouritedAt": favourite.favourited_at,
            "note": favourite.note,
        });
        if self.format == Format::Json {
            text.push_str(if self.first { "\n" } else { ",\n" });
        }
        text.push_str(&object.to_string());
        if self.format == Format::JsonLines {
            text.push('\n');
        }
    }
}

/// A cell of CSV (RFC 4180, section 2).
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
