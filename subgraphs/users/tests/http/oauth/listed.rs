//! Apps that an operator lists in a file.

use serde_json::{Value, json};

use super::support::{CALLBACK, TestApp, Visitor, error, exchange, post, query};
use crate::process::users;
use crate::support::Served;

const SECRET: &str = "a-secret-of-at-least-thirty-two-characters";

fn listed(changes: Value) -> Value {
    let mut app = json!({
        "client_id": "pocket-player",
        "client_name": "Pocket player",
        "redirect_uris": [CALLBACK],
        "scope": "openid email offline_access profile",
    });
    let Value::Object(changes) = changes else {
        return changes;
    };
    for (name, value) in changes {
        app[name.as_str()] = value;
    }
    app
}

async fn served_with(file: &std::path::Path, apps: &Value) -> Served {
    std::fs::write(file, apps.to_string()).expect("writes");
    let file = file.to_owned();
    Served::on_sqlite_with(move |config| config.oauth_clients_file = Some(file)).await
}

#[tokio::test]
async fn a_listed_app_is_registered_at_start_and_changed_at_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apps.json");
    let with_secret = listed(json!({ "client_id": "server", "client_secret": SECRET }));
    let served = served_with(&file, &json!([listed(json!({})), with_secret])).await;
    served.register("ada").await;
    for (id, secret) in [("pocket-player", None), ("server", Some(SECRET.to_owned()))] {
        let app = TestApp {
            id: id.to_owned(),
            secret,
        };
        let code = Visitor::new(&served)
            .allow_all("ada", &query(&app, &[]))
            .await;
        assert_eq!(exchange(&served, &app, &code).await.0, 200, "{id}");
    }
    let stored = served
        .select_texts("SELECT secret_hash FROM oauth_client WHERE secret_hash IS NOT NULL")
        .await;
    assert!(stored.len() == 1 && stored[0].len() == 64);

    // A file that says the same changes nothing; another secret makes the old one void.
    let served = served.restart().await;
    let registered = "SELECT action FROM audit_event WHERE action = 'clientRegistered'";
    assert_eq!(served.select_texts(registered).await.len(), 2);
    let another = listed(json!({ "client_id": "server", "client_secret": SECRET.to_uppercase() }));
    std::fs::write(&file, json!([another]).to_string()).expect("writes");
    let served = served.restart().await;
    assert_eq!(served.select_texts(registered).await.len(), 3);
    let old = TestApp {
        id: "server".to_owned(),
        secret: Some(SECRET.to_owned()),
    };
    let refused = post(
        &served,
        &old,
        "/oauth2/token",
        &[("grant_type", "refresh_token")],
    )
    .await;
    assert_eq!(error(refused), (401, "invalid_client".to_owned()));
    served.close().await;
}

#[tokio::test]
async fn a_list_that_breaks_a_rule_is_one_clear_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apps.json");
    for (app, problem) in [
        (json!("no app"), "expected struct"),
        (
            listed(json!({ "client_sceret": SECRET })),
            "unknown field `client_sceret`",
        ),
        (listed(json!({ "client_id": "client:x" })), "client id"),
        (listed(json!({ "client_secret": "too short" })), "32 to 128"),
        (
            listed(json!({ "redirect_uris": ["http://example.org/"] })),
            "https://",
        ),
        (
            listed(json!({ "redirect_uris": [] })),
            "needs a redirect URI",
        ),
        (
            listed(json!({ "scope": "openid admin" })),
            "no scope `admin`",
        ),
        (
            listed(json!({ "grant_types": ["implicit"] })),
            "`implicit` is unknown",
        ),
        (
            listed(json!({ "grant_types": ["client_credentials"] })),
            "no credentials",
        ),
        (listed(json!({ "client_name": "a\nb" })), "one line"),
    ] {
        std::fs::write(&file, json!([app]).to_string()).expect("writes");
        let path = file.display().to_string();
        let arguments = ["--listen", "127.0.0.1:0", "--oauth-clients-file", &path];
        let output = users(folder.path(), &arguments)
            .output()
            .await
            .expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{said}");
        let last = said.lines().last().expect("a line");
        assert!(
            last.contains(problem) && last.contains("apps.json"),
            "{problem}: {last}"
        );
        assert!(
            !said.contains(SECRET) && !said.contains("too short"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_token_for_one_audience_cannot_be_one_for_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apps.json");
    let app = listed(json!({ "client_id": "musicwallet" }));
    std::fs::write(&file, json!([app]).to_string()).expect("writes");
    let path = file.display().to_string();
    let same = "https://x.org";
    for (arguments, problem) in [
        (
            ["--oauth-clients-file", &path, "--log", "info"],
            "the token audience musicwallet is the client_id of an app",
        ),
        (
            ["--token-audience", same, "--public-url", same],
            "the token audience and the public URL must differ",
        ),
    ] {
        let arguments = [["--listen", "127.0.0.1:0"].as_slice(), &arguments].concat();
        let output = users(folder.path(), &arguments)
            .output()
            .await
            .expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(problem), "{said}");
    }
}
