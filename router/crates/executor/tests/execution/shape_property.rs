//! Random shapes and random data, read and written, against a plain executor over parsed JSON.

use serde_json::{Value, json};

use crate::canned::{Canned, json as parsed};
use crate::hostile::damaged;
use crate::random::{Random, untidy};
use crate::shapes::data::{part, random_object, without_types};
use crate::shapes::plain::Plain;
use crate::shapes::plans::{plan_of, static_plan};
use crate::shapes::{of_one_type, random_fields};

#[tokio::test]
async fn what_is_written_is_what_a_plain_executor_gives() {
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let fields = random_fields(&mut random, 3, 2);
        let data = random_object(&mut random, &fields, "Query");
        let body = |random: &mut Random, subgraph| {
            let mut part = part(&data, &fields, subgraph);
            part.as_object_mut().unwrap().remove("__typename");
            untidy(random, &json!({ "data": part }))
        };
        let subgraphs = Canned::new()
            .gives(0, &body(&mut random, 0))
            .gives(1, &body(&mut random, 1));
        let answer = parsed(&subgraphs.run(plan_of(&fields)).await);
        let mut plain = Plain::default();
        let expected = plain.data(&fields, data.as_object().unwrap());
        assert_eq!(answer["data"], expected, "seed {seed}");
        // A wrong value below one that went up is an error too, whether or not it is seen.
        if plain.has_errors {
            assert!(answer["errors"].is_array(), "seed {seed}");
        }
        // The client's order is part of the answer, and equality of objects ignores it.
        assert_eq!(
            answer["data"].to_string(),
            expected.to_string(),
            "seed {seed}"
        );
    }
}

/// The same shapes where each object is of one type and all keys are the client's, so that much is
/// given on as it stands.
#[tokio::test]
async fn what_one_subgraph_says_is_given_on_as_a_plain_executor_does() {
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let subgraphs = 1 + random.below(2);
        let mut fields = random_fields(&mut random, 3, subgraphs);
        of_one_type(&mut random, &mut fields);
        let mut data = random_object(&mut random, &fields, "Query");
        without_types(&fields, &mut data);
        let is_tidy = !random.one_in(3);
        let mut canned = Canned::new();
        for (subgraph, number) in (0..subgraphs).zip(0..) {
            let body = json!({ "data": part(&data, &fields, subgraph) });
            let body = match is_tidy {
                true => body.to_string(),
                false => untidy(&mut random, &body),
            };
            canned = canned.gives(number, &body);
        }
        let answer = canned
            .run(static_plan(&fields, u16::try_from(subgraphs).unwrap()))
            .await;
        let mut plain = Plain {
            only_type: Some("A"),
            ..Plain::default()
        };
        let expected = plain.data(&fields, data.as_object().unwrap());
        let answer = parsed(&answer);
        assert_eq!(
            answer["data"].to_string(),
            expected.to_string(),
            "seed {seed}: {data}"
        );
        if plain.has_errors {
            assert!(answer["errors"].is_array(), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_damaged_body_that_is_still_json_is_read_as_a_plain_executor_does() {
    let mut compared = 0;
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let fields = random_fields(&mut random, 2, 1);
        let mut data = random_object(&mut random, &fields, "Query");
        data.as_object_mut().unwrap().remove("__typename");
        let body = untidy(&mut random, &json!({ "data": data }));
        let Ok(body) = String::from_utf8(damaged(&mut random, &body)) else {
            continue;
        };
        let subgraphs = Canned::new().gives(0, &body).gives(1, r#"{"data":{}}"#);
        let answer = parsed(&subgraphs.run(plan_of(&fields)).await);
        // The parser of the plain executor takes a zero with a sign for a fraction.
        let Ok(parsed) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        if body.contains("-0") || parsed.get("errors").is_some() {
            continue;
        }
        let Some(data) = parsed.get("data").and_then(Value::as_object) else {
            continue;
        };
        let expected = Plain::default().data(&fields, data);
        assert_eq!(answer["data"], expected, "seed {seed}: {body}");
        compared += 1;
    }
    // Most damage leaves no JSON.
    assert!(compared > 1000, "{compared}");
}
