//! The bundled playground in a real browser, from the real router over the real services.
//!
//! Runs when `MUSICWALLET_TEST_CHROMEDRIVER` names a ChromeDriver, for a plain `cargo test` must need
//! no browser. The router must have been built after `npm ci && npm run build` in `router/playground`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use serde_json::Value;

use support::browser::Browser;
use support::environment::{self, CHROMEDRIVER};
use support::federation::Federation;
use support::http::{client, graphql};

mod support;

/// What an editor of the page contains. GraphiQL's editors are CodeMirror's.
fn editor(place: &str) -> String {
    format!("document.querySelector('{place} .CodeMirror')?.CodeMirror")
}

/// Runs what is in the query editor by the play button, and reads the answer as the user sees it.
async fn play(browser: &Browser) -> Value {
    let answer = editor(".graphiql-response");
    // An answer from before must not be taken for the new one.
    browser.run(&format!("{answer}?.setValue('')")).await;
    browser.click(".graphiql-execute-button").await;
    let text = browser
        .until(
            "an answer is shown",
            &format!("return {answer}?.getValue()"),
        )
        .await;
    let text = text.as_str().expect("an editor contains text");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in the answer:\n{text}"))
}

#[tokio::test]
async fn the_bundled_playground_runs_its_query_without_internet() {
    let Some(chromedriver) = environment::given(CHROMEDRIVER) else {
        println!(
            "left out: {CHROMEDRIVER} is not set, so there is no browser to test the playground in"
        );
        return;
    };
    let federation = Federation::start().await;
    let page = client()
        .get(federation.playground())
        .header("accept", "text/html")
        .send()
        .await;
    let page = page
        .expect("the router serves it")
        .text()
        .await
        .expect("it is text");
    assert!(
        page.contains("src=\"/playground/playground-"),
        "the router was built without the bundle: run `npm ci && npm run build` in router/playground and build \
         it again\n{page}"
    );

    let browser = Browser::start(&chromedriver).await;
    browser.open(&federation.playground()).await;

    let query = editor(".graphiql-query-editor");
    let prefilled = browser
        .until(
            "a query is prefilled",
            &format!("return {query}?.getValue()"),
        )
        .await;
    assert!(
        prefilled
            .as_str()
            .is_some_and(|text| text.contains("favourites")),
        "{prefilled}"
    );
    let answer = play(&browser).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    let edges = answer["data"]["user"]["favourites"]["edges"].as_array();
    assert!(edges.is_some_and(|edges| !edges.is_empty()), "{answer:#}");
    assert_eq!(answer.get("extensions"), None, "{answer:#}");

    // Below the answer it says how it was put together, and shows the plan when asked to.
    let summary = browser
        .until(
            "the plan is summed up",
            "return document.querySelector('.query-plan summary')?.innerText",
        )
        .await;
    assert_eq!(summary, "Query plan: 2 rounds, 2 requests");
    browser.click(".query-plan summary").await;
    let plan = browser
        .until(
            "the plan is shown",
            "return document.querySelector('.query-plan[open] pre')?.innerText",
        )
        .await;
    let plan = plan.as_str().unwrap_or_default();
    assert!(plan.contains("Fetch(service: \"music\")"), "{plan}");

    // The headers editor is open, and what is in it is sent: the token makes us somebody.
    let (username, password) = users::demo::DEMO_SIGN_IN;
    let sign_in = format!(
        "mutation {{ signIn(input: {{ username: \"{username}\", password: \"{password}\" }}) {{ accessToken }} }}"
    );
    let session = graphql(&federation.endpoint(), &sign_in).await;
    let token = session["data"]["signIn"]["accessToken"].as_str();
    let token = token.unwrap_or_else(|| panic!("no token in {session:#}"));
    // The variables' editor is in the same place, hidden.
    let headers = editor("section[aria-label=\"Headers\"] .graphiql-editor:not(.hidden)");
    browser
        .run(&format!(
            "{headers}.setValue('{{\"Authorization\": \"Bearer {token}\"}}'); \
             {query}.setValue('query WhoAmI {{ me {{ username }} }}')"
        ))
        .await;
    browser
        .until(
            "GraphiQL knows the new query's name",
            "return document.querySelector('.graphiql-tab-button')?.innerText === 'WhoAmI'",
        )
        .await;
    let answer = play(&browser).await;
    assert_eq!(answer["data"]["me"]["username"], username, "{answer:#}");

    let foreign = browser
        .run(
            "return performance.getEntriesByType('resource').map((it) => it.name) \
             .filter((it) => !it.startsWith(location.origin) && !it.startsWith('data:'))",
        )
        .await;
    assert_eq!(
        foreign,
        Value::Array(Vec::new()),
        "the page asked others than its own router"
    );
    assert_eq!(
        browser.console().await,
        Vec::<String>::new(),
        "the page complained"
    );
}
