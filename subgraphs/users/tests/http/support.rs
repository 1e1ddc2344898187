//! Starts the service on a free port with a database of its own, and talks to it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use kit::auth::Role;
use kit::config::ServiceArgs;
use kit::database::Database;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TryGetable};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use users::account::{Account, AccountDraft};
use users::mail::{AccountMail, Message};
use users::rules::{DisplayName, EmailAddress, Username};
use users::security::opaque_token::OpaqueToken;
use users::store::{OneTimeToken, Purpose, Store};

/// A password that passes the rules.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A token that opens the feed of facts.
pub(crate) const FEED_TOKEN: &str = "a token for the tests";

/// A running service and what is needed to end it.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) config: users::Config,
    /// A second connection to the same database.
    pub(crate) store: Store,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
    folder: tempfile::TempDir,
    /// Where the test's database was created, and its name.
    postgres: Option<(String, String)>,
}

/// What the service answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Served {
    /// With a SQLite file in a folder of its own.
    pub(crate) async fn on_sqlite() -> Self {
        Self::on_sqlite_with(|_| {}).await
    }

    /// The same, and otherwise configured.
    pub(crate) async fn on_sqlite_with(change: impl FnOnce(&mut users::Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start(folder, None, change).await
    }

    /// With demo users.
    pub(crate) async fn on_sqlite_with_demo() -> Self {
        Self::on_sqlite_with(|config| config.service.demo = true).await
    }

    /// With a database of its own on the Postgres server of the environment, if there is one.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let (server, name) = postgres_database().await?;
        let folder = tempfile::tempdir().expect("a folder");
        Some(Self::start(folder, Some((server, name)), |_| {}).await)
    }

    async fn start(
        folder: tempfile::TempDir,
        postgres: Option<(String, String)>,
        change: impl FnOnce(&mut users::Config),
    ) -> Self {
        let service = ServiceArgs {
            data_dir: folder.path().join("data"),
            database_url: postgres
                .as_ref()
                .map(|(server, name)| with_database(server, name)),
            // So that a test can come from any address.
            trusted_proxies: vec!["127.0.0.1".parse().expect("a network")],
            ..ServiceArgs::default()
        };
        let mut config = users::Config {
            service,
            facts: users::FactArgs {
                facts_tokens: vec![FEED_TOKEN.to_owned()],
                ..users::FactArgs::default()
            },
            ..users::Config::default()
        };
        change(&mut config);
        let (url, stop, ended) = serve(&config).await;
        let database_url = config.service.database_url(users::NAME);
        let store = Store::new(Database::connect(&database_url).await.expect("opens"));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        Served {
            url,
            config,
            store,
            client,
            stop,
            ended,
            folder,
            postgres,
        }
    }

    /// Ends the service and starts it again on the same data.
    pub(crate) async fn restart(self) -> Self {
        self.stop.send(()).expect("it runs");
        self.ended.await.expect("no panic").expect("a clean end");
        let (url, stop, ended) = serve(&self.config).await;
        Served {
            url,
            stop,
            ended,
            ..self
        }
    }

    /// A second process's worth of service on the same data.
    pub(crate) async fn replica(&self) -> Self {
        let (url, stop, ended) = serve(&self.config).await;
        Served {
            url,
            config: self.config.clone(),
            store: self.store.clone(),
            client: self.client.clone(),
            stop,
            ended,
            folder: tempfile::tempdir().expect("a folder"),
            postgres: None,
        }
    }

    /// Ends a replica.
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("it runs");
        self.ended.await.expect("no panic").expect("a clean end");
    }

    /// Ends the service and removes its data.
    pub(crate) async fn close(self) {
        self.stop.send(()).expect("it runs");
        self.ended.await.expect("no panic").expect("a clean end");
        if let Some((server, name)) = self.postgres {
            execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        drop(self.folder);
    }

    /// The key that signs the service's tokens.
    pub(crate) fn signing_key_file(&self) -> PathBuf {
        self.config.signing_key_file()
    }

    /// Sends an operation as nobody.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Answer {
        self.ask_as("", query, variables).await
    }

    /// Sends an operation with an access token; an empty one is not sent.
    pub(crate) async fn ask_as(&self, token: &str, query: &str, variables: Value) -> Answer {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.url))
            .json(&json!({ "query": query, "variables": variables }));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// Sends an operation as nobody, from this address.
    pub(crate) async fn ask_from(&self, address: &str, query: &str, variables: Value) -> Answer {
        let request = self
            .client
            .post(format!("{}/graphql", self.url))
            .header("x-forwarded-for", address)
            .json(&json!({ "query": query, "variables": variables }));
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// Gives a user roles, and returns a session that has them.
    pub(crate) async fn promote(&self, session: &Value, roles: &[Role]) -> Value {
        users::flows::change_roles_as_operator(&self.store, user_id(session), roles)
            .await
            .expect("there is such a user");
        self.refresh(session).await.expect("renewed")
    }

    /// Stores a one-time token of a user as if it had been mailed at this time, and returns it.
    pub(crate) async fn mailed(
        &self,
        session: &Value,
        purpose: Purpose,
        email: &str,
        at: DateTime<Utc>,
    ) -> String {
        let token = OpaqueToken::new().expect("random");
        let stored = OneTimeToken {
            account_id: user_id(session),
            purpose,
            hash: &token.hash(),
            email,
        };
        let mail = AccountMail {
            account_id: user_id(session).to_owned(),
            to: email.to_owned(),
            name: String::new(),
            message: Message::Welcome,
        };
        self.store
            .send_one_time_token(stored, &mail, at)
            .await
            .expect("stored");
        token.reveal()
    }

    /// Posts anything.
    pub(crate) async fn post(&self, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self
            .client
            .post(format!("{}/graphql", self.url))
            .header("content-type", content_type)
            .body(body);
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        Answer {
            status,
            body: response.json().await.expect("JSON"),
        }
    }

    /// Gets a path.
    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .expect("an answer")
    }

    /// Gets the feed of facts with a query such as `?after=7`: the status and the body.
    pub(crate) async fn facts(&self, query: &str) -> (u16, Value) {
        let request = self.client.get(format!("{}/facts{query}", self.url));
        let response = request
            .bearer_auth(FEED_TOKEN)
            .send()
            .await
            .expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.expect("JSON"))
    }

    /// Registers `username` and returns the session, as JSON.
    pub(crate) async fn register(&self, username: &str) -> Value {
        let email = format!("{username}@example.org");
        let answer = self
            .ask(REGISTER, register_input(username, &email, PASSWORD))
            .await;
        answer.data()["register"].clone()
    }

    /// Signs in and returns the session, as JSON, or the code of the refusal.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Result<Value, String> {
        let input = json!({ "input": { "username": username, "password": password } });
        let answer = self.ask(SIGN_IN, input).await;
        match answer.body["errors"][0]["extensions"]["code"].as_str() {
            None => Ok(answer.data()["signIn"].clone()),
            Some(code) => Err(code.to_owned()),
        }
    }

    /// Exchanges a refresh token; the code of the refusal otherwise.
    pub(crate) async fn refresh(&self, session: &Value) -> Result<Value, String> {
        let token = json!({ "token": session["refreshToken"] });
        let answer = self.ask(REFRESH, token).await;
        match answer.body["errors"][0]["extensions"]["code"].as_str() {
            None => Ok(answer.data()["refreshSession"].clone()),
            Some(code) => Err(code.to_owned()),
        }
    }

    /// Creates accounts without passwords, quickly: `u0001`, `u0002`, … each a second apart,
    /// except that every third is as old as the one before it.
    pub(crate) async fn create_accounts(&self, count: i64) -> Vec<Account> {
        let begin: DateTime<Utc> = "2026-02-01T00:00:00Z".parse().expect("a time");
        let mut accounts = Vec::new();
        for number in 1..=count {
            let name = format!("u{number:04}");
            let seconds = if number % 3 == 0 { number - 1 } else { number };
            let draft = AccountDraft {
                id: users::security::random::id().expect("random"),
                username: Username::parse("username", &name).expect("valid"),
                email: EmailAddress::parse("email", &format!("{name}@example.org")).expect("valid"),
                password_hash: String::new(),
                display_name: DisplayName::parse("displayName", &name).expect("valid"),
                country: None,
                roles: vec![Role::User],
                created_at: begin + chrono::Duration::seconds(seconds),
            };
            accounts.push(self.store.create_account(draft).await.expect("created"));
        }
        accounts
    }

    /// The rows of a statement's first column.
    pub(crate) async fn select_texts(&self, sql: &str) -> Vec<String> {
        first_column(self.store.database(), sql).await
    }

    /// Runs a statement on the service's database.
    pub(crate) async fn execute(&self, sql: &str) {
        let connection = self.store.database().connection();
        connection.execute_unprepared(sql).await.expect("executes");
    }

    /// The tables that have a column of this name, in their order.
    pub(crate) async fn tables_with(&self, column: &str) -> Vec<String> {
        let sql = match self.store.database().backend() {
            DbBackend::Postgres => format!(
                "SELECT table_name::text FROM information_schema.columns \
                 WHERE table_schema = 'public' AND column_name = '{column}' ORDER BY 1"
            ),
            _ => format!(
                "SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns \
                 WHERE tables.type = 'table' AND columns.name = '{column}' ORDER BY 1"
            ),
        };
        self.select_texts(&sql).await
    }

    /// The columns of texts in which one of these occurs, as `table.column` in their order.
    pub(crate) async fn columns_with(&self, texts: &[&str]) -> Vec<String> {
        let columns = match self.store.database().backend() {
            DbBackend::Postgres => {
                "SELECT table_name || '.' || column_name FROM information_schema.columns \
                 WHERE table_schema = 'public' AND data_type = 'text' ORDER BY 1"
            }
            _ => {
                "SELECT tables.name || '.' || columns.name \
                 FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns \
                 WHERE tables.type = 'table' AND lower(columns.type) = 'text' ORDER BY 1"
            }
        };
        let mut found = Vec::new();
        for place in self.select_texts(columns).await {
            let (table, column) = place.split_once('.').expect("two names");
            let conditions: Vec<_> = texts
                .iter()
                .map(|text| format!("{column} LIKE '%{text}%'"))
                .collect();
            let rows = format!(
                "SELECT {column} FROM {table} WHERE {}",
                conditions.join(" OR ")
            );
            if !self.select_texts(&rows).await.is_empty() {
                found.push(place);
            }
        }
        found
    }

    /// How many statements the service has sent to its database so far.
    pub(crate) async fn statements(&self) -> u64 {
        let metrics = self.get("/metrics").await.text().await.expect("a text");
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("sql_statements_total{service=\"users\"} "))
            .expect("the count is published");
        line.parse().expect("a number")
    }
}

