//! The service is killed while people register, change their profile and delete their account. What
//! was acknowledged is there, every fact is in the feed exactly once, and no mail is lost.
//!
//! A few times in each run; `MUSICWALLET_TEST_CRASHES` says how often instead.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::database::Database;
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use users::security::random;

use crate::support::{FEED_TOKEN, PASSWORD, REGISTER, register_input};

/// How often it is killed, unless the environment says otherwise.
const CRASHES: usize = 6;

/// People who act at the same time.
const PEOPLE: usize = 4;

/// What is known of a user from answers.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Changes of the profile that were acknowledged.
    changes: usize,
    /// Changes that were sent and not answered.
    maybe_changes: usize,
    /// Whether a deletion was acknowledged, and whether one was sent and not answered.
    deleted: bool,
    maybe_deleted: bool,
    /// The display name that was acknowledged last, unless a later one was not answered.
    name: Option<String>,
    username: String,
}

/// What all people know, by the user's id.
type Acknowledged = Arc<Mutex<HashMap<String, Known>>>;

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    crash_and_check(folder.path(), None).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_postgres() {
    let Some((server, name)) = crate::support::postgres_database().await else {
        println!("left out: MUSICWALLET_TEST_POSTGRES_URL is not set");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::support::with_database(&server, &name);
    crash_and_check(folder.path(), Some(&url)).await;
    crate::support::execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn crash_and_check(folder: &Path, database: Option<&str>) {
    let known = Acknowledged::default();
    let numbers = Arc::new(AtomicU64::new(0));
    let mut facts = Facts::default();
    for _ in 0..crashes() {
        let (mut child, url) = start(folder, database).await;
        let people: Vec<_> = (0..PEOPLE)
            .map(|_| tokio::spawn(act(url.clone(), known.clone(), numbers.clone())))
            .collect();
        // At any moment, but when there is something to lose: machines differ in how soon that is.
        let moment = async {
            let before = known.lock().expect("no panic").len();
            for _ in 0..500 {
                if known.lock().expect("no panic").len() > before {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(u64::from(byte()))).await;
        };
        tokio::select! {
            () = facts.follow(&url) => {}
            () = moment => {}
        }
        child.kill().await.expect("killed");
        for person in people {
            person.await.expect("no panic");
        }
    }
    let (mut child, url) = start(folder, database).await;
    let known = known.lock().expect("no panic").clone();
    assert!(!known.is_empty(), "nobody could register");
    facts.read_all(&url).await;
    check_facts(&known, &facts.seen);
    check_accounts(&url, &known).await;
    let file = format!("sqlite://{}", folder.join("users.sqlite").display());
    check_mails(folder, database.unwrap_or(&file)).await;
    child.kill().await.expect("killed");
}

async fn start(folder: &Path, database: Option<&str>) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_users"));
    command
        .env_clear()
        .args(["--data-dir", &folder.display().to_string()])
        .args(["--listen", "127.0.0.1:0", "--facts-tokens", FEED_TOKEN])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(url) = database {
        command.args(["--database-url", url]);
    }
    let mut child = command.spawn().expect("it runs");
    let stderr = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines();
    while let Some(line) = lines.next_line().await.expect("text") {
        if let Some((_, address)) = line.split_once("server.address=") {
            let url = format!("http://{}", address.trim());
            // Read on, or the service would wait for somebody who does.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, url);
        }
    }
    panic!("it ended early");
}

/// One person after the other registers, changes a little, and sometimes goes, until nobody answers.
async fn act(url: String, known: Acknowledged, numbers: Arc<AtomicU64>) {
    let client = client();
    loop {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let username = format!("user{number}");
        let input = register_input(&username, &format!("{username}@example.org"), PASSWORD);
        let Some(answer) = ask(&client, &url, "", REGISTER, input).await else {
            return;
        };
        let session = &answer["data"]["register"];
        let id = session["user"]["id"]
            .as_str()
            .expect("registered")
            .to_owned();
        let token = session["accessToken"].as_str().expect("a token");
        let note = |change: &dyn Fn(&mut Known)| {
            change(
                known
                    .lock()
                    .expect("no panic")
                    .entry(id.clone())
                    .or_default(),
            );
        };
        note(&|user| user.username.clone_from(&username));
        for change in 0..usize::from(byte() % 4) {
            let name = format!("Name {number} {change}");
            let query =
                "mutation ($name: String!) { updateProfile(input: { displayName: $name }) { id } }";
            note(&|user| {
                user.maybe_changes += 1;
                user.name = None;
            });
            if ask(&client, &url, token, query, json!({ "name": name }))
                .await
                .is_none()
            {
                return;
            }
            note(&|user| {
                user.maybe_changes -= 1;
                user.changes += 1;
                user.name = Some(name.clone());
            });
        }
        if byte().is_multiple_of(3) {
            let query = "mutation ($password: String!) { deleteAccount(password: $password) }";
            note(&|user| user.maybe_deleted = true);
            if ask(&client, &url, token, query, json!({ "password": PASSWORD }))
                .await
                .is_none()
            {
                return;
            }
            note(&|user| user.deleted = true);
        }
    }
}

/// The answer, or nothing when the service is gone.
async fn ask(
    client: &reqwest::Client,
    url: &str,
    token: &str,
    query: &str,
    variables: Value,
) -> Option<Value> {
    let mut request = client
        .post(format!("{url}/graphql"))
        .json(&json!({ "query": query, "variables": variables }));
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    let answer: Value = request.send().await.ok()?.json().await.ok()?;
    assert_eq!(answer.get("errors"), None, "{answer}");
    Some(answer)
}

/// A reader of the feed that keeps its cursor over crashes.
#[derive(Debug, Default)]
struct Facts {
    cursor: Option<String>,
    last: i64,
    seen: Vec<(String, String)>,
}

impl Facts {
    async fn follow(&mut self, url: &str) {
        while self.read(url, 1).await.is_some() {}
        std::future::pending::<()>().await;
    }

    async fn read_all(&mut self, url: &str) {
        while self.read(url, 0).await.is_some_and(|facts| facts > 0) {}
    }

    /// How many facts came, or nothing when the service is gone.
    async fn read(&mut self, url: &str, wait: u64) -> Option<usize> {
        let after = self
            .cursor
            .as_ref()
            .map_or_else(String::new, |it| format!("&after={it}"));
        let request = client().get(format!("{url}/facts?wait={wait}{after}"));
        let response = request.bearer_auth(FEED_TOKEN).send().await.ok()?;
        let body: Value = response.json().await.ok()?;
        let facts = body["facts"].as_array().expect("a list");
        for fact in facts {
            let text = |name: &str| fact[name].as_str().expect("a text").to_owned();
            let position: i64 = text("id").parse().expect("digits");
            assert!(position > self.last, "{position} after {}", self.last);
            self.last = position;
            self.seen.push((text("subject"), text("kind")));
        }
        self.cursor = body["next"].as_str().map(str::to_owned);
        Some(facts.len())
    }
}

/// Each acknowledged change has its one fact, and each other fact is of a change that may have
/// happened before the answer was cut off.
fn check_facts(known: &HashMap<String, Known>, seen: &[(String, String)]) {
    let mut by_user: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (subject, kind) in seen {
        by_user.entry(subject).or_default().push(kind);
    }
    for (id, user) in known {
        let kinds = by_user.get(id.as_str()).map_or(&[][..], Vec::as_slice);
        let count = |kind: &str| kinds.iter().filter(|it| **it == kind).count();
        assert_eq!(count("user.registered"), 1, "{id}: {kinds:?}");
        assert_eq!(kinds.first(), Some(&"user.registered"), "{id}: {kinds:?}");
        let changes = count("user.profileChanged");
        assert!(
            (user.changes..=user.changes + user.maybe_changes).contains(&changes),
            "{id}: {user:?} {kinds:?}"
        );
        let deleted = count("user.deleted");
        assert!(
            (usize::from(user.deleted)..=usize::from(user.maybe_deleted)).contains(&deleted),
            "{id}: {user:?} {kinds:?}"
        );
        if deleted == 1 {
            assert_eq!(kinds.last(), Some(&"user.deleted"), "{id}: {kinds:?}");
        }
    }
    for (id, kinds) in by_user {
        // Registered, but the answer was cut off: then nothing else could follow.
        assert!(
            known.contains_key(id) || kinds == ["user.registered"],
            "{id}: {kinds:?}"
        );
    }
}

async fn check_accounts(url: &str, known: &HashMap<String, Known>) {
    let query = "query ($id: ID!) { user(id: $id) { username displayName } }";
    for (id, user) in known {
        let answer = ask(&client(), url, "", query, json!({ "id": id })).await;
        let found = &answer.expect("an answer")["data"]["user"];
        if user.deleted {
            assert_eq!(found, &Value::Null, "{user:?}");
        } else if !user.maybe_deleted {
            assert_eq!(found["username"], json!(user.username), "{user:?}");
            if let Some(name) = &user.name {
                assert_eq!(found["displayName"], json!(name), "{user:?}");
            }
        }
    }
}

/// Everybody who is there has got the mail that asks to prove the address, or it is a job still: one
/// that a killed worker had is due again after its lease.
async fn check_mails(folder: &Path, database: &str) {
    let database = Database::connect(database).await.expect("opens");
    let select = async |sql: &str| -> Vec<(String, String)> {
        let sql = Statement::from_string(database.backend(), sql);
        let rows = database
            .connection()
            .query_all_raw(sql)
            .await
            .expect("selects");
        let text = |row: &QueryResult, index| row.try_get_by_index(index).expect("a text");
        rows.iter()
            .map(|row| (text(row, 0), text(row, 1)))
            .collect()
    };
    // The jobs first: one that ends meanwhile has written its mail.
    let waiting = select("SELECT account_id, kind FROM job WHERE dead_at IS NULL").await;
    let waiting: HashSet<_> = waiting.into_iter().map(|(account, _)| account).collect();
    let accounts = select("SELECT id, email FROM account").await;
    let mut sent = String::new();
    for file in std::fs::read_dir(folder.join("mail")).expect("a folder") {
        let file = file.expect("a file").path();
        sent.push_str(&std::fs::read_to_string(file).unwrap_or_default());
    }
    assert!(!accounts.is_empty());
    for (id, email) in accounts {
        let mailed = sent.contains(&format!("To: {email}\r\n"));
        assert!(
            mailed || waiting.contains(&id),
            "the mail to {email} is lost"
        );
    }
    database.close().await;
}

fn crashes() -> usize {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment how much to do"
    )]
    let wanted = std::env::var("MUSICWALLET_TEST_CRASHES").ok();
    wanted.map_or(CRASHES, |number| number.parse().expect("a number"))
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

fn byte() -> u8 {
    random::bytes::<1>().expect("random")[0]
}
