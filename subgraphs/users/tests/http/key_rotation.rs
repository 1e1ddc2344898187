//! Another key signs, and nobody is signed out; a key in wrong hands signs nothing any more.

use chrono::{Duration, Utc};
use serde_json::{Value, json};
use users::flows::rotate_signing_key;
use users::security::keyring::{AHEAD, Keyring};
use users::security::signing_key::SigningKey;

use crate::process::{started, users};
use crate::support::{ME, Served, access};

fn ring(served: &Served) -> Keyring {
    Keyring::new(SigningKey::load_or_create(&served.signing_key_file()).expect("a key"))
}

async fn published(served: &Served) -> Vec<String> {
    let keys: Value = served
        .get("/.well-known/jwks.json")
        .await
        .json()
        .await
        .expect("JSON");
    let keys = keys["keys"].as_array().expect("a list").clone();
    keys.iter()
        .map(|key| key["kid"].as_str().expect("an id").to_owned())
        .collect()
}

fn signed_by(session: &Value) -> String {
    let header = jsonwebtoken::decode_header(access(session)).expect("a header");
    header.kid.expect("a key id")
}

on_both_databases! {
    a_rotation_signs_nobody_out_and_replicas_agree,
    a_key_in_wrong_hands_is_void_at_once,
    a_replaced_key_file_signs_nobody_out,
}

async fn a_rotation_signs_nobody_out_and_replicas_agree(served: &Served) {
    let ada = served.register("ada").await;
    let old = signed_by(&ada);
    let now = Utc::now();
    // As if the operator had asked for it eleven minutes ago.
    let past = now - AHEAD - Duration::minutes(1);
    let new = rotate_signing_key::rotate(&served.store, &ring(served), past)
        .await
        .expect("rotates");

    let replica = served.replica().await;
    assert_eq!(published(&replica).await, [old.clone(), new.clone()]);
    let renewed = replica.refresh(&ada).await.expect("renewed");
    assert_eq!(signed_by(&renewed), new);
    for session in [&ada, &renewed] {
        let me = replica.ask_as(access(session), ME, json!({})).await;
        assert_eq!(me.data()["me"]["username"], "ada");
    }
    // The replica that runs since before follows within seconds, and meanwhile signs by the old key.
    let me = served.ask_as(access(&ada), ME, json!({})).await;
    assert_eq!(me.data()["me"]["username"], "ada");
    replica.stop().await;

    // Once the last token of the old key has ended, the key goes.
    let later = now + Duration::hours(1);
    rotate_signing_key::look_after(&served.store, &ring(served), 0, later)
        .await
        .expect("cleans");
    assert_eq!(
        served.select_texts("SELECT key_id FROM signing_key").await,
        [new]
    );
}

async fn a_key_in_wrong_hands_is_void_at_once(served: &Served) {
    let ada = served.register("ada").await;
    let now = Utc::now();
    let new = rotate_signing_key::replace(&served.store, &ring(served), now)
        .await
        .expect("replaces");
    let replica = served.replica().await;
    assert_eq!(published(&replica).await, [new]);
    assert_eq!(
        replica.ask_as(access(&ada), ME, json!({})).await.status,
        401
    );
    let renewed = replica.refresh(&ada).await.expect("sessions go on");
    replica.ask_as(access(&renewed), ME, json!({})).await.data();
    replica.stop().await;
}

async fn a_replaced_key_file_signs_nobody_out(served: &Served) {
    let ada = served.register("ada").await;
    std::fs::remove_file(served.signing_key_file()).expect("it is there");
    let replica = served.replica().await;
    assert_eq!(published(&replica).await.len(), 2);
    let me = replica.ask_as(access(&ada), ME, json!({})).await;
    assert_eq!(me.data()["me"]["username"], "ada");
    let renewed = replica.refresh(&ada).await.expect("renewed");
    assert_ne!(signed_by(&renewed), signed_by(&ada));
    replica.stop().await;
}

#[tokio::test]
async fn a_key_that_is_old_enough_is_followed_by_another() {
    let served = Served::on_sqlite().await;
    let now = Utc::now();
    let keys = ring(&served);
    let count = async || {
        served
            .select_texts("SELECT key_id FROM signing_key")
            .await
            .len()
    };
    for (days, expected) in [(0, 1), (29, 1), (31, 2), (32, 2)] {
        let then = now + Duration::days(days);
        rotate_signing_key::look_after(&served.store, &keys, 30, then)
            .await
            .expect("looks");
        // On the day after, the old one is forgotten, and the new one is young.
        assert_eq!(
            count().await,
            if days == 32 { 1 } else { expected },
            "day {days}"
        );
    }
    served.close().await;
}

#[tokio::test]
async fn an_operator_rotates_and_gives_roles_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, url, _) = started(folder.path(), &[]).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let run = async |arguments: &[&str]| {
        let output = users(folder.path(), arguments)
            .output()
            .await
            .expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (
            output.status.success(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (done, said, _) = run(&["rotate-signing-key"]).await;
    assert!(done && said.contains("will sign in ten minutes"), "{said}");
    let (done, said, _) = run(&["set-roles", "ada", "admin"]).await;
    assert!(done, "{said}");
    assert_eq!(said, "ada is now user, admin\n");
    let (done, _, said) = run(&["set-roles", "nobody", "admin"]).await;
    assert!(!done && said.contains("there is no user nobody"), "{said}");
    let (done, _, said) = run(&["set-roles", "ada", "emperor"]).await;
    assert!(!done && said.contains("there is no role emperor"), "{said}");
    // The running service has the new key in its set within seconds.
    let mut keys = 0;
    for _ in 0..120 {
        let set: Value = reqwest::get(format!("{url}/.well-known/jwks.json"))
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        keys = set["keys"].as_array().expect("a list").len();
        if keys == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(keys, 2);
    child.kill().await.expect("it runs");
}
