//! An owner takes along what is kept about them: all of it, and nothing that helps a thief.

use serde_json::json;

use crate::support::{PASSWORD, Served, access, user_id};

on_both_databases! {
    an_owner_gets_all_that_is_kept_about_them,
}

async fn an_owner_gets_all_that_is_kept_about_them(served: &Served) {
    let ada = served.register("ada").await;
    served.register("grace").await;
    served.sign_in("ada", PASSWORD).await.expect("signed in");
    let bio = "mutation { updateProfile(input: { bio: \"I count.\", country: \"GB\" }) { id } }";
    served.ask_as(access(&ada), bio, json!({})).await.data();

    let answer = served
        .ask_as(access(&ada), "{ accountExport }", json!({}))
        .await;
    let export = &answer.data()["accountExport"];
    let account = &export["account"];
    assert_eq!(account["id"], user_id(&ada));
    assert_eq!(
        [
            &account["username"],
            &account["email"],
            &account["bio"],
            &account["country"]
        ],
        ["ada", "ada@example.org", "I count.", "GB"]
    );
    assert_eq!(export["sessions"].as_array().expect("a list").len(), 2);
    assert_eq!(export["mailedLinks"][0]["purpose"], "verifyEmail");
    assert_eq!(export["auditTrail"][0]["action"], "dataExported");

    let text = export.to_string();
    assert!(!text.contains("grace"));
    for table_and_column in [
        "account password_hash",
        "refresh_token hash",
        "one_time_token hash",
    ] {
        let (table, column) = table_and_column.split_once(' ').expect("two words");
        let secrets = served
            .select_texts(&format!("SELECT {column} FROM {table}"))
            .await;
        assert!(!secrets.is_empty());
        assert!(
            secrets.iter().all(|secret| !text.contains(secret.as_str())),
            "{table}"
        );
    }
    // Every table that names accounts is in the export, so that a new one is not forgotten; but for
    // codes that live a minute, and jobs: mail that is about to be sent.
    let tables: Vec<_> = served
        .tables_with("account_id")
        .await
        .into_iter()
        .filter(|table| !["oauth_code", "job"].contains(&table.as_str()))
        .collect();
    assert_eq!(tables, ["oauth_consent", "one_time_token", "session"]);
}
