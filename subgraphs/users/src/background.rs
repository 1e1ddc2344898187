//! What the service does besides answering: jobs, facts for NATS, signing keys, and cleaning up.

use std::time::Duration;

use chrono::Utc;
use kit::server::{App, Stop};

use crate::UsersSchema;
use crate::config::Config;
use crate::facts::publisher;
use crate::flows::rotate_signing_key;
use crate::jobs::worker::Worker;
use crate::mail::delivery::{Delivery, MailTarget};
use crate::security::keyring::Keyring;
use crate::store::Store;

/// How often what ended by itself is removed.
const CLEANING_INTERVAL: Duration = Duration::from_secs(3600);

/// Has the service do all that.
///
/// # Errors
/// When the configuration does not allow it.
pub(crate) fn add(
    config: &Config,
    store: &Store,
    keys: Keyring,
    app: App<UsersSchema>,
) -> anyhow::Result<App<UsersSchema>> {
    let store = Store::new(store.database().uncounted());
    let app = publish(config, &store, app)?;
    let target = config.mail.target(&config.service.data_dir);
    if !matches!(target, MailTarget::Server(_)) {
        tracing::info!(?target, "mail is not sent to a mail server");
    }
    let delivery = Delivery::new(&config.mail.mail_from, &target)?;
    let worker = Worker::new(store.clone(), delivery, config.mail.retry(), app.metrics());
    let counting = worker.clone();
    let config = config.clone();
    let (followed, days) = (store.clone(), config.signing_key_days);
    Ok(app
        .with_task(move |stop| worker.clone().run(stop))
        .with_task(move |stop| counting.clone().count(stop))
        .with_task(move |stop| look_after_keys(followed.clone(), keys.clone(), days, stop))
        .with_task(move |stop| clean_up(config.clone(), store.clone(), stop)))
}

#[cfg(feature = "nats")]
fn publish(
    config: &Config,
    store: &Store,
    app: App<UsersSchema>,
) -> anyhow::Result<App<UsersSchema>> {
    let facts = &config.facts;
    let Some(url) = &facts.nats_url else {
        return Ok(app);
    };
    let retention = facts.retention().unwrap_or_default().to_std()?;
    let stream = publisher::JetStream::new(url, &facts.nats_stream, &facts.nats_subject, retention);
    let publisher = publisher::Publisher::new(store.clone(), stream, app.metrics());
    let publisher = std::sync::Arc::new(publisher);
    Ok(app.with_task(move |stop| {
        let publisher = publisher.clone();
        async move { publisher.run(stop).await }
    }))
}

#[cfg(not(feature = "nats"))]
fn publish(config: &Config, _: &Store, app: App<UsersSchema>) -> anyhow::Result<App<UsersSchema>> {
    if config.facts.nats_url.is_some() {
        anyhow::bail!(
            "a NATS server is configured, but this program was built without the feature nats"
        );
    }
    Ok(app)
}

/// Follows the stored signing keys, until the service ends.
async fn look_after_keys(store: Store, keys: Keyring, days: u32, mut stop: Stop) {
    loop {
        if let Err(failure) = rotate_signing_key::look_after(&store, &keys, days, Utc::now()).await
        {
            let error = failure.in_full();
            tracing::warn!(error, "the signing keys could not be looked at");
        }
        if !stop.sleep(rotate_signing_key::LOOK_INTERVAL).await {
            return;
        }
    }
}

/// Removes what ended by itself, now and then, until the service ends.
async fn clean_up(config: Config, store: Store, mut stop: Stop) {
    loop {
        match clean(&config, &store).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "expired sessions, tokens, limits and facts removed"),
            Err(failure) => {
                let error = failure.in_full();
                tracing::warn!(error, "cleaning up failed");
            }
        }
        if !stop.sleep(CLEANING_INTERVAL).await {
            return;
        }
    }
}

async fn clean(config: &Config, store: &Store) -> kit::Result<u64> {
    let now = Utc::now();
    let mut rows = store.forget_expired_sessions(now).await?
        + store.forget_old_tokens(now).await?
        + store.forget_old_codes(now).await?
        + store.forget_old_attempts(now).await?;
    if let Some(retention) = config.facts.retention() {
        // What is yet to be published must not go.
        let published = match config.facts.nats_url {
            Some(_) => Some(store.mark(publisher::READER).await?),
            None => None,
        };
        loop {
            let forgotten = store.forget_old_facts(now - retention, published).await?;
            rows += forgotten;
            if forgotten == 0 {
                break;
            }
        }
    }
    Ok(rows)
}
