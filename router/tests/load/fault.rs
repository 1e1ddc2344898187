//! What can go wrong in a subgraph: a catalogue, and the bytes that come of it.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::random::Random;

/// What the subgraph does with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Sends these bytes and takes the next request.
    Send(Vec<u8>),
    /// Sends these bytes one small piece after the other, and takes the next request.
    Trickle(Vec<u8>),
    /// Sends these bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Resets the connection.
    Reset,
    /// Never answers, until the router gives up.
    Stall,
}

/// A whole response.
fn response(status: &str, extra: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{extra}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(23) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Some bytes less, at the least one.
fn cut(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let length = random.below(bytes.len());
    bytes.truncate(length);
    bytes
}

/// Draws what happens to this answer: `list` is the name of the one list in its data.
pub(crate) fn draw(data: &Value, list: &str, random: &mut Random) -> Deed {
    let body = json!({ "data": data }).to_string().into_bytes();
    if random.below(100) < 70 {
        return healthy(&body, random);
    }
    match random.below(3) {
        0 => of_transport(&body, random),
        1 => of_http(&body, random),
        _ => lie(data, list, random),
    }
}

/// The right answer, in one of the ways in which it may come.
fn healthy(body: &[u8], random: &mut Random) -> Deed {
    match random.below(14) {
        0 => Deed::Trickle(response("200 OK", "", body)),
        1 => Deed::Send(chunked(body)),
        2 => Deed::Send(response(
            "200 OK",
            "content-encoding: gzip\r\n",
            &gzip(body),
        )),
        3 => Deed::SendAndClose(response("200 OK", "connection: close\r\n", body)),
        4 => {
            let mut bytes = b"HTTP/1.0 200 OK\r\n\r\n".to_vec();
            bytes.extend_from_slice(body);
            Deed::SendAndClose(bytes)
        }
        5 => {
            let mut bytes = b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec();
            bytes.extend_from_slice(&response("200 OK", "", body));
            Deed::Send(bytes)
        }
        // Closed without a word of it: the next request over it is lost.
        6 => Deed::SendAndClose(response("200 OK", "", body)),
        _ => Deed::Send(response("200 OK", "", body)),
    }
}

/// The connection breaks.
fn of_transport(body: &[u8], random: &mut Random) -> Deed {
    match random.below(8) {
        0 => Deed::Stall,
        1 => Deed::Reset,
        2 => Deed::SendAndClose(Vec::new()),
        3 | 4 => Deed::SendAndClose(cut(response("200 OK", "", body), random)),
        5 => Deed::SendAndClose(cut(chunked(body), random)),
        6 => Deed::SendAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        _ => Deed::Trickle(cut(response("200 OK", "", body), random)),
    }
}

/// HTTP says something else than an answer.
fn of_http(body: &[u8], random: &mut Random) -> Deed {
    let nothing =
        json!({ "errors": [{ "message": "later", "extensions": { "code": "DOWNSTREAM" } }] });
    let nothing = nothing.to_string();
    Deed::Send(match random.below(9) {
        0 => response("500 Internal Server Error", "", b"<h1>Oops</h1>"),
        1 => response("503 Service Unavailable", "", nothing.as_bytes()),
        2 => response("302 Found", "location: http://127.0.0.1:1/\r\n", b""),
        3 => response("204 No Content", "", b""),
        4 => response("200 OK", "content-encoding: gzip\r\n", body),
        5 => response(
            "200 OK",
            "content-encoding: br\r\n",
            &cut(gzip(body), random),
        ),
        6 => response(
            "200 OK",
            "content-encoding: gzip\r\n",
            &gzip(&vec![b' '; 1 << 20]),
        ),
        7 => response("200 OK", "", &vec![b' '; 200_000]),
        _ => {
            // More than one answer for one request: the second is nobody's.
            let other = json!({ "data": { "users": [], "_entities": [] } }).to_string();
            let mut bytes = response("200 OK", "", body);
            bytes.extend_from_slice(&response("200 OK", "", other.as_bytes()));
            bytes
        }
    })
}

/// GraphQL says something that cannot be. What a subgraph that lies may say without being caught is
/// left out: another name is as good as the right one.
fn lie(data: &Value, list: &str, random: &mut Random) -> Deed {
    let mut data = data.clone();
    let mut errors = None;
    let items = data[list].as_array_mut().unwrap();
    let one = random.below(items.len());
    // Users come as a list of the subgraph's own length; entities as one of ours.
    let is_entities = list == "_entities";
    match random.below(9) {
        0 => items[one] = json!("a user"),
        1 => items[one]["name"] = json!(7),
        2 => items[one]["count"] = json!("many"),
        3 => items[one]["__typename"] = json!("Stranger"),
        4 => {
            items[one]["name"] = Value::Null;
            items[one]["count"] = Value::Null;
        }
        5 => {
            let error = json!({ "message": "secret", "path": [list, one], "extensions": { "code": "DOWNSTREAM" } });
            items[one] = Value::Null;
            errors = Some(json!([error]));
        }
        6 if is_entities => drop(items.pop()),
        7 if is_entities => items.push(json!({ "__typename": "User", "count": 0 })),
        6 => data[list] = json!({ "a": "b" }),
        7 => data[list] = json!("users"),
        _ => {
            let body = json!({ "data": data }).to_string().into_bytes();
            return Deed::Send(response("200 OK", "", &cut(body, random)));
        }
    }
    let mut body = json!({ "data": data });
    if let Some(errors) = errors {
        body["errors"] = errors;
    }
    let mut body = body.to_string().into_bytes();
    if random.below(10) == 0 {
        // No text at all.
        let at = random.below(body.len());
        body[at] = 0xff;
    }
    Deed::Send(response("200 OK", "", &body))
}
