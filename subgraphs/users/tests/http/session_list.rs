//! Owners see their sessions and end them; nobody else does.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Served, access};

on_both_databases! {
    an_owner_sees_and_ends_their_sessions,
    nobody_sees_or_ends_sessions_of_others,
}

const SESSIONS: &str = "{ sessions { id current software appId createdAt lastUsedAt expiresAt } }";
const END: &str = "mutation ($id: ID!) { endSession(id: $id) }";

async fn sessions(served: &Served, token: &str) -> Vec<Value> {
    let answer = served.ask_as(token, SESSIONS, json!({})).await;
    answer.data()["sessions"]
        .as_array()
        .expect("a list")
        .clone()
}

async fn an_owner_sees_and_ends_their_sessions(served: &Served) {
    let here = served.register("ada").await;
    let there = served.sign_in("ada", PASSWORD).await.expect("signed in");
    let third = served.sign_in("ada", PASSWORD).await.expect("signed in");
    let there = served.refresh(&there).await.expect("renewed");

    let list = sessions(served, access(&here)).await;
    assert_eq!(list.len(), 3);
    // The one that was refreshed was used last.
    assert!(list[0]["lastUsedAt"].as_str() > list[1]["lastUsedAt"].as_str());
    let current: Vec<_> = list.iter().filter(|it| it["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert!(list.iter().all(|it| it["appId"].is_null()));

    let id = json!({ "id": list[0]["id"] });
    let ended = served.ask_as(access(&here), END, id.clone()).await;
    assert_eq!(ended.data(), &json!({ "endSession": true }));
    assert!(served.refresh(&there).await.is_err());
    let again = served.ask_as(access(&here), END, id).await;
    assert_eq!(again.data(), &json!({ "endSession": false }));

    let others = served
        .ask_as(access(&here), "mutation { endOtherSessions }", json!({}))
        .await;
    assert_eq!(others.data(), &json!({ "endOtherSessions": 1 }));
    assert!(served.refresh(&third).await.is_err());
    assert_eq!(sessions(served, access(&here)).await.len(), 1);
    served.refresh(&here).await.expect("this one goes on");
}

async fn nobody_sees_or_ends_sessions_of_others(served: &Served) {
    let ada = served.register("ada").await;
    let mallory = served.register("mallory").await;
    let id = sessions(served, access(&ada)).await[0]["id"].clone();
    let tried = served
        .ask_as(access(&mallory), END, json!({ "id": id }))
        .await;
    assert_eq!(tried.data(), &json!({ "endSession": false }));
    served.refresh(&ada).await.expect("it goes on");
    for query in [
        SESSIONS,
        "mutation { endOtherSessions }",
        "{ accountExport }",
    ] {
        assert_eq!(
            served.ask(query, json!({})).await.error().0,
            "UNAUTHENTICATED"
        );
    }
}
