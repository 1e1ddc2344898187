//! The pages that people see, and what a trickster cannot do with them.

use chrono::Utc;
use serde_json::json;
use users::store::Purpose;

use super::support::{CALLBACK, Shown, Visitor, app, query};
use crate::support::{PASSWORD, Served};

on_both_databases! {
    a_wrong_password_is_told_and_guessing_is_limited_here_too,
    a_mailed_link_is_used_by_its_button_and_not_by_opening_it,
    a_mailed_link_leads_to_a_new_password,
    signing_in_as_somebody_else_ends_the_browsers_session,
}

#[track_caller]
fn is_safe(page: &Shown) {
    let policy = &page.headers["content-security-policy"];
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    for part in [
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["x-frame-options"], "DENY");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(!page.html.contains("<script"), "{}", page.html);
}

#[tokio::test]
async fn a_page_runs_nothing_and_cannot_be_framed_or_broken_out_of() {
    let served = Served::on_sqlite().await;
    served.register("ada").await;
    let app = app(&served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(&served);
    let evil = "\"><script>alert(1)</script>";
    let changes = [("login_hint", evil), ("state", evil), ("nonce", evil)];
    let sign_in = visitor.open(&query(&app, &changes)).await;
    is_safe(&sign_in);
    assert!(
        sign_in.headers["content-security-policy"]
            .contains("form-action 'self' https://player.example;")
    );
    let cookie = &sign_in.headers["set-cookie"];
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let consent = visitor.sign_in(&sign_in, "ada").await;
    is_safe(&consent);
    let refused = visitor.open("client_id=%22%3E%3Cscript%3E").await;
    assert_eq!(refused.status, 400);
    is_safe(&refused);
    for path in ["/account/verify-email", "/account/reset-password"] {
        let shown = visitor
            .submit(path, &[("token", evil), ("password", evil)], &[])
            .await;
        assert_eq!(shown.status, 400);
        is_safe(&shown);
    }
    served.close().await;
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_host_and_https() {
    let served = Served::on_sqlite_with(|config| {
        config.public_url = Some("https://accounts.example.org/".to_owned());
    })
    .await;
    served.register("ada").await;
    let app = app(&served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(&served);
    let page = visitor.open(&query(&app, &[])).await;
    let cookie = &page.headers["set-cookie"];
    assert!(
        cookie.starts_with("__Host-musicwallet=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    let page = visitor.sign_in(&page, "ada").await;
    let back = visitor.press(&page, "allow", &[]).await;
    assert_eq!(back.answer()["iss"], "https://accounts.example.org");
    served.close().await;
}

async fn a_wrong_password_is_told_and_guessing_is_limited_here_too(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(served);
    let page = visitor.open(&query(&app, &[])).await;
    let mut seen = Vec::new();
    for name in ["ada", "nobody"] {
        for _ in 0..11 {
            let wrong = [("username", name), ("password", &"x".repeat(300))];
            let shown = visitor.press(&page, "sign_in", &wrong).await;
            let told = shown
                .html
                .contains("The user name or the password is wrong");
            seen.push((shown.status, told));
        }
    }
    assert_eq!(seen[..10], [(400, true); 10]);
    assert_eq!(seen[10], (429, false));
    assert_eq!(seen[..11], seen[11..]);
    // The limit is one with that of the graph.
    assert_eq!(
        served.sign_in("ada", PASSWORD).await,
        Err("TOO_MANY_REQUESTS".to_owned())
    );
}

async fn a_mailed_link_is_used_by_its_button_and_not_by_opening_it(served: &Served) {
    let ada = served.register("ada").await;
    let token = served
        .mailed(&ada, Purpose::VerifyEmail, "ada@example.org", Utc::now())
        .await;
    let path = format!("/account/verify-email?token={token}");
    for _ in 0..2 {
        let page = served.get(&path).await;
        assert_eq!(page.status().as_u16(), 200);
        assert!(
            page.text()
                .await
                .expect("a text")
                .contains("It is my address")
        );
    }
    let verified = async || {
        let rows = served
            .select_texts("SELECT username FROM account WHERE email_verified_at IS NOT NULL")
            .await;
        rows.len()
    };
    assert_eq!(verified().await, 0);
    let mut visitor = Visitor::new(served);
    let form = [("token", token.as_str())];
    let shown = visitor.submit("/account/verify-email", &form, &[]).await;
    assert_eq!((shown.status, verified().await), (200, 1));
    let again = visitor.submit("/account/verify-email", &form, &[]).await;
    assert_eq!(again.status, 400);
    assert_eq!(
        served.get("/account/verify-email").await.status().as_u16(),
        400
    );
}

async fn a_mailed_link_leads_to_a_new_password(served: &Served) {
    let ada = served.register("ada").await;
    let token = served
        .mailed(&ada, Purpose::ResetPassword, "ada@example.org", Utc::now())
        .await;
    let page = served
        .get(&format!("/account/reset-password?token={token}"))
        .await;
    assert!(page.text().await.expect("a text").contains("new-password"));
    let mut visitor = Visitor::new(served);
    let mut send = async |password: &str| {
        let form = [("token", token.as_str()), ("password", password)];
        visitor.submit("/account/reset-password", &form, &[]).await
    };
    let weak = send("short").await;
    assert_eq!(weak.status, 400);
    assert!(
        weak.html.contains("too weak") && weak.html.contains("<form"),
        "{}",
        weak.html
    );
    assert_eq!(send("another horse entirely").await.status, 200);
    assert_eq!(send("another horse entirely").await.status, 400);
    served
        .sign_in("ada", "another horse entirely")
        .await
        .expect("it is set");
}

async fn signing_in_as_somebody_else_ends_the_browsers_session(served: &Served) {
    served.register("ada").await;
    served.register("grace").await;
    let app = app(served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(served);
    let page = visitor.open(&query(&app, &[])).await;
    let page = visitor.sign_in(&page, "ada").await;
    assert!(page.html.contains("signed in as ada"), "{}", page.html);
    let before = served.select_texts("SELECT hash FROM browser_cookie").await;
    let page = visitor.press(&page, "sign_out", &[]).await;
    let page = visitor.sign_in(&page, "grace").await;
    assert!(page.html.contains("signed in as grace"), "{}", page.html);
    let after = served.select_texts("SELECT hash FROM browser_cookie").await;
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    // The owner sees the browser among their sessions.
    let grace = served.sign_in("grace", PASSWORD).await.expect("signed in");
    let list = served
        .ask_as(
            crate::support::access(&grace),
            "{ sessions { id } }",
            json!({}),
        )
        .await;
    assert_eq!(list.data()["sessions"].as_array().expect("a list").len(), 3);
}
