//! Jobs: done at least once, by one at a time, and given up in the end where operators see it.

use std::collections::HashSet;

use chrono::{Duration, Utc};
use users::store::{JobCounts, Store};

use crate::support::Served;

/// Without a worker that would take them away.
async fn store_with_jobs(served: &Served, count: i64) -> Store {
    let store = served.store.clone();
    let accounts = served.create_accounts(count).await;
    for account in accounts {
        let mail = users::mail::AccountMail {
            account_id: account.id.clone(),
            to: account.email.clone(),
            name: account.display_name.clone(),
            message: users::mail::Message::Welcome,
        };
        let hash = users::security::opaque_token::OpaqueToken::new()
            .expect("random")
            .hash();
        let token = users::store::OneTimeToken {
            account_id: &account.id,
            purpose: users::store::Purpose::VerifyEmail,
            hash: &hash,
            email: &account.email,
        };
        // Due in an hour only, so that the service's own worker leaves it to the test.
        let later = Utc::now() + Duration::hours(1);
        store
            .send_one_time_token(token, &mail, later)
            .await
            .expect("enqueued");
    }
    store
}

on_both_databases!(
    each_job_is_claimed_once_by_however_many,
    a_job_whose_worker_died_is_due_again_and_the_dead_cannot_end_it,
    a_job_that_was_given_up_can_be_retried_and_removed,
    jobs_of_an_account_go_with_it,
);

async fn each_job_is_claimed_once_by_however_many(served: &Served) {
    let store = store_with_jobs(served, 40).await;
    let now = Utc::now() + Duration::hours(2);
    let mut claims = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        claims.spawn(async move {
            let mut ids = Vec::new();
            loop {
                let claimed = store.claim_jobs(3, now).await.expect("claims");
                if claimed.is_empty() {
                    return ids;
                }
                ids.extend(claimed.iter().map(|job| job.id));
            }
        });
    }
    let ids = claims.join_all().await.concat();
    assert_eq!(ids.len(), 40);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 40);
}

async fn a_job_whose_worker_died_is_due_again_and_the_dead_cannot_end_it(served: &Served) {
    let store = store_with_jobs(served, 1).await;
    let now = Utc::now() + Duration::hours(2);
    let first = store.claim_jobs(5, now).await.expect("claims").remove(0);
    assert!(store.claim_jobs(5, now).await.expect("claims").is_empty());
    let later = now + Duration::minutes(6);
    let second = store.claim_jobs(5, later).await.expect("claims").remove(0);
    assert_eq!(
        (first.id, first.attempts, second.id, second.attempts),
        (second.id, 1, first.id, 2)
    );
    store.finish_job(&first).await.expect("answers");
    let counts = JobCounts {
        waiting: 1,
        dead: 0,
    };
    assert_eq!(store.count_jobs().await.expect("counts"), counts);
    store.finish_job(&second).await.expect("finishes");
    assert_eq!(
        store.count_jobs().await.expect("counts"),
        JobCounts::default()
    );
}

async fn a_job_that_was_given_up_can_be_retried_and_removed(served: &Served) {
    let store = store_with_jobs(served, 1).await;
    let now = Utc::now() + Duration::hours(2);
    let job = store.claim_jobs(5, now).await.expect("claims").remove(0);
    store
        .bury_job(&job, "550 no such mailbox", now)
        .await
        .expect("buried");
    let far = now + Duration::days(100);
    assert!(store.claim_jobs(5, far).await.expect("claims").is_empty());
    let dead = store.jobs(true, 10).await.expect("lists").remove(0);
    assert_eq!(
        (dead.kind.as_str(), dead.attempts, dead.dead),
        ("welcome", 1, true)
    );
    assert_eq!(dead.last_error.as_deref(), Some("550 no such mailbox"));
    assert!(store.jobs(false, 10).await.expect("lists").is_empty());

    // An hour from now, so that the service's own worker leaves it to the test.
    assert!(store.retry_job(dead.id, now).await.expect("retries"));
    let again = store.claim_jobs(5, now).await.expect("claims").remove(0);
    assert_eq!((again.id, again.attempts), (dead.id, 1));
    assert!(store.remove_job(dead.id).await.expect("removes"));
    assert!(!store.remove_job(dead.id).await.expect("answers"));
    assert!(!store.retry_job(dead.id, now).await.expect("answers"));
}

async fn jobs_of_an_account_go_with_it(served: &Served) {
    let store = store_with_jobs(served, 2).await;
    let ids = served
        .select_texts("SELECT id FROM account ORDER BY id")
        .await;
    store
        .delete_account(&ids[0], Utc::now())
        .await
        .expect("deletes");
    let kept = served.select_texts("SELECT account_id FROM job").await;
    assert_eq!(kept, ids[1..]);
}
