//! Random users, each found in a second subgraph, against a join over the same data.

use serde_json::{Value, json};

use crate::canned::{Canned, json as parsed};
use crate::library::{requested_ids, users_with_counts};
use crate::random::{Random, untidy};

/// A user as `users` knows them; without an id they cannot be found in `music`.
struct User {
    id: Option<usize>,
    name: String,
}

/// What `music` knows of the user with this id: nothing, a count, or a null count.
fn count(id: usize) -> Option<Option<usize>> {
    match id % 5 {
        0 => None,
        1 => Some(None),
        _ => Some(Some(id)),
    }
}

fn music(random: &mut Random, body: &str) -> String {
    let entities: Vec<Value> = requested_ids(body)
        .iter()
        .map(|id| match count(id.parse().unwrap()) {
            None => Value::Null,
            Some(count) => json!({"__typename": "User", "count": count}),
        })
        .collect();
    untidy(random, &json!({"data": {"_entities": entities}}))
}

#[tokio::test]
async fn entities_join_as_rows_do() {
    for seed in 0..1000 {
        let mut random = Random::new(seed);
        let users: Vec<Option<User>> = (0..random.below(60))
            .map(|_| {
                (!random.one_in(10)).then(|| User {
                    id: (!random.one_in(10)).then(|| random.below(40)),
                    name: format!("n{}", random.below(9)),
                })
            })
            .collect();
        let rows: Vec<Value> = users
            .iter()
            .map(|user| match user {
                None => Value::Null,
                Some(it) => json!({"__typename": "User", "id": it.id, "name": it.name}),
            })
            .collect();
        let is_non_null = random.one_in(2);
        let expected: Vec<Value> = users
            .iter()
            .map(|user| {
                let Some(user) = user else {
                    return Value::Null;
                };
                match user.id.and_then(count).flatten() {
                    None if is_non_null => Value::Null,
                    plays => json!({"name": user.name, "plays": plays}),
                }
            })
            .collect();
        let mut ids: Vec<usize> = users.iter().flatten().filter_map(|it| it.id).collect();
        ids.sort_unstable();
        ids.dedup();

        let body = untidy(&mut random, &json!({"data": {"users": rows}}));
        let subgraphs = Canned::new()
            .gives(0, &body)
            .responds(1, move |body| Ok(music(&mut Random::new(seed), body)));
        let count_type = if is_non_null { "Int!" } else { "Int" };
        let answer = subgraphs.run(users_with_counts("[User]", count_type)).await;
        assert_eq!(
            parsed(&answer)["data"]["users"],
            json!(expected),
            "seed {seed}"
        );
        let asked = subgraphs.asked();
        let sent = asked.get(1).map_or(0, |body| requested_ids(body).len());
        assert_eq!(sent, ids.len(), "seed {seed}");
    }
}
