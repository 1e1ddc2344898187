//! How the databases execute what is asked of them often: no statement reads a whole table, nor a
//! whole index unless it stops at a limit.
//!
//! The statements are those that the service sends, caught while it answers. What is asked of the
//! database is whether there is a way by an index at all: with so few rows as here it would often
//! read the table as well.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{Request, Variables};
use chrono::Utc;
use kit::auth::{Caller, Role, SignedIn};
use kit::config::RequestArgs;
use kit::database::Database;
use music::Store;
use music::graphql::{build_schema, with_loaders};
use music::ids::{TrackId, UserId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, TransactionTrait};
use serde_json::{Value, json};

use super::support::databases::{self, TestDatabase};

/// The indexes that hold all of a table in an order that lists can be had in. A list is read from
/// such a one up to its limit.
const ORDERS: [&str; 11] = [
    "artist_by_name",
    "artist_by_added_at",
    "album_by_title",
    "album_by_release_year",
    "album_by_added_at",
    "track_by_title",
    "track_by_release_year",
    "track_by_duration",
    "track_by_favourite_count",
    "track_by_added_at",
    // What is to be counted, which is removed when it is.
    "chart_change_pkey",
];

const ENTITIES: &str = "query ($of: [_Any!]!) { _entities(representations: $of) {
    ... on User {
        favouriteCount
        favourites(first: 20) { edges { note node { title hasFavourited album { title } artist { name genres } } } }
        chosen: favourites(first: 20, orderBy: CHOSEN) { edges { cursor } }
        recommendations { title }
        playlists { edges { node { name items { edges { node { track { title } } } } } } }
        collaborations { edges { node { name } } }
    }
    ... on Track { favouritedBy(first: 20) { edges { favouritedAt } } }
    ... on Album { tracks { edges { node { title } } } }
    ... on Artist { albums { edges { node { title } } } tracks { edges { node { title } } } }
} }";

const SEARCH: &str = "query ($query: String!) {
    all: search(query: $query) { edges { node { __typename } } facets { genres { count } } }
    narrow: search(query: $query, genre: \"jazz\", decade: 1950) { edges { node { __typename } } }
}";