impl Answer {
    /// The data of an answer that has no errors.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.body.get("errors"), None, "{}", self.body);
        &self.body["data"]
    }

    /// Code, argument and message of the only error.
    #[track_caller]
    pub(crate) fn error(&self) -> (String, String, String) {
        let errors = self.body["errors"].as_array().expect("there are errors");
        assert_eq!(errors.len(), 1, "{}", self.body);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let extensions = &errors[0]["extensions"];
        (
            text(&extensions["code"]),
            text(&extensions["argument"]),
            text(&errors[0]["message"]),
        )
    }
}

/// The access token of a session.
pub(crate) fn access(session: &Value) -> &str {
    session["accessToken"]
        .as_str()
        .expect("a session has a token")
}

/// The user's id of a session.
pub(crate) fn user_id(session: &Value) -> &str {
    session["user"]["id"]
        .as_str()
        .expect("a session has a user")
}

pub(crate) const REGISTER: &str = "mutation ($input: RegisterInput!) {
    register(input: $input) { accessToken refreshToken user { id username displayName email } }
}";
pub(crate) const SIGN_IN: &str = "mutation ($input: SignInInput!) {
    signIn(input: $input) { accessToken refreshToken user { id username } }
}";
pub(crate) const REFRESH: &str = "mutation ($token: String!) {
    refreshSession(refreshToken: $token) { accessToken refreshToken user { id username } }
}";
pub(crate) const ME: &str = "{ me { id username email } }";

