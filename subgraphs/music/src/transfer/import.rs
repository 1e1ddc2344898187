//! `POST /favourites/import`: favourites from a file that may be long and may be rubbish.
//!
//! The answer is a report, one JSON object on each line, and it is written while the file comes:
//!
//! ```text
//! {"refused":{"line":3,"code":"NO_SUCH_TRACK","reason":"…"}}
//! {"progress":{"lines":500,"added":498,"unchanged":1,"refused":1}}
//! {"done":{"lines":731,"added":729,"unchanged":1,"refused":1}}
//! ```
//!
//! Lines are added by the hundred, each time all of them or none. So an import that breaks off has
//! a beginning of the file in it, and sending the file again adds what is missing. The client must
//! read while it sends: when nobody takes the report, the import stops.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use kit::Code;
use kit::server::Refusal;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::format::Format;
use super::line::{self, Header, Wanted};
use super::records::{MAX_RECORD, Record, Records};
use super::{Transfer, Turn};
use crate::store::import::{LINES_AT_ONCE, LineOutcome};

/// How long the next piece of the file may take to come, and the report to be taken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pieces of the report that wait to be taken.
const REPORT_QUEUE: usize = 4;

/// Why an import ends before its file does.
enum Broken {
    /// The file is longer than it may be.
    TooLarge(String),
    /// It does not come.
    Stalled,
    /// The connection was lost.
    Lost,
}

/// A file as it comes.
struct Source {
    body: BodyDataStream,
    records: Records,
    at_end: bool,
    bytes: u64,
    lines: u64,
    max_bytes: u64,
    max_lines: u64,
}

/// How many lines came to what.
#[derive(Clone, Copy, Default)]
struct Tally {
    added: u64,
    unchanged: u64,
    refused: u64,
}

