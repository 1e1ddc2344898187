//! Guessing passwords: how often it can be tried, by whom, and what a guesser learns from it.

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, SIGN_IN, Served, access};

on_both_databases! {
    brute_force_upon_one_account_ends_after_some_attempts,
    a_name_that_is_none_is_limited_like_one_that_is,
    stuffing_from_one_address_ends_after_some_attempts,
    attempts_at_the_same_moment_count_too,
    replicas_count_together,
    guessing_with_a_stolen_session_is_limited,
}

fn input(login: &str, password: &str) -> Value {
    json!({ "input": { "username": login, "password": password } })
}

fn code(answer: &Answer) -> String {
    match answer.body["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => code.to_owned(),
        None => "OK".to_owned(),
    }
}

/// What happens to `count` wrong passwords, each from an address of its own.
async fn guesses(served: &Served, login: &str, count: usize) -> Vec<String> {
    let mut codes = Vec::new();
    for number in 0..count {
        let address = format!("198.51.100.{number}");
        let answer = served
            .ask_from(&address, SIGN_IN, input(login, "a wrong password"))
            .await;
        codes.push(code(&answer));
    }
    codes
}

async fn brute_force_upon_one_account_ends_after_some_attempts(served: &Served) {
    let session = served.register("ada").await;
    let codes = guesses(served, "ada", 12).await;
    assert_eq!(codes[..10], ["UNAUTHENTICATED"; 10]);
    assert_eq!(codes[10..], ["TOO_MANY_REQUESTS"; 2]);
    // The right password is refused as well, or guessing would go on.
    let right = served
        .ask_from("203.0.113.1", SIGN_IN, input("ada", PASSWORD))
        .await;
    let (code, _, message) = right.error();
    assert_eq!(code, "TOO_MANY_REQUESTS");
    assert!(
        message.starts_with("Too many attempts: try again in "),
        "{message}"
    );
    // Spelling the name otherwise gives no more attempts.
    assert_eq!(guesses(served, " ADA ", 1).await, ["TOO_MANY_REQUESTS"]);
    // Others, and whoever is signed in already, notice nothing.
    served.register("grace").await;
    served.sign_in("grace", PASSWORD).await.expect("signed in");
    served.refresh(&session).await.expect("the session goes on");
}

async fn a_name_that_is_none_is_limited_like_one_that_is(served: &Served) {
    served.register("ada").await;
    assert_eq!(
        guesses(served, "ada", 12).await,
        guesses(served, "nobody", 12).await
    );
    // Nor does the number of statements tell.
    let mut statements = Vec::new();
    for login in ["grace@example.org", "nobody@example.org"] {
        if login.starts_with("grace") {
            served.register("grace").await;
        }
        let before = served.statements().await;
        guesses(served, login, 1).await;
        statements.push(served.statements().await - before);
    }
    assert_eq!(statements[0], statements[1]);
}

async fn stuffing_from_one_address_ends_after_some_attempts(served: &Served) {
    served.register("ada").await;
    let mut codes = Vec::new();
    for number in 0..102 {
        // Longer than any password, so that it costs no hash.
        let leaked = input(&format!("user{number}"), &"x".repeat(300));
        let answer = served.ask_from("198.51.100.7", SIGN_IN, leaked).await;
        codes.push(code(&answer));
    }
    assert!(codes[..100].iter().all(|code| code == "UNAUTHENTICATED"));
    assert_eq!(codes[100..], ["TOO_MANY_REQUESTS"; 2]);
    // In vain: what is written before the proxy's own entry was written by the guesser.
    let forged = served
        .ask_from("203.0.113.9, 198.51.100.7", SIGN_IN, input("ada", PASSWORD))
        .await;
    assert_eq!(code(&forged), "TOO_MANY_REQUESTS");
    let elsewhere = served
        .ask_from("203.0.113.9", SIGN_IN, input("ada", PASSWORD))
        .await;
    assert_eq!(code(&elsewhere), "OK");
}

async fn attempts_at_the_same_moment_count_too(served: &Served) {
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let client = reqwest::Client::new();
        let body = json!({ "query": SIGN_IN, "variables": input("ada", &"x".repeat(300)) });
        let request = client.post(format!("{}/graphql", served.url)).json(&body);
        all.spawn(async move {
            let answer: Value = request.send().await?.json().await?;
            Ok::<_, reqwest::Error>(answer["errors"][0]["extensions"]["code"].clone())
        });
    }
    let mut tried = 0;
    while let Some(code) = all.join_next().await {
        let code = code.expect("no panic").expect("an answer");
        if code == "UNAUTHENTICATED" {
            tried += 1;
        } else {
            assert_eq!(code, "TOO_MANY_REQUESTS");
        }
    }
    assert_eq!(tried, 10);
}

async fn replicas_count_together(served: &Served) {
    guesses(served, "ada", 10).await;
    let replica = served.replica().await;
    assert_eq!(guesses(&replica, "ada", 1).await, ["TOO_MANY_REQUESTS"]);
    replica.stop().await;
}

async fn guessing_with_a_stolen_session_is_limited(served: &Served) {
    let session = served.register("ada").await;
    let delete = "mutation { deleteAccount(password: \"a wrong guess\") }";
    let mut codes = Vec::new();
    for _ in 0..11 {
        codes.push(code(
            &served.ask_as(access(&session), delete, json!({})).await,
        ));
    }
    assert_eq!(codes[..10], ["BAD_USER_INPUT"; 10]);
    assert_eq!(codes[10], "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn attempts_grow_back_one_by_one() {
    use chrono::{Duration, Utc};
    use users::rules::AttemptLimit;
    use users::store::AttemptKey;

    let served = Served::on_sqlite().await;
    let limit: AttemptLimit = "3/30s".parse().expect("a limit");
    let key = AttemptKey::new("test", "ada");
    let begin = Utc::now();
    let take = async |seconds: i64| {
        served
            .store
            .take_attempt(&key, limit, begin + Duration::seconds(seconds))
            .await
            .expect("counts")
    };
    assert_eq!([take(0).await, take(0).await, take(0).await], [None; 3]);
    assert_eq!(take(0).await, Some(10_000));
    assert_eq!(take(9).await, Some(1_000));
    assert_eq!(take(10).await, None);
    assert_eq!(take(10).await, Some(10_000));
    // All of them, and no more, however long nobody tried.
    assert_eq!(
        [take(900).await, take(900).await, take(900).await],
        [None; 3]
    );
    assert!(take(900).await.is_some());
    let later = begin + Duration::hours(1);
    assert_eq!(
        served
            .store
            .forget_old_attempts(later)
            .await
            .expect("cleans"),
        1
    );
    served.close().await;
}
