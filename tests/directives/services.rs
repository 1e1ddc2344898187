//! Users and music as processes of their own, without introspection, and a router that has its schemas from them.

use std::path::Path;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::folder::Folder;
use crate::support::http::{client, graphql};
use crate::support::service_process::ServiceProcess;

/// The federation, put together from what the running services say.
pub(crate) struct Services {
    pub(crate) users: ServiceProcess,
    pub(crate) music: ServiceProcess,
    pub(crate) router: ServiceProcess,
    folder: Folder,
}

impl Services {
    /// Starts all three; users and music with these flags too.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let folder = Folder::new();
        let data = folder.path().display().to_string();
        let usual = [
            "--demo",
            "--data-dir",
            &data,
            "--introspection",
            "false",
            "--log",
            "warn",
        ];
        let flags = [&usual, flags].concat();
        let users = ServiceProcess::of_the_federation("users", &flags).await;
        let key_set = format!("http://127.0.0.1:{}/.well-known/jwks.json", users.port());
        let flags = [&flags[..], &["--jwks-url", &key_set]].concat();
        let music = ServiceProcess::of_the_federation("music", &flags).await;
        let entry = |name: &str, service: &ServiceProcess| {
            let url = service.endpoint();
            format!("  {name}:\n    routing_url: {url}\n    schema:\n      subgraph_url: {url}\n")
        };
        let (of_users, of_music) = (entry("users", &users), entry("music", &music));
        folder.write(
            "supergraph.yaml",
            &format!("subgraphs:\n{of_users}{of_music}"),
        );
        folder.write("router.yaml", "supergraph:\n  introspection: true\n");
        let router = ServiceProcess::router(&folder).await;
        Services {
            users,
            music,
            router,
            folder,
        }
    }

    /// The data of what the router is asked.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        let mut answer = graphql(&self.router.endpoint(), query).await;
        assert_eq!(answer.get("errors"), None, "{query}: {answer:#}");
        answer["data"].take()
    }

    /// Tells the music service's database where these users live, as the users service's facts would.
    async fn have_listeners(&self, country: &str, users: &[&str]) {
        let file = self.folder.path().join("music.sqlite");
        let database = sea_orm::Database::connect(format!("sqlite://{}", file.display())).await;
        let database = database.expect("the music service's database opens");
        for user in users {
            let sql = format!(
                "INSERT INTO listener (user_id, country) VALUES ('{user}', '{country}') \
                 ON CONFLICT (user_id) DO UPDATE SET country = excluded.country"
            );
            let noted = database.execute_unprepared(&sql).await;
            noted.expect("the listener is noted");
        }
        database.close().await.expect("it closes");
    }

    /// How many requests the router has sent to a service.
    async fn requests_to(&self, name: &str) -> u64 {
        self.router.metrics().await.sum(
            "http_client_request_duration_seconds_count",
            &format!("subgraph_name=\"{name}\""),
        )
    }
}

/// Entities of a service, by these representations.
async fn entities(service: &ServiceProcess, selection: &str, representations: Value) -> Value {
    let query =
        format!("query ($r: [_Any!]!) {{ _entities(representations: $r) {{ {selection} }} }}");
    let body = json!({ "query": query, "variables": { "r": representations } });
    let answer = client().post(service.endpoint()).json(&body).send().await;
    answer.expect("an answer").json().await.expect("JSON")
}

/// The words of a schema, whatever their order: what is sorted in the file is in the order of the code in
/// the answer.
fn words(sdl: &str) -> Vec<&str> {
    let mut words: Vec<_> = sdl
        .split(|it: char| it.is_whitespace() || "(),".contains(it))
        .collect();
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    words
}

#[tokio::test]
async fn a_service_tells_its_schema_though_clients_may_not_read_it() {
    let services = Services::start(&[]).await;
    for (name, service) in [("users", &services.users), ("music", &services.music)] {
        let refused = graphql(&service.endpoint(), "{ __schema { types { name } } }").await;
        let types = &refused["data"]["__schema"]["types"];
        assert!(types.is_null(), "{name} is introspected: {refused}");

        let told = graphql(&service.endpoint(), "{ _service { sdl } }").await;
        let sdl = told["data"]["_service"]["sdl"].as_str().expect("a schema");
        let committed = format!("schema/subgraphs/{name}.graphql");
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(committed);
        let committed = std::fs::read_to_string(committed).expect("it is committed");
        assert!(
            words(sdl) == words(&committed),
            "{name} tells another schema: {sdl}"
        );
        // `@link` says that it is a schema of Federation 2, and which directives it means.
        assert!(
            sdl.starts_with("extend schema @link("),
            "{name}: {sdl:.200}"
        );
        assert!(
            sdl.contains("https://specs.apollo.dev/federation/v2."),
            "{name}"
        );
    }
    // From these the router composed what it serves.
    let found = services
        .ask("{ user(username: \"ada\") { displayName favouriteCount } __type(name: \"Track\") { name } }")
        .await;
    assert_eq!(
        found["user"],
        json!({ "displayName": "Ada Brightwater", "favouriteCount": 12 })
    );
    assert_eq!(found["__type"]["name"], "Track");
}