const DISCOVERY: &str = "{
    genres { edges { node { name tracks(first: 20) { edges { node { title } } } } } }
    genre(name: \"jazz\") { name }
    chart { entries { track { title } } }
    chartOfCountry: chart(country: \"SE\") { entries { track { title } } }
}";

const LISTS: &str = "{
    title: tracks { edges { node { id } } }
    year: tracks(orderBy: { field: YEAR }) { edges { node { id } } }
    duration: tracks(orderBy: { field: DURATION }) { edges { node { id } } }
    loved: tracks(orderBy: { field: FAVOURITE_COUNT, direction: DESC }) { edges { node { id } } }
    added: tracks(orderBy: { field: RECENTLY_ADDED, direction: DESC }) { edges { node { id } } }
    genre: tracks(filter: { genre: \"jazz\" }) { edges { node { id } } }
    artist: tracks(filter: { artistId: \"artist-miles-davis\" }) { edges { node { id } } }
    albums { edges { node { id } } }
    artists { edges { node { id } } }
    swedes: artists(filter: { country: \"SE\" }) { edges { node { id } } }
    track(id: \"track-miles-davis-so-what\") { title }
    playlist(id: \"none\") { name }
    sharedPlaylist(shareToken: \"none\") { name }
}";

const FAVOURITES: &str = "mutation {
    one: addFavourite(input: { trackId: \"track-miles-davis-so-what\", note: \"So.\" }) { added }
    two: addFavourite(input: { trackId: \"track-bjork-joga\" }) { added }
    three: moveFavourite(input: { trackId: \"track-bjork-joga\" }) { user { id } }
    four: removeFavourite(input: { trackId: \"track-miles-davis-so-what\" }) { removed }
}";

/// The demo data, and the statements that the questions above come to.
async fn catch(place: &TestDatabase) -> (Database, Vec<Statement>) {
    let database = Database::connect(place.url()).await.expect("opens");
    let migrated = database.migrate::<music::migration::Migrator>().await;
    migrated.expect("the tables can be made");
    let seeded = music::demo::seed(&database, Utc::now()).await;
    seeded.expect("there is demo data");
    let caught: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let observer = Arc::clone(&caught);
    let observed = database.observed(move |statement| {
        observer.lock().expect("no panic").push(statement.clone());
    });
    let store = Store::new(observed);
    let schema = build_schema(store.clone(), &RequestArgs::default());
    let listener = |id: &str| json!({ "__typename": "User", "id": id, "country": "SE" });
    let entities = json!({ "of": [
        listener("demo-ada"),
        listener("nobody"),
        { "__typename": "Track", "id": "track-miles-davis-so-what" },
        { "__typename": "Album", "id": "album-miles-davis-kind-of-blue" },
        { "__typename": "Artist", "id": "artist-miles-davis" },
    ] });
    for (query, variables) in [
        (FAVOURITES, json!({})),
        (ENTITIES, entities),
        (SEARCH, json!({ "query": "blue" })),
        (SEARCH, json!({ "query": "s" })),
        (SEARCH, json!({ "query": "miels davsi" })),
        (DISCOVERY, json!({})),
        (LISTS, json!({})),
    ] {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(Caller::User(SignedIn {
                id: "demo-ada".to_owned(),
                roles: vec![Role::User],
                session: None,
                app: None,
            }));
        let answer = schema.execute(with_loaders(request, &store)).await;
        assert_eq!(answer.errors, [], "{query}");
    }
    // What came is counted, and then what went and who moved.
    let (ada, joga) = (
        UserId::stored("demo-ada"),
        TrackId::stored("track-bjork-joga"),
    );
    for country in ["SE", "JP"] {
        let noted = store.note_listeners([(ada.clone(), Some(country.to_owned()))]);
        noted.await.expect("ada is noted");
        let counted = store.refresh_charts(Utc::now(), Duration::ZERO).await;
        assert!(counted.expect("charts are counted"));
        let removed = store.remove_favourite(&ada, &joga).await;
        removed.expect("it is removed");
    }
    let mut caught = caught.lock().expect("no panic").clone();
    // There is one row.
    caught.retain(|it| !it.sql.contains("chart_count"));
    (database, caught)
}

/// Each way in which one of these statements reads all of a table, with the statement.
async fn full_scans(database: &Database, statements: &[Statement]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in statements {
        let scans = match database.backend() {
            DbBackend::Postgres => postgres_scans(database, statement).await,
            _ => sqlite_scans(database, statement).await,
        };
        found.extend(
            scans
                .into_iter()
                .map(|scan| format!("{scan}: {}", statement.sql)),
        );
    }
    found
}

/// The orders that a statement may walk through: not those for a list below a thing, which has an
/// index of its own, unless the thing is a genre.
fn orders_for(sql: &str) -> &'static [&'static str] {
    let below_a_thing = sql.contains("parent_id") && !sql.contains("artist_genre");
    if sql.contains(" LIMIT ") && !below_a_thing {
        &ORDERS
    } else {
        &[]
    }
}

async fn postgres_scans(database: &Database, statement: &Statement) -> Vec<String> {
    let transaction = database.connection().begin().await.expect("begins");
    let unless_needed = "SET LOCAL enable_seqscan = off";
    transaction
        .execute_unprepared(unless_needed)
        .await
        .expect("sets");
    let mut explain = statement.clone();
    explain.sql = format!("EXPLAIN (FORMAT JSON) {}", statement.sql);
    let row = transaction.query_one_raw(explain).await;
    let row = row.unwrap_or_else(|error| panic!("{}: {error}", statement.sql));
    let plan: Value = row
        .expect("a plan")
        .try_get_by_index(0)
        .expect("it is JSON");
    let mut scans = Vec::new();
    note_scans(
        &plan[0]["Plan"],
        false,
        orders_for(&statement.sql),
        &first_columns(database).await,
        &mut scans,
    );
    transaction.rollback().await.expect("ends");
    scans
}

/// The first column of each index of Postgres. Where only another one is given, the whole index is
/// read.
async fn first_columns(database: &Database) -> HashMap<String, String> {
    let select = "SELECT pg_class.relname::text, pg_attribute.attname::text
        FROM pg_index
        JOIN pg_class ON pg_class.oid = pg_index.indexrelid
        JOIN pg_attribute ON pg_attribute.attrelid = pg_index.indrelid
            AND pg_attribute.attnum = pg_index.indkey[0]
        WHERE pg_class.relnamespace = 'public'::regnamespace";
    let statement = Statement::from_string(database.backend(), select);
    let rows = database.connection().query_all_raw(statement).await;
    let name = |row: &QueryResult, at: usize| row.try_get_by_index(at).expect("a name");
    let rows = rows.expect("indexes are listed");
    rows.iter()
        .map(|row| (name(row, 0), name(row, 1)))
        .collect()
}

fn note_scans(
    plan: &Value,
    stops: bool,
    orders: &[&str],
    first_columns: &HashMap<String, String>,
    scans: &mut Vec<String>,
) {
    let kind = plan["Node Type"].as_str().expect("a kind");
    let index = plan["Index Name"].as_str().unwrap_or_default();
    let condition = plan["Index Cond"].as_str().unwrap_or_default();
    let by_index = matches!(kind, "Index Scan" | "Index Only Scan" | "Bitmap Index Scan");
    let enters = first_columns
        .get(index)
        .is_some_and(|column| condition.contains(column.as_str()));
    let in_order = stops && orders.contains(&index);
    if kind == "Seq Scan" || (by_index && !enters && !in_order) {
        scans.push(format!("{kind} {} {index}", plan["Relation Name"]));
    }
    // What is sorted is read to its end.
    let stops = kind == "Limit" || (stops && !matches!(kind, "Sort" | "Aggregate" | "WindowAgg"));
    for part in plan["Plans"].as_array().into_iter().flatten() {
        note_scans(part, stops, orders, first_columns, scans);
    }
}

async fn sqlite_scans(database: &Database, statement: &Statement) -> Vec<String> {
    let mut explain = statement.clone();
    explain.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
    let rows = database.connection().query_all_raw(explain).await;
    let rows = rows.unwrap_or_else(|error| panic!("{}: {error}", statement.sql));
    let details = rows
        .iter()
        .map(|row| row.try_get::<String>("", "detail").expect("a text"));
    const TABLES: [&str; 15] = [
        "artist",
        "artist_genre",
        "album",
        "track",
        "favourite",
        "playlist",
        "playlist_item",
        "playlist_collaborator",
        "listener",
        "departed_user",
        "search_document",
        "search_variant",
        "chart_tally",
        "chart_vote",
        "d",
    ];
    let orders = orders_for(&statement.sql);
    details
        .filter(|detail| {
            let mut words = detail.split(' ');
            let (how, table) = (words.next(), words.next().unwrap_or_default());
            // An index that is made for one statement reads all of the table to be made.
            let made_for_it = detail.contains(" USING AUTOMATIC ");
            let in_order = orders.iter().any(|it| detail.ends_with(it));
            let scanned = how == Some("SCAN") && !in_order;
            TABLES.contains(&table) && (scanned || made_for_it)
        })
        .collect()
}

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    for place in databases::at_hand().await {
        let (database, statements) = catch(&place).await;
        assert!(statements.len() > 60, "{}", statements.len());
        let found = full_scans(&database, &statements).await;
        assert!(found.is_empty(), "{found:#?}");
        database.close().await;
        place.drop().await;
    }
}

#[tokio::test]
async fn an_index_that_is_missing_is_noticed() {
    for place in databases::at_hand().await {
        let (database, statements) = catch(&place).await;
        let mut indexes = vec![
            "favourite_of_track",
            "chart_vote_by_time",
            "chart_tally_by_lovers",
            "track_of_album",
            "track_by_favourite_count",
            "album_of_artist",
            "search_document_by_name",
        ];
        if database.backend() == DbBackend::Postgres {
            indexes.push("search_document_by_words");
        }
        let mut missed = 0;
        for index in indexes {
            let dropped = database
                .connection()
                .execute_unprepared(&format!("DROP INDEX {index}"))
                .await;
            dropped.unwrap_or_else(|error| panic!("{index}: {error}"));
            // A connection that is open explains by what it knew when it was opened.
            let anew = Database::connect(place.url()).await.expect("opens");
            let found = full_scans(&anew, &statements).await.len();
            anew.close().await;
            assert!(found > missed, "nobody misses {index}");
            missed = found;
        }
        database.close().await;
        place.drop().await;
    }
}
