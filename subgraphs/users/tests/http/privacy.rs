//! The e-mail address is for its owner and for admins, whichever way it is asked for.

use std::collections::{BTreeSet, HashMap};

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

/// The schema's fields, read by introspection: for each object type its fields, with the named type
/// of each.
async fn fields_of_types(served: &Served) -> HashMap<String, Vec<(String, String)>> {
    let query = "{ __schema { types { name fields { name \
                 type { name ofType { name ofType { name ofType { name } } } } } } } }";
    let answer = served.ask(query, json!({})).await;
    let types = answer.data()["__schema"]["types"]
        .as_array()
        .expect("a list")
        .clone();
    let mut all = HashMap::new();
    for kind in types {
        let Some(fields) = kind["fields"].as_array() else {
            continue;
        };
        let fields = fields
            .iter()
            .map(|field| {
                let mut named = &field["type"];
                while named["name"].is_null() {
                    named = &named["ofType"];
                }
                let text = |value: &Value| value.as_str().expect("a name").to_owned();
                (text(&field["name"]), text(&named["name"]))
            })
            .collect();
        all.insert(kind["name"].as_str().expect("a name").to_owned(), fields);
    }
    all
}

/// Every way from a root to a user, as the fields in order.
fn ways_to_users(
    types: &HashMap<String, Vec<(String, String)>>,
    at: &str,
    way: &[String],
    found: &mut BTreeSet<String>,
) {
    if at == "User" {
        found.insert(way.join("."));
    }
    if way.len() > 5 {
        return;
    }
    for (name, next) in types.get(at).into_iter().flatten() {
        if types.contains_key(next) {
            let further: Vec<_> = way.iter().cloned().chain([name.clone()]).collect();
            ways_to_users(types, next, &further, found);
        }
    }
}

#[tokio::test]
async fn no_way_through_the_graph_leads_to_anybody_elses_address() {
    let served = Served::on_sqlite_with_demo().await;
    let types = fields_of_types(&served).await;
    // A new way to users is not overlooked: it must be added here, and to what is tried below.
    let mut ways = BTreeSet::new();
    for root in ["Query", "Mutation"] {
        ways_to_users(&types, root, &[], &mut ways);
    }
    let expected = [
        "changePassword",
        "me",
        "refreshSession.user",
        "register.user",
        "resetPassword",
        "setRoles",
        "signIn.user",
        "updateProfile",
        "user",
        "users.edges.node",
        "users.nodes",
    ];
    assert_eq!(
        ways.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );

    let mallory = served.register("mallory").await;
    let token = access(&mallory);
    let user = "... on User { id username email emailVerified }";
    let tries = [
        "{ me { email } }".to_owned(),
        format!("{{ user(id: \"demo-ada\") {{ {user} }} user2: user(username: \"ada\") {{ {user} }} }}"),
        format!("{{ users(first: 100) {{ edges {{ node {{ {user} }} }} nodes {{ {user} }} }} }}"),
        format!("{{ _entities(representations: [{{ __typename: \"User\", id: \"demo-ada\" }}]) {{ {user} }} }}"),
        // A representation brings values for fields that the service itself must know.
        format!(
            "{{ _entities(representations: [{{ __typename: \"User\", id: \"demo-ada\", email: \"?\", roles: [ADMIN] }}]) \
             {{ {user} }} }}"
        ),
        format!("fragment f on User {{ email }} query {{ user(username: \"ada\") {{ {user} ...f alias: email }} }}"),
        format!("mutation {{ setRoles(userId: \"demo-ada\", roles: []) {{ {user} }} }}"),
        format!("mutation {{ updateProfile(input: {{ displayName: \"ada@example.org?\" }}) {{ {user} }} }}"),
        "mutation { register(input: { username: \"ada2\", email: \"ada@example.org\", password: \"correct horse battery\" }) { user { email } } }".to_owned(),
        "mutation { signIn(input: { username: \"ada@example.org\", password: \"wrong password\" }) { user { email } } }".to_owned(),
        "mutation { sendPasswordReset(email: \"ada@example.org\") }".to_owned(),
        "{ accountExport }".to_owned(),
        "{ auditTrail { edges { node { actor subject detail } } } }".to_owned(),
        "{ sessions { id software } }".to_owned(),
    ];
    for query in tries {
        let answer = served.ask_as(token, &query, json!({})).await;
        // What mallory wrote herself may come back.
        let text = answer.body.to_string().replace("ada@example.org?", "");
        assert!(!text.contains("ada@example.org"), "{query}\n{text}");
        assert!(
            !text.contains("\"emailVerified\":false,\"username\":\"ada\""),
            "{query}\n{text}"
        );
    }
    // Nor by the text of an error, or by the order or the cursors of lists.
    let bad = served
        .ask_as(
            token,
            "{ user(username: \"ada\") { email { x } } }",
            json!({}),
        )
        .await;
    assert!(!bad.body.to_string().contains("ada@example.org"));
    served.close().await;
}
