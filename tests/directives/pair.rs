//! Two services that share an inheritance: plays counts what the jukebox plays, and knows its tracks by the number of a
//! row in an old table, which is nobody else's business.

use serde_json::{Value, json};

use crate::support::folder::Folder;
use crate::support::http::graphql;
use crate::support::service_process::ServiceProcess;

const JUKEBOX: &str = r#"
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.7"
  import: ["@key", "@inaccessible", "@shareable"]
)
type Query { track(id: ID!): Track  tracks: [Track!]! }
type Track @key(fields: "id") @key(fields: "row") {
  id: ID!
  row: Int! @inaccessible
  title: String! @shareable
  licence(country: String!): Licence
}
type Licence @key(fields: "track { row } country") {
  track: Track!
  country: String!
  holder: String!
}
"#;

const PLAYS: &str = r#"
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.7"
  import: ["@key", "@inaccessible", "@external", "@provides", "@requires"]
)
type Query { mostPlayed: [Track!]! @provides(fields: "title") }
type Track @key(fields: "row") {
  row: Int! @inaccessible
  title: String! @external
  playCount: Int!
}
type Licence @key(fields: "track { row } country") {
  track: Track!
  country: String!
  playsLeft: Int!
}
"#;

struct Pair {
    jukebox: ServiceProcess,
    plays: ServiceProcess,
    router: ServiceProcess,
    _folder: Folder,
}

impl Pair {
    async fn start() -> Self {
        let folder = Folder::new();
        let of_jukebox = json!({
            "Query": {
                "track": { "by": { "id": { "a": { "id": "a" }, "b": { "id": "b" } } } },
                "tracks": [{ "id": "a" }, { "id": "b" }],
            },
            "Track": [
                { "id": "a", "row": 1, "title": "First", "licence": { "by": { "country": {
                    "IS": { "track": { "row": 1 }, "country": "IS" }, "GB": { "track": { "row": 1 }, "country": "GB" }
                } } } },
                { "id": "b", "row": 2, "title": "Second", "licence": { "by": { "country": {
                    "IS": { "track": { "row": 2 }, "country": "IS" }
                } } } },
            ],
            "Licence": [
                { "track": { "row": 1 }, "country": "IS", "holder": "North" },
                { "track": { "row": 1 }, "country": "GB", "holder": "West" },
                { "track": { "row": 2 }, "country": "IS", "holder": "East" },
            ],
        });
        let of_plays = json!({
            "Query": { "mostPlayed": [
                // The title as it was when it was played, for the list is to be had without the jukebox.
                { "row": 2, "title": "Second" }, { "row": 1, "title": "First" }
            ] },
            "Track": [{ "row": 1, "playCount": 10 }, { "row": 2, "playCount": 20 }],
            "Licence": [
                { "track": { "row": 1 }, "country": "GB", "playsLeft": 11 },
                { "track": { "row": 1 }, "country": "IS", "playsLeft": 12 },
                { "track": { "row": 2 }, "country": "IS", "playsLeft": 21 },
            ],
        });
        let service = async |name: &str, sdl: &str, rows: &Value| {
            folder.write(&format!("{name}.graphql"), sdl);
            folder.write(&format!("{name}.json"), &rows.to_string());
            let file = |extension: &str| {
                folder
                    .file(&format!("{name}.{extension}"))
                    .display()
                    .to_string()
            };
            ServiceProcess::start(name, &["--sdl", &file("graphql"), "--rows", &file("json")]).await
        };
        let jukebox = service("jukebox", JUKEBOX, &of_jukebox).await;
        let plays = service("plays", PLAYS, &of_plays).await;
        let entry = |name: &str, service: &ServiceProcess| {
            let url = service.endpoint();
            format!("  {name}:\n    routing_url: {url}\n    schema:\n      subgraph_url: {url}\n")
        };
        let entries = [entry("jukebox", &jukebox), entry("plays", &plays)].concat();
        folder.write("supergraph.yaml", &format!("subgraphs:\n{entries}"));
        folder.write("router.yaml", "supergraph:\n  introspection: true\n");
        let router = ServiceProcess::router(&folder).await;
        Pair {
            jukebox,
            plays,
            router,
            _folder: folder,
        }
    }

    /// The data of what the router is asked, and how often the jukebox and plays were asked for it.
    async fn ask(&self, query: &str) -> (Value, (u64, u64)) {
        let asked = async |service: &ServiceProcess| {
            service.metrics().await.sum("asked_total", "\"query\"")
        };
        let before = (asked(&self.jukebox).await, asked(&self.plays).await);
        let mut answer = graphql(&self.router.endpoint(), query).await;
        assert_eq!(answer.get("errors"), None, "{query}: {answer:#}");
        let after = (asked(&self.jukebox).await, asked(&self.plays).await);
        (
            answer["data"].take(),
            (after.0 - before.0, after.1 - before.1),
        )
    }
}

#[tokio::test]
async fn what_is_provided_is_not_asked_for_elsewhere() {
    let pair = Pair::start().await;
    let (found, asked) = pair.ask("query { mostPlayed { title playCount } }").await;
    assert_eq!(
        found["mostPlayed"],
        json!([{ "title": "Second", "playCount": 20 }, { "title": "First", "playCount": 10 }])
    );
    assert_eq!(
        asked.0, 0,
        "the jukebox knows the title, but it is at hand (`@provides`)"
    );
    // Where nothing is provided it is the jukebox's.
    let (found, asked) = pair.ask("query { tracks { title } }").await;
    assert_eq!(
        found["tracks"],
        json!([{ "title": "First" }, { "title": "Second" }])
    );
    assert_eq!(asked.1, 0);
}

#[tokio::test]
async fn a_hidden_key_joins_and_is_not_shown() {
    let pair = Pair::start().await;
    // Plays knows no id, so the jukebox is asked by its other key, the hidden one.
    let (found, _) = pair.ask("query { mostPlayed { id } }").await;
    assert_eq!(found["mostPlayed"], json!([{ "id": "b" }, { "id": "a" }]));
    let (found, _) = pair.ask("query { track(id: \"b\") { playCount } }").await;
    assert_eq!(found["track"]["playCount"], 20);

    let (shown, _) = pair
        .ask("query { __type(name: \"Track\") { fields { name } } }")
        .await;
    let fields = shown["__type"]["fields"].to_string();
    assert!(
        fields.contains("title") && !fields.contains("row"),
        "{fields}"
    );
    let refused = graphql(&pair.router.endpoint(), "{ tracks { row } }").await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
        "{refused}"
    );
    assert!(
        !refused.to_string().contains("inaccessible"),
        "nor is it said that there is one: {refused}"
    );
}

#[tokio::test]
async fn a_compound_key_with_another_entity_in_it_finds_the_one_that_agrees_in_all() {
    let pair = Pair::start().await;
    let query = "query { a: track(id: \"a\") { is: licence(country: \"IS\") { ...Both } gb: licence(country: \"GB\") { ...Both } }
        b: track(id: \"b\") { is: licence(country: \"IS\") { ...Both } } }
        fragment Both on Licence { country holder playsLeft track { title } }";
    let (found, asked) = pair.ask(query).await;
    let licence = |country: &str, holder: &str, left: u32, title: &str| json!({ "country": country, "holder": holder, "playsLeft": left, "track": { "title": title } });
    assert_eq!(
        found,
        json!({
            "a": { "is": licence("IS", "North", 12, "First"), "gb": licence("GB", "West", 11, "First") },
            "b": { "is": licence("IS", "East", 21, "Second") },
        })
    );
    assert_eq!(asked.1, 1, "all three are asked for at once");
}
