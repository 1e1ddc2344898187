//! Signing in to an app as its users do: in a real browser, on the pages of the users service, with the
//! whole federation running.
//!
//! Runs when `MUSICWALLET_TEST_CHROMEDRIVER` names a ChromeDriver, for a plain `cargo test` must need
//! no browser.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use support::browser::Browser;
use support::client::Client;
use support::environment::{self, CHROMEDRIVER};
use support::federation::Federation;
use support::http::client;

mod support;

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Waits for the browser to be sent back, answers it with a page, and returns the query.
async fn sent_back(listener: TcpListener) -> reqwest::Url {
    loop {
        let (stream, _) = listener.accept().await.expect("somebody connects");
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("it is text");
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 18\r\n\
                    connection: close\r\n\r\n<p id=\"back\">Hi</p>";
        stream.write_all(page.as_bytes()).await.expect("it is read");
        // Browsers ask for an icon too, and open connections that they may need.
        if let Some(path) = line
            .split(' ')
            .nth(1)
            .filter(|it| it.starts_with("/callback"))
        {
            return reqwest::Url::parse(&format!("http://127.0.0.1{path}")).expect("a URL");
        }
    }
}

/// Registers an app as an admin does, through the router.
async fn register(federation: &Federation) -> String {
    let admin = Client::signed_in(federation, "grace").await;
    let operation =
        "mutation ($input: RegisterAppInput!) { registerApp(input: $input) { secret app { id } } }";
    let input = json!({
        "name": "Pocket player",
        "confidential": false,
        "redirectUris": ["http://127.0.0.1/callback"],
        "scopes": ["openid", "email", "musicwallet"],
    });
    let answer = admin.ask_with(operation, json!({ "input": input })).await;
    assert_eq!(answer["registerApp"]["secret"], Value::Null);
    let id = answer["registerApp"]["app"]["id"].as_str();
    id.expect("an id").to_owned()
}

/// What a page shows, once it has a heading like this.
async fn page(browser: &Browser, heading: &str) -> String {
    let shown = format!(
        "return document.querySelector('h1')?.innerText === '{heading}' && document.body.innerText"
    );
    let text = browser.until(heading, &shown).await;
    text.as_str().unwrap_or_default().to_owned()
}

async fn fill_in(browser: &Browser, username: &str, password: &str) {
    for (name, value) in [("username", username), ("password", password)] {
        let script = format!("document.querySelector('input[name={name}]').value = '{value}'");
        browser.run(&script).await;
    }
    browser.click("button[value=sign_in]").await;
}

#[tokio::test]
async fn a_user_signs_in_to_an_app_in_a_browser() {
    let Some(chromedriver) = environment::given(CHROMEDRIVER) else {
        println!("left out: {CHROMEDRIVER} is not set, so there is no browser to sign in with");
        return;
    };
    let federation = Federation::start().await;
    let app = register(&federation).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    let callback = format!("http://127.0.0.1:{port}/callback");
    let back = tokio::spawn(sent_back(listener));

    let users = format!("http://127.0.0.1:{}", federation.ports().users);
    let parameters = [
        ("response_type", "code"),
        ("client_id", &app),
        ("redirect_uri", &callback),
        ("scope", "openid email musicwallet"),
        ("state", "where I was"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let authorize =
        reqwest::Url::parse_with_params(&format!("{users}/oauth2/authorize"), parameters)
            .expect("a URL");
    let browser = Browser::start(&chromedriver).await;
    browser.open(authorize.as_str()).await;
    assert!(
        page(&browser, "Sign in to MusicWallet")
            .await
            .contains("Pocket player")
    );
    let (username, password) = users::demo::DEMO_SIGN_IN;
    fill_in(&browser, username, "not the password").await;
    let wrong = "return document.querySelector('[role=alert]')?.innerText";
    let told = browser.until("the problem is told", wrong).await;
    assert_eq!(told, "The user name or the password is wrong");
    // The styles are ours, which the policy allows by their hash.
    let style = "return getComputedStyle(document.querySelector('button.main')).color";
    assert_eq!(browser.run(style).await, "rgb(255, 255, 255)");
    fill_in(&browser, username, password).await;
    let asked = page(&browser, "Allow this app?").await;
    assert!(asked.contains("read your e-mail address"), "{asked}");
    browser.click("button[value=allow]").await;

    // The policy lets the form lead to the app, and nowhere else.
    let arrived = "return document.querySelector('#back') !== null";
    browser.until("the app has the user back", arrived).await;
    let query: std::collections::HashMap<_, _> = back
        .await
        .expect("it ended well")
        .query_pairs()
        .into_owned()
        .collect();
    assert_eq!(
        (query["state"].as_str(), query["iss"].as_str()),
        ("where I was", users.as_str())
    );
    let tokens = exchange(&users, &app, &callback, &query["code"]).await;

    let endpoint = federation.endpoint();
    let body = json!({ "query": "{ me { username email } }" });
    let token = tokens["access_token"].as_str().expect("a token");
    let me = client()
        .post(endpoint)
        .bearer_auth(token)
        .json(&body)
        .send()
        .await;
    let me: Value = me.expect("an answer").json().await.expect("JSON");
    assert_eq!(
        me["data"]["me"],
        json!({ "username": username, "email": "ada@example.org" }),
        "{me}"
    );
    // The answer to a wrong password has the status 400, which browsers report.
    let complaints: Vec<_> = browser
        .console()
        .await
        .into_iter()
        .filter(|complaint| complaint.starts_with(&users) && !complaint.contains("status of 400"))
        .collect();
    assert_eq!(complaints, Vec::<String>::new(), "the pages complained");
}

async fn exchange(users: &str, app: &str, callback: &str, code: &str) -> Value {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", app),
        ("code", code),
        ("redirect_uri", callback),
        ("code_verifier", VERIFIER),
    ];
    let form = reqwest::Url::parse_with_params("http://form", form).expect("a URL");
    let answer = client()
        .post(format!("{users}/oauth2/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.query().unwrap_or_default().to_owned())
        .send()
        .await
        .expect("an answer");
    answer.json().await.expect("JSON")
}
