//! What an operator does on the command line, beside running replicas.

use anyhow::{Context as _, bail};
use chrono::Utc;
use kit::auth::Role;

use crate::config::{Command, Config};
use crate::flows::{self, rotate_signing_key};
use crate::open_store;
use crate::rules::Username;
use crate::security::keyring::Keyring;
use crate::security::signing_key::SigningKey;
use crate::store::Store;

/// Jobs that are listed at once, the oldest ones.
const JOBS_SHOWN: u64 = 1_000;

/// Does it, and says what was done.
pub(crate) async fn run(config: &Config, command: &Command) -> anyhow::Result<String> {
    let store = open_store(config).await?;
    match command {
        Command::SetRoles { username, roles } => set_roles(&store, username, roles).await,
        Command::Jobs { dead } => list_jobs(&store, *dead).await,
        Command::RetryJob { id } => {
            let retried = store.retry_job(*id, Utc::now()).await;
            found(retried, *id, "will be done again")
        }
        Command::RemoveJob { id } => found(store.remove_job(*id).await, *id, "is forgotten"),
        Command::RotateSigningKey { compromised } => rotate(config, &store, *compromised).await,
    }
}

async fn set_roles(store: &Store, username: &str, roles: &[String]) -> anyhow::Result<String> {
    let mut wanted = Vec::new();
    for name in roles {
        match Role::parse(name) {
            Some(role) => wanted.push(role),
            None => bail!("there is no role {name}: the roles are user, curator and admin"),
        }
    }
    let name = Username::parse("username", username)?;
    let found = store
        .accounts_by_username(std::slice::from_ref(&name))
        .await?;
    let account = found
        .get(&name)
        .with_context(|| format!("there is no user {}", name.as_str()))?;
    let account = flows::change_roles_as_operator(store, &account.id, &wanted).await?;
    let names: Vec<_> = account.roles.iter().map(|role| role.as_str()).collect();
    Ok(format!("{} is now {}", account.username, names.join(", ")))
}

async fn list_jobs(store: &Store, dead: bool) -> anyhow::Result<String> {
    let jobs = store.jobs(dead, JOBS_SHOWN).await?;
    if jobs.is_empty() {
        return Ok("there are none".to_owned());
    }
    let lines = jobs.iter().map(|job| {
        let error = job
            .last_error
            .as_deref()
            .unwrap_or("-")
            .replace(char::is_control, " ");
        let (created, due) = (job.created_at.to_rfc3339(), job.run_at.to_rfc3339());
        format!(
            "{}\t{}\t{created}\t{due}\t{}\t{error}",
            job.id, job.kind, job.attempts
        )
    });
    let header = "id\tkind\tcreated\tdue\tattempts\tlast error".to_owned();
    Ok(std::iter::once(header)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n"))
}

fn found(outcome: kit::Result<bool>, id: i64, what: &str) -> anyhow::Result<String> {
    match outcome {
        Ok(true) => Ok(format!("job {id} {what}")),
        Ok(false) => bail!("there is no job {id}"),
        Err(failure) => Err(failure.into()),
    }
}

async fn rotate(config: &Config, store: &Store, compromised: bool) -> anyhow::Result<String> {
    let keys = Keyring::new(SigningKey::load_or_create(&config.signing_key_file())?);
    let now = Utc::now();
    rotate_signing_key::follow(store, &keys, now).await?;
    if compromised {
        let key = rotate_signing_key::replace(store, &keys, now).await?;
        Ok(format!("key {key} signs now, and all others are void"))
    } else {
        let key = rotate_signing_key::rotate(store, &keys, now).await?;
        Ok(format!("key {key} will sign in ten minutes"))
    }
}
