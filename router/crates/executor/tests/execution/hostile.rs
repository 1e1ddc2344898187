//! Bodies that mean harm: damaged at random, nested without end, empty a million times.

use executor::{Executable, Limits};
use serde::de::IgnoredAny;

use crate::canned::{Canned, json, summary, text};
use crate::library::{counts, me, users_json, users_with_counts};
use crate::random::Random;

/// The body with a few bytes changed, or cut, or a piece of it repeated.
pub(crate) fn damaged(random: &mut Random, body: &str) -> Vec<u8> {
    let mut bytes = body.as_bytes().to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len().max(1)).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => {
                let piece = bytes[at..].to_vec();
                bytes.extend_from_slice(&piece);
            }
            3 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            _ => bytes.insert(at, *random.pick(b"{}[]\",:\\un0-1.eE tfn\x00\xff\xc3")),
        }
    }
    bytes
}

/// Whether a parser that shares no code with ours takes it for JSON.
fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

#[tokio::test]
async fn a_damaged_body_is_an_error_and_never_a_panic() {
    let body = r#"{"data":{"me":{"id":"1","name":"A\u00e9\"","age":-41,"tags":["a","b"]}},"errors":[{"message":"m","path":["me","name"],"extensions":{"code":"C","n":1.5e3}}]}"#;
    let (mut valid, mut invalid) = (0, 0);
    for seed in 0..20_000 {
        let bytes = damaged(&mut Random::new(seed), body);
        let is_json = is_json(&bytes);
        let sent = bytes.clone();
        let answer = raw(sent).await;
        let malformed = text(&answer).contains("is no GraphQL response: the answer is malformed");
        let is_object = serde_json::from_slice::<serde_json::Value>(&bytes)
            .map_or(is_json, |it| it.is_object());
        assert_eq!(
            malformed,
            !(is_json && is_object),
            "seed {seed}: {}",
            text(&answer)
        );
        if malformed {
            invalid += 1;
        } else {
            valid += 1;
        }
    }
    // Both kinds must be met, or the test says nothing.
    assert!(valid > 1000 && invalid > 1000, "{valid} {invalid}");
}

async fn raw(body: Vec<u8>) -> executor::Answer {
    struct Raw(bytes::Bytes);
    impl executor::SubgraphClient for Raw {
        async fn send(
            &self,
            _: executor::SubgraphRequest,
        ) -> Result<bytes::Bytes, executor::SendError> {
            Ok(self.0.clone())
        }
    }
    let executable = executor::Executable::compile(me());
    let request = executor::Request {
        variables: &[],
        introspection: &[],
        expose_errors: &|_| true,
    };
    executor::execute(&executable, request, &Raw(body.into())).await
}

#[tokio::test]
async fn damaged_entities_never_reach_another_object() {
    for seed in 0..5000 {
        let subgraphs = Canned::new()
            .gives(0, &users_json(&[1, 2, 3]))
            .responds(1, move |body| {
                let bytes = damaged(&mut Random::new(seed), &counts(body));
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            });
        let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
        let json = json(&answer);
        for index in 0..3 {
            // Numbers may have been changed, but there are three users with their names.
            let name = &json["data"]["users"][index]["name"];
            assert_eq!(*name, format!("u{}", index + 1), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn nesting_reaches_no_stack() {
    let deep = 200_000;
    let bomb = "[".repeat(deep) + &"]".repeat(deep);
    let object = "{\"me\":".repeat(deep) + "1" + &"}".repeat(deep);
    for value in [&bomb, &object] {
        for body in [
            value.clone(),
            format!(r#"{{"data":{value}}}"#),
            format!(r#"{{"data":{{"me":{value}}}}}"#),
            format!(r#"{{"data":{{"me":{{"id":"1","name":{value},"tags":{value}}}}}}}"#),
            format!(r#"{{"data":{{"me":null}},"errors":{value}}}"#),
            format!(
                r#"{{"data":{{"me":null}},"errors":[{{"path":{value},"extensions":{value}}}]}}"#
            ),
            format!(r#"{{"x":{value},"data":{{"me":null}}}}"#),
        ] {
            let answer = Canned::new().gives(0, &body).run(me()).await;
            assert!(text(&answer).starts_with(r#"{"data":{"me":"#));
        }
    }
}

#[tokio::test]
async fn a_body_that_would_fill_the_memory_is_refused() {
    // Three bytes of each object take five slots.
    let users = vec!["{}"; 1000].join(",");
    let body = format!(r#"{{"data":{{"users":[{users}]}}}}"#);
    let run = async |max_slots| {
        let limits = Limits {
            max_slots,
            ..Limits::default()
        };
        let plan = users_with_counts("[User]", "Int");
        let executable = Executable::compile_with(plan, limits);
        let subgraphs = Canned::new().gives(0, &body);
        let answer = subgraphs.run_with(&executable, &[], true).await;
        text(&answer).contains("too many values")
    };
    assert!(run(5000).await);
    assert!(!run(8000).await);
}

/// Artists that all have one label: three small answers, and the label is written for each.
async fn shared_label(tracks: usize, limits: Limits) -> String {
    let tracks = vec![r#"{"artist":{"id":"1"}}"#; tracks].join(",");
    let subgraphs = Canned::new()
        .gives(0, &format!(r#"{{"data":{{"tracks":[{tracks}]}}}}"#))
        .gives(1, r#"{"data":{"_entities":[{"label":{"id":"L"}}]}}"#)
        .gives(2, r#"{"data":{"_entities":[{"city":"Leipzig"}]}}"#);
    let executable = Executable::compile_with(crate::entities::chain(), limits);
    summary(&subgraphs.run_with(&executable, &[], true).await)
}

#[tokio::test]
async fn objects_that_places_share_do_not_multiply_without_end() {
    let too_large =
        "null\nANSWER_TOO_LARGE null The answer is larger than an answer may be.".to_owned();
    let limits = Limits {
        max_data_bytes: 1000,
        ..Limits::default()
    };
    assert!(shared_label(10, limits).await.starts_with(r#"{"tracks":"#));
    assert_eq!(shared_label(30, limits).await, too_large);
    let limits = Limits {
        max_visits: 100,
        ..Limits::default()
    };
    assert!(shared_label(20, limits).await.starts_with(r#"{"tracks":"#));
    assert_eq!(shared_label(200, limits).await, too_large);
}

#[tokio::test]
async fn invalid_utf8_is_refused() {
    let mut body = br#"{"data":{"me":{"id":"1","name":"x"}}}"#.to_vec();
    let at = body.iter().position(|it| *it == b'x').unwrap();
    body[at] = 0xc3;
    assert!(text(&raw(body).await).contains("not UTF-8 at byte"));
}
