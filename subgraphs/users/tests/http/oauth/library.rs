//! A stock OpenID Connect client library signs in: what we understand by the specifications is what
//! others do.

use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use super::support::{CALLBACK, app};
use crate::support::{PASSWORD, Served, user_id};

on_both_databases! {
    a_stock_client_library_signs_in,
}

async fn a_stock_client_library_signs_in(served: &Served) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openid-client");
    if !folder.join("node_modules").exists() {
        println!("left out: `npm ci` was not run in subgraphs/users/tests/openid-client");
        return;
    }
    let ada = served.register("ada").await;
    let app = app(served, true, &[CALLBACK]).await;
    let output = Command::new("node")
        .arg(folder.join("sign_in.mjs"))
        .args([&served.url, &app.id])
        .arg(app.secret.as_deref().expect("it has one"))
        .args(["ada", PASSWORD])
        .output()
        .await
        .expect("Node runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let made: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        made,
        json!({
            "sub": user_id(&ada),
            "user": { "sub": user_id(&ada), "preferred_username": "ada", "name": "ada",
                      "email": "ada@example.org", "email_verified": false },
            "scope": "openid profile email offline_access",
            "rotated": true,
            "active": true,
            "ownScope": "musicwallet",
            "activeAfterRevocation": false,
        })
    );
}