struct Import {
    source: Source,
    header: Option<Header>,
    began: DateTime<Utc>,
    turn: Turn,
    report: mpsc::Sender<Bytes>,
    wanted: Vec<Wanted>,
    /// Line, code and reason of those since the last batch.
    refused: Vec<(u64, &'static str, String)>,
    tally: Tally,
}

/// Nobody takes the report.
struct Abandoned;

pub(super) async fn answer(
    State(transfer): State<Arc<Transfer>>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let user = transfer.user(&parts.headers).await?;
    let format = Format::of_body(&parts.headers)?;
    let limits = &transfer.limits;
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limits.import_max_bytes) {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::PayloadTooLarge,
            too_many_bytes(limits.import_max_bytes),
        ));
    }
    let turn = transfer.turn(&user)?;
    let mut source = Source {
        body: body.into_data_stream(),
        records: Records::new(format),
        at_end: false,
        bytes: 0,
        lines: 0,
        max_bytes: limits.import_max_bytes,
        max_lines: limits.import_max_lines,
    };
    let header = match format {
        Format::Csv => Some(source.header().await?),
        Format::JsonLines | Format::Json => None,
    };
    let (report, mut taken) = mpsc::channel(REPORT_QUEUE);
    let import = Import {
        source,
        header,
        began: Utc::now(),
        turn,
        report,
        wanted: Vec::with_capacity(LINES_AT_ONCE),
        refused: Vec::new(),
        tally: Tally::default(),
    };
    tokio::spawn(import.run());
    let pieces = futures_util::stream::poll_fn(move |context| {
        taken
            .poll_recv(context)
            .map(|piece| piece.map(Ok::<_, std::convert::Infallible>))
    });
    let headers = [
        (header::CONTENT_TYPE, Format::JsonLines.media_type()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn too_many_bytes(max: u64) -> String {
    format!("An import has {max} bytes at most: send the file in parts")
}

impl Source {
    /// The header of a file of CSV.
    async fn header(&mut self) -> Result<Header, Refusal> {
        let bad = |reason: String| Refusal::new(StatusCode::BAD_REQUEST, Code::BadRequest, reason);
        let first = self.next().await.map_err(|broken| bad(broken.reason()))?;
        // The header is none of the lines that are counted.
        self.lines = 0;
        let bytes = first.and_then(|record| record.bytes).unwrap_or_default();
        Header::read(&bytes).map_err(bad)
    }

    /// The next record; none at the end of the file.
    async fn next(&mut self) -> Result<Option<Record>, Broken> {
        loop {
            if let Some(record) = self.records.next(self.at_end) {
                self.lines += 1;
                if self.lines > self.max_lines {
                    let max = self.max_lines;
                    return Err(Broken::TooLarge(format!(
                        "An import has {max} lines at most: send the file in parts"
                    )));
                }
                return Ok(Some(record));
            }
            if self.at_end {
                return Ok(None);
            }
            match tokio::time::timeout(PATIENCE, self.body.next()).await {
                Err(_) => return Err(Broken::Stalled),
                Ok(None) => self.at_end = true,
                Ok(Some(Err(_))) => return Err(Broken::Lost),
                Ok(Some(Ok(piece))) => {
                    self.bytes += piece.len() as u64;
                    if self.bytes > self.max_bytes {
                        return Err(Broken::TooLarge(too_many_bytes(self.max_bytes)));
                    }
                    self.records.push(&piece);
                }
            }
        }
    }
}

impl Broken {
    fn code(&self) -> Code {
        match self {
            Broken::TooLarge(_) => Code::PayloadTooLarge,
            Broken::Stalled => Code::RequestTimeout,
            Broken::Lost => Code::BadRequest,
        }
    }

    fn reason(self) -> String {
        match self {
            Broken::TooLarge(reason) => reason,
            Broken::Stalled => format!("Nothing came for {} seconds", PATIENCE.as_secs()),
            Broken::Lost => "The file broke off".to_owned(),
        }
    }
}

impl Import {
    /// Imports to the end of the file, unless it breaks or nobody wants to know.
    async fn run(mut self) {
        // Nothing more can be told when nobody takes the report.
        if self.lines().await.is_err() {
            tracing::info!("an import was abandoned");
        }
    }

    async fn lines(&mut self) -> Result<(), Abandoned> {
        loop {
            match self.source.next().await {
                Ok(Some(record)) => self.take(record),
                Ok(None) => {
                    if self.add().await? {
                        let done = self.numbers();
                        self.tell(&[json!({ "done": done })]).await?;
                    }
                    return Ok(());
                }
                Err(broken) => {
                    if self.add().await? {
                        self.fail(broken.code(), broken.reason()).await?;
                    }
                    return Ok(());
                }
            }
            if self.wanted.len() + self.refused.len() >= LINES_AT_ONCE && !self.add().await? {
                return Ok(());
            }
        }
    }

    /// Takes a line into the batch, or refuses it.
    fn take(&mut self, record: Record) {
        let Record { line, bytes } = record;
        let read = match bytes {
            Some(bytes) => line::read(line, &bytes, self.header.as_ref(), self.began),
            None => Err(format!(
                "The line is longer than {MAX_RECORD} bytes, or a quote in it is never closed"
            )),
        };
        match read {
            Ok(wanted) => self.wanted.push(wanted),
            Err(reason) => self.refused.push((line, "UNREADABLE_LINE", reason)),
        }
    }

    /// Adds the batch and reports it; false when the import failed with it.
    async fn add(&mut self) -> Result<bool, Abandoned> {
        let wanted = std::mem::take(&mut self.wanted);
        let store = &self.turn.transfer.store;
        let outcomes = store
            .import_favourites(&self.turn.user, &wanted, self.began)
            .await;
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                tracing::error!(error = failure.in_full(), "an import failed");
                self.fail(failure.code(), failure.message().to_owned())
                    .await?;
                return Ok(false);
            }
        };
        for (wanted, outcome) in wanted.iter().zip(outcomes) {
            match outcome {
                LineOutcome::Added => self.tally.added += 1,
                LineOutcome::Unchanged => self.tally.unchanged += 1,
                LineOutcome::NoSuchTrack => {
                    let reason = "There is no such track in the catalogue".to_owned();
                    self.refused.push((wanted.line, "NO_SUCH_TRACK", reason));
                }
                LineOutcome::Ambiguous => {
                    let reason = "Several tracks have this name: say the album, or the id";
                    let refused = (wanted.line, "AMBIGUOUS_TRACK", reason.to_owned());
                    self.refused.push(refused);
                }
            }
        }
        let mut refused = std::mem::take(&mut self.refused);
        refused.sort_by_key(|it| it.0);
        self.tally.refused += refused.len() as u64;
        let mut report: Vec<Value> = refused
            .into_iter()
            .map(|(line, code, reason)| {
                json!({ "refused": { "line": line, "code": code, "reason": reason } })
            })
            .collect();
        report.push(json!({ "progress": self.numbers() }));
        self.tell(&report).await?;
        Ok(true)
    }

    async fn fail(&mut self, code: Code, reason: String) -> Result<(), Abandoned> {
        let mut failed = self.numbers();
        failed["code"] = code.as_str().into();
        failed["reason"] = reason.into();
        self.tell(&[json!({ "failed": failed })]).await
    }

    fn numbers(&self) -> Value {
        let Tally {
            added,
            unchanged,
            refused,
        } = self.tally;
        json!({
            "lines": added + unchanged + refused,
            "added": added,
            "unchanged": unchanged,
            "refused": refused,
        })
    }

    async fn tell(&mut self, lines: &[Value]) -> Result<(), Abandoned> {
        let mut piece = String::new();
        for line in lines {
            piece.push_str(&line.to_string());
            piece.push('\n');
        }
        let sent = self.report.send_timeout(piece.into(), PATIENCE).await;
        sent.map_err(|_| Abandoned)
    }
}
