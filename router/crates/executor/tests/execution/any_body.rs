//! Any bytes at all, read by any shape: what a fuzzer makes up, and what it once found.

use bytes::Bytes;
use executor::{Executable, Request, SendError, SubgraphClient, SubgraphRequest, execute};
use futures_util::FutureExt as _;
use plan::Plan;
use serde_json::{Map, Value};

use crate::random::Random;
use crate::shapes::plain::Plain;
use crate::shapes::plans::{plan_of, static_plan};
use crate::shapes::{Field, of_one_type, random_fields};

/// What the plain executor's parser refuses although it is JSON: deep nesting, halves of surrogate pairs,
/// and numbers beyond a double's range.
const REFUSED_BY_THE_PLAIN_PARSER: [&str; 4] = [
    "recursion limit exceeded",
    "lone leading surrogate",
    "unexpected end of hex escape",
    "number out of range",
];

/// Every subgraph gives this body.
struct Same(Bytes);

impl SubgraphClient for Same {
    async fn send(&self, _: SubgraphRequest) -> Result<Bytes, SendError> {
        Ok(self.0.clone())
    }
}

/// Reads a body by a shape, and compares the answer with a plain executor's.
///
/// The first byte says how many of those behind it choose the shape; the others are the body.
pub(crate) fn check(input: &[u8]) {
    let Some((length, rest)) = input.split_first() else {
        return;
    };
    let (choices, body) = rest.split_at(usize::from(*length).min(rest.len()));
    let mut random = Random::chosen_by(choices);
    let is_static = random.one_in(2);
    let subgraphs = if is_static { 1 + random.below(2) } else { 2 };
    let mut fields = random_fields(&mut random, 3, subgraphs);
    let plan = if is_static {
        of_one_type(&mut random, &mut fields);
        static_plan(&fields, u16::try_from(subgraphs).unwrap())
    } else {
        plan_of(&fields)
    };
    let answer = answer(plan, body);
    let plain = Plain {
        only_type: is_static.then_some("A"),
        ..Plain::default()
    };
    compare(plain, &fields, body, &answer);
}

fn answer(plan: Plan, body: &[u8]) -> executor::Answer {
    let request = Request {
        variables: &[],
        introspection: &[],
        expose_errors: &|_| true,
    };
    let subgraphs = Same(Bytes::copy_from_slice(body));
    execute(&Executable::compile(plan), request, &subgraphs)
        .now_or_never()
        .unwrap()
}

fn compare(mut plain: Plain, fields: &[Field], body: &[u8], answer: &executor::Answer) {
    let text = String::from_utf8(answer.body.clone().into_bytes().into()).unwrap();
    let parsed = serde_json::from_slice::<Value>(body);
    let is_comparable = match &parsed {
        Ok(_) => !has_numbers_that_change(body),
        Err(error) => {
            let reason = error.to_string();
            !REFUSED_BY_THE_PLAIN_PARSER
                .iter()
                .any(|it| reason.starts_with(it))
        }
    };
    if !is_comparable {
        return;
    }
    let answer: Value = serde_json::from_str(&text).unwrap();
    let nothing = Map::new();
    let (data, is_whole) = match parsed.as_ref().ok().and_then(|it| it.get("data")) {
        Some(Value::Object(data)) => (data, true),
        _ => (&nothing, false),
    };
    let expected = plain.data(fields, data);
    assert_eq!(
        answer["data"].to_string(),
        expected.to_string(),
        "{}",
        String::from_utf8_lossy(body)
    );
    let has_errors = answer["errors"]
        .as_array()
        .is_some_and(|errors| !errors.is_empty());
    assert!(
        has_errors || (is_whole && !plain.has_errors),
        "no error explains {text} of {}",
        String::from_utf8_lossy(body)
    );
}

/// Whether the plain executor's parser gives other digits than it took. It keeps them when it is built to.
fn has_numbers_that_change(body: &[u8]) -> bool {
    let zero = serde_json::from_str::<Value>("-0").unwrap().to_string();
    if zero == "-0" {
        // This key is how it keeps them.
        let private = b"$serde_json";
        return body.windows(private.len()).any(|it| it == private);
    }
    let is_long = |it: &[u8]| it.iter().all(u8::is_ascii_digit);
    body.windows(2).any(|it| it == b"-0") || body.windows(19).any(is_long)
}

#[test]
fn what_a_fuzzer_began_with_and_found_is_read_rightly() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/reader");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let result = std::panic::catch_unwind(|| check(&input));
        assert!(result.is_ok(), "{} breaks it", path.display());
        checked += 1;
    }
    assert!(checked > 0, "{folder} is empty");
}
