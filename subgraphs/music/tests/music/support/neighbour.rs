//! The users service as a feed that may be anything: bad facts, no answers, forgotten facts. What the
//! real one says is for the tests of both services together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "a-token-for-facts";

/// What it says.
#[derive(Default)]
pub(crate) struct Script {
    /// Facts by their place.
    pub(crate) facts: Vec<(i64, Value)>,
    /// Cursors before this place are too old.
    pub(crate) forgotten_until: i64,
    /// Who is there, and from where.
    pub(crate) people: HashMap<String, Option<String>>,
    /// What is said instead of facts, and instead of people.
    pub(crate) instead_of_facts: Option<(u16, &'static str)>,
    pub(crate) graph_is_away: bool,
    /// Questions for facts.
    pub(crate) questions: usize,
}

/// It, listening.
#[derive(Clone)]
pub(crate) struct Neighbour {
    url: String,
    script: Arc<Mutex<Script>>,
}

/// A fact as it should be.
pub(crate) fn fact(id: i64, kind: &str, subject: &str) -> (i64, Value) {
    let told = json!({
        "id": id.to_string(), "kind": kind, "subject": subject, "occurredAt": "2026-02-01T09:30:00.000Z",
    });
    (id, told)
}

impl Neighbour {
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new()
            .route("/facts", get(facts))
            .route("/graphql", post(people))
            .with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Neighbour { url, script }
    }

    /// How music is told of it.
    pub(crate) fn flags(&self) -> [&str; 4] {
        ["--users-url", &self.url, "--facts-token", TOKEN]
    }

    /// What it says from now on.
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no panic")
    }
}

async fn facts(
    State(script): State<Arc<Mutex<Script>>>,
    Query(asked): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let bearer = format!("Bearer {TOKEN}");
    if headers.get("authorization").is_none_or(|it| *it != bearer) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (page, wait) = {
        let mut script = script.lock().expect("no panic");
        script.questions += 1;
        if let Some((status, body)) = script.instead_of_facts {
            let status = StatusCode::from_u16(status).expect("a status");
            return (status, body).into_response();
        }
        let after = asked
            .get("after")
            .map(|it| it.parse::<i64>().expect("digits"));
        if after.is_some_and(|it| it < script.forgotten_until) {
            return StatusCode::GONE.into_response();
        }
        let after = after.unwrap_or(0);
        let page: Vec<_> = script
            .facts
            .iter()
            .filter(|it| it.0 > after)
            .cloned()
            .collect();
        (page, after)
    };
    if page.is_empty() {
        // As if it had waited for a little.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let next = page.last().map_or(wait, |it| it.0).to_string();
    let facts: Vec<_> = page.into_iter().map(|it| it.1).collect();
    Json(json!({ "facts": facts, "next": next, "more": false, "remaining": 0 })).into_response()
}

async fn people(State(script): State<Arc<Mutex<Script>>>, Json(asked): Json<Value>) -> Response {
    let script = script.lock().expect("no panic");
    if script.graph_is_away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let users = asked["variables"]["users"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let person = |user: Value| {
        let id = user["id"].as_str().expect("an id").to_owned();
        let country = script.people.get(&id);
        country.map(|country| json!({ "id": id, "country": country }))
    };
    let entities: Vec<_> = users.into_iter().map(person).collect();
    Json(json!({ "data": { "_entities": entities } })).into_response()
}
