//! Reports as text for people and as JSON for tools; one file per format.

mod json;
mod text;

pub use json::json;
pub use text::text;

#[cfg(test)]
fn example() -> crate::Report {
    use operation::ApiSchema;

    let (old, new) = (
        "type Query @join__type(graph: A) { a: Int b: E } enum E @join__type(graph: A) { X }",
        "type Query @join__type(graph: A) { c: Int b: E } enum E @join__type(graph: A) { X Y }",
    );
    let (old, new) = (crate::tests::model(old), crate::tests::model(new));
    let api = |supergraph: &supergraph::Supergraph| {
        ApiSchema::parse(&supergraph.model().api_sdl()).unwrap()
    };
    let document = |name: &str, text: &str| crate::OperationDocument {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let documents = [
        document("operations/a.graphql", "query A { a }\nquery B { b }"),
        document("operations/b.graphql", "{ b }"),
    ];
    crate::Report {
        changes: crate::compare(old.model(), new.model()),
        operations: crate::operations(&api(&old), &api(&new), &documents),
    }
}
