//! What reads, what does not, and that reading and printing fit together.

use expect_test::expect;

use crate::{JoinVersion, Supergraph};

const HEAD: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY) { query: Query }
enum join__Graph {
  MUSIC @join__graph(name: "music", url: "http://m")
  USERS @join__graph(name: "users", url: "http://u")
}
directive @inaccessible on FIELD_DEFINITION | OBJECT
"#;

fn fails(sdl: &str, expected: &str) {
    let error = Supergraph::read(sdl).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn everything_the_join_specification_says_survives_reading_and_printing() {
    let sdl = format!(
        r#"{HEAD}
"""
What there is to ask.

  \""" and more
"""
type Query @join__type(graph: MUSIC) @join__type(graph: USERS) {{
  track(id: ID!, "how many" limit: Int = 10): Track @join__field(graph: MUSIC)
  me: User @join__field(graph: USERS, provides: "name") @deprecated(reason: "say \"I\"")
}}
interface Node @join__type(graph: MUSIC, key: "id", isInterfaceObject: true) {{ id: ID! }}
type Track implements Node @join__implements(graph: MUSIC, interface: "Node")
  @join__type(graph: MUSIC, key: "id") {{ id: ID! secret: String @inaccessible }}
type User @join__type(graph: MUSIC, key: "id", extension: true, resolvable: false) @join__type(graph: USERS, key: "id") {{
  id: ID!
  name: String @join__field(graph: MUSIC, external: true) @join__field(graph: USERS, type: "String!")
  mix(kind: Kind = LOUD): Thing @join__field(graph: MUSIC, requires: "name", override: "users", usedOverridden: true)
}}
union Thing @join__type(graph: MUSIC) @join__unionMember(graph: MUSIC, member: "Track") = Track
enum Kind @join__type(graph: MUSIC) {{ LOUD @join__enumValue(graph: MUSIC) }}
input Filter @join__type(graph: MUSIC) {{ text: String = "a" @join__field(graph: MUSIC, type: "String!") }}
scalar Date @join__type(graph: MUSIC) @specifiedBy(url: "https://example.org")
"#
    );
    let first = Supergraph::read(&sdl).unwrap();
    let printed = first.model().print();
    let second = Supergraph::read(&printed).unwrap();
    let mut ordered = first.model().clone();
    ordered.types.sort_keys();
    ordered.directive_definitions.sort_keys();
    assert_eq!(&ordered, second.model());
    assert_eq!(printed, second.model().print());
}

#[test]
fn a_schema_without_join_is_no_supergraph() {
    fails(
        "type Query { a: Int }",
        r#"line 1, column 1: this is no supergraph: its schema definition links no join specification (`@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)`)"#,
    );
}

#[test]
fn a_truncated_text_says_where_it_ends() {
    let sdl = format!("{HEAD}type Query @join__type(graph: MUSIC) {{ a: In");
    let error = Supergraph::read(&sdl).map(|_| ()).unwrap_err();
    assert_eq!(error.line, 10, "{error}");
    assert!(error.to_string().contains("syntax error"), "{error}");
}

#[test]
fn text_that_is_no_graphql_says_so() {
    let error = Supergraph::read("<html>").map(|_| ()).unwrap_err();
    assert_eq!((error.line, error.column), (1, 1), "{error}");
}

#[test]
fn an_empty_text_is_no_supergraph() {
    assert!(Supergraph::read("").is_err());
}

#[test]
fn a_subgraph_that_does_not_exist_is_named() {
    fails(
        &format!("{HEAD}type Query @join__type(graph: MUSIK) {{ a: Int }}"),
        r#"line 10, column 12: `MUSIK` is no value of `join__Graph`"#,
    );
}

#[test]
fn a_type_that_does_not_exist_is_named() {
    fails(
        &format!("{HEAD}type Query @join__type(graph: MUSIC) {{ a: Nope }}"),
        r#"line 10, column 43: the type `Nope` is not defined"#,
    );
}

#[test]
fn a_broken_key_is_shown() {
    let sdl = format!("{HEAD}type Query @join__type(graph: MUSIC, key: \"id {{\") {{ a: Int }}");
    let error = Supergraph::read(&sdl).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.starts_with("line 10, column 12: `id {` is no selection of fields: "),
        "{error}"
    );
}

#[test]
fn a_join_specification_from_the_future_is_refused() {
    fails(
        r#"schema @link(url: "https://specs.apollo.dev/join/v0.6", for: EXECUTION) { query: Query }"#,
        r#"line 1, column 1: join v0.6 is not supported; v0.1 to v0.5 are"#,
    );
}

#[test]
fn a_specification_needed_for_execution_must_be_known() {
    fails(
        r#"schema @link(url: "https://example.org/magic/v1.0", for: EXECUTION) { query: Query }"#,
        "line 1, column 8: the linked specification https://example.org/magic/v1.0 must be understood to execute queries, and is not",
    );
}

#[test]
fn the_newest_join_keeps_labels_and_contexts() {
    let sdl = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "") }
type Query @join__type(graph: A) {
  a: Int @join__field(graph: A, override: "b", overrideLabel: "percent(5)", contextArguments: [{context: "a__c", name: "x", type: "[Int!]", selection: "{ y }"}])
}"#;
    let supergraph = Supergraph::read(sdl).unwrap();
    assert_eq!(supergraph.model().join_version, JoinVersion::V05);
    let printed = supergraph.model().print();
    assert!(printed.contains(r#"a: Int @join__field(graph: A, override: "b", overrideLabel: "percent(5)", contextArguments: [{context: "a__c", name: "x", type: "[Int!]", selection: "{ y }"}])"#), "{printed}");
}

#[test]
fn the_oldest_join_leaves_ownership_unsaid() {
    let sdl = r#"
schema @core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
type Query { user: User @join__field(graph: A) }
type User @join__owner(graph: B) @join__type(graph: B, key: "id") @join__type(graph: A, key: "id") {
  id: ID! @join__field(graph: B)
  name: String
  note: Note @join__field(graph: A)
}
type Note { text: String }
"#;
    let printed = Supergraph::read(sdl).unwrap().model().print();
    let user = printed.split("type User").nth(1).unwrap();
    expect![[r#"

          @join__type(graph: A, key: "id")
          @join__type(graph: B, key: "id")
        {
          id: ID! @join__field(graph: A) @join__field(graph: B)
          name: String @join__field(graph: B)
          note: Note @join__field(graph: A)
        }

        scalar join__FieldSet

        enum join__Graph {
          A @join__graph(name: "a", url: "http://a")
          B @join__graph(name: "b", url: "http://b")
        }

        scalar link__Import

        enum link__Purpose {
          """Needed to resolve fields securely."""
          SECURITY

          """Needed to execute operations."""
          EXECUTION
        }
    "#]]
    .assert_eq(user);
    assert!(printed.contains("type Note\n  @join__type(graph: A)\n  @join__type(graph: B)\n{"));
}
