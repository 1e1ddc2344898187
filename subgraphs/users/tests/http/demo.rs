//! Demo users: there once, with ids that others can rely on.

use serde_json::json;

use crate::support::Served;

#[tokio::test]
async fn demo_users_are_created_once_with_known_ids() {
    let served = Served::on_sqlite_with_demo().await;
    let served = served.restart().await;
    let answer = served
        .ask(
            "{ users { edges { node { id username country roles } } } }",
            json!({}),
        )
        .await;
    let users: Vec<_> = answer.data()["users"]["edges"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| {
            let user = &edge["node"];
            format!("{} {} {}", user["id"], user["country"], user["roles"])
        })
        .collect();
    assert_eq!(
        users,
        [
            r#""demo-ada" "GB" ["USER"]"#,
            r#""demo-grace" "NG" ["USER","ADMIN"]"#,
            r#""demo-linus" "FI" ["USER"]"#,
            r#""demo-nina" "BR" ["USER","CURATOR"]"#,
            r#""demo-miles" "US" ["USER"]"#,
            r#""demo-joni" "CA" ["USER"]"#,
        ]
    );
    let (username, password) = users::demo::DEMO_SIGN_IN;
    served
        .sign_in(username, password)
        .await
        .expect("the documented sign-in works");
}

#[tokio::test]
async fn a_database_with_people_in_it_gets_no_demo_users() {
    let served = Served::on_sqlite().await;
    served.register("somebody").await;
    let mut served = served;
    served.config.service.demo = true;
    let served = served.restart().await;
    let answer = served
        .ask("{ users { edges { node { username } } } }", json!({}))
        .await;
    assert_eq!(
        answer.data()["users"]["edges"].as_array().map(Vec::len),
        Some(1)
    );
}