pub(crate) fn register_input(username: &str, email: &str, password: &str) -> Value {
    json!({ "input": { "username": username, "email": email, "password": password } })
}

async fn serve(
    config: &users::Config,
) -> (String, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let listener = kit::server::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let config = users::Config {
        public_url: config.public_url.clone().or_else(|| Some(url.clone())),
        ..config.clone()
    };
    let app = users::open(&config).await.expect("opens");
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { drop(stopped.await) };
    (
        url,
        stop,
        tokio::spawn(kit::server::serve(listener, shutdown, app)),
    )
}

/// A new database on the Postgres server of the environment, if there is one: the server, and
/// the database's name.
pub(crate) async fn postgres_database() -> Option<(String, String)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no command line to be told on"
    )]
    let server = std::env::var("MUSICWALLET_TEST_POSTGRES_URL").ok()?;
    let name = format!(
        "users_test_{}",
        users::security::random::id().expect("random")
    );
    execute(&server, &format!("CREATE DATABASE {name}")).await;
    Some((server, name))
}

/// The rows of a statement's first column.
pub(crate) async fn first_column<T: TryGetable>(database: &Database, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(database.backend(), sql);
    let rows = database.connection().query_all_raw(statement).await;
    rows.expect("selects")
        .iter()
        .map(|row| row.try_get_by_index(0).expect("a value of that type"))
        .collect()
}

/// Runs a statement on a connection of its own.
pub(crate) async fn execute(url: &str, sql: &str) {
    let connection = sea_orm::Database::connect(url).await.expect("connects");
    assert_eq!(connection.get_database_backend(), DbBackend::Postgres);
    connection.execute_unprepared(sql).await.expect("executes");
    connection.close().await.expect("closes");
}

/// The server's URL with another database in it.
pub(crate) fn with_database(server: &str, name: &str) -> String {
    let (server, options) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = server.rsplit_once('/').expect("the URL names a database");
    let separator = if options.is_empty() { "" } else { "?" };
    format!("{place}/{name}{separator}{options}")
}