#[tokio::test]
async fn an_entity_is_found_by_each_of_its_keys() {
    let services = Services::start(&[]).await;
    let user = |key: Value| {
        let mut representation = key;
        representation["__typename"] = json!("User");
        representation
    };
    let answer = entities(
        &services.users,
        "... on User { id username }",
        json!([
            user(json!({ "id": "demo-ada" })),
            user(json!({ "username": "ada" })),
            user(json!({ "username": "ADA" })),
            user(json!({ "id": "demo-ada", "username": "grace" })),
            user(json!({ "username": "nobody" })),
            user(json!({ "username": "no name at all" })),
            user(json!({})),
        ]),
    )
    .await;
    let ada = json!({ "id": "demo-ada", "username": "ada" });
    assert_eq!(
        answer["data"]["_entities"],
        // With both, the first key counts.
        json!([ada, ada, ada, ada, null, null, null]),
        "{answer:#}"
    );
    let message = answer["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("id, or username"), "{message}");

    let item = |id: &str| json!({ "__typename": "CatalogueItem", "id": id });
    let ids = [
        "artist-darude",
        "album-darude-before-the-storm",
        "track-darude-sandstorm",
    ];
    let statements = async || {
        services
            .music
            .metrics()
            .await
            .sum("sql_statements_total", "")
    };
    let mut costs = Vec::new();
    for times in [1, 20] {
        let many: Vec<_> = ids
            .iter()
            .chain(&["none", "nul\0"])
            .map(|id| item(id))
            .collect();
        let before = statements().await;
        let answer = entities(
            &services.music,
            "__typename ... on CatalogueItem { id }",
            json!(
                many.iter()
                    .cycle()
                    .take(many.len() * times)
                    .collect::<Vec<_>>()
            ),
        )
        .await;
        costs.push(statements().await - before);
        // Which type it is, this service alone can say.
        let found = answer["data"]["_entities"].as_array().expect("a list");
        for (place, (kind, id)) in ["Artist", "Album", "Track"].iter().zip(ids).enumerate() {
            assert_eq!(
                found[place],
                json!({ "__typename": kind, "id": id }),
                "{answer:#}"
            );
        }
        assert_eq!(
            (&found[3], &found[4]),
            (&Value::Null, &Value::Null),
            "{answer:#}"
        );
        assert_eq!(answer.get("errors"), None, "{answer:#}");
    }
    // One for each kind, however many there are.
    assert_eq!(costs, [3, 3]);
}

#[tokio::test]
async fn what_is_shared_comes_along_and_what_is_required_is_brought() {
    let services = Services::start(&[]).await;
    let before = (
        services.requests_to("users").await,
        services.requests_to("music").await,
    );
    // `PageInfo` is `@shareable`: each service answers its own.
    let pages = services
        .ask("{ users(first: 1) { pageInfo { hasNextPage } } tracks(first: 1) { pageInfo { hasNextPage } } }")
        .await;
    let page = json!({ "pageInfo": { "hasNextPage": true } });
    assert_eq!(pages, json!({ "users": page, "tracks": page }));
    let after = (
        services.requests_to("users").await,
        services.requests_to("music").await,
    );
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));

    // Music recommends by the country (`@requires`), which it does not know (`@external`): the router asks
    // users for it, and the client has not. Of those who love what ada loves some live where ada does.
    let ada = services
        .ask("{ user(username: \"ada\") { id country } }")
        .await;
    let (id, country) = (&ada["user"]["id"], &ada["user"]["country"]);
    services
        .have_listeners(
            country.as_str().expect("a country"),
            &["demo-miles", "demo-linus"],
        )
        .await;
    let recommended_in = async |country: Value| {
        let ada = json!([{ "__typename": "User", "id": id, "country": country }]);
        let selection = "... on User { recommendations { id } }";
        let answer = entities(&services.music, selection, ada).await;
        answer["data"]["_entities"][0]["recommendations"].clone()
    };
    let found = services
        .ask("{ user(username: \"ada\") { recommendations { id } } }")
        .await;
    let recommended = &found["user"]["recommendations"];
    assert_eq!(*recommended, recommended_in(country.clone()).await);
    assert_ne!(*recommended, recommended_in(json!("AQ")).await);
}
