//! The e-mail address is for its owner and for admins, whichever way it is asked for.

use serde_json::{Value, json};

use crate::support::{Served, access};

const ALL_WAYS: &str = "query ($ids: [_Any!]!) {
    me { email }
    user(username: \"linus\") { email }
    users { edges { node { username email } } }
    _entities(representations: $ids) { ... on User { username email } }
}";

/// Who sees whose address: `way:name` for each that came.
async fn seen_by(served: &Served, token: &str) -> Vec<String> {
    let ids =
        ["linus", "joni"].map(|name| json!({ "__typename": "User", "id": format!("demo-{name}") }));
    let answer = served.ask_as(token, ALL_WAYS, json!({ "ids": ids })).await;
    let data = answer.data();
    let mut seen = Vec::new();
    let mut note = |way: &str, user: &Value| {
        if let Some(email) = user["email"].as_str() {
            seen.push(format!("{way}:{email}"));
        }
    };
    note("me", &data["me"]);
    note("user", &data["user"]);
    let edges = data["users"]["edges"].as_array().expect("a list");
    assert_eq!(edges.len(), 6);
    edges.iter().for_each(|edge| note("users", &edge["node"]));
    data["_entities"]
        .as_array()
        .expect("a list")
        .iter()
        .for_each(|user| note("entity", user));
    seen
}

#[tokio::test]
async fn an_address_is_seen_by_its_owner_and_by_admins_only() {
    let served = Served::on_sqlite_with_demo().await;
    let mut tokens = Vec::new();
    for name in ["linus", "nina", "grace"] {
        let session = served
            .sign_in(name, users::demo::DEMO_SIGN_IN.1)
            .await
            .expect(name);
        tokens.push(access(&session).to_owned());
    }
    assert_eq!(seen_by(&served, "").await, [""; 0]);
    assert_eq!(
        seen_by(&served, &tokens[0]).await,
        ["me", "user", "users", "entity"].map(|way| format!("{way}:linus@example.org"))
    );
    // A curator is no admin.
    assert_eq!(
        seen_by(&served, &tokens[1]).await,
        ["me:nina@example.org", "users:nina@example.org"]
    );
    assert_eq!(seen_by(&served, &tokens[2]).await.len(), 1 + 1 + 6 + 2);
}
