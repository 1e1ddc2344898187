//! What users and music say for whoever reads the supergraph: `@tag`, and a directive of their own that is composed.

use std::collections::BTreeMap;

/// The fields that have a directive in the supergraph, by what it says.
fn fields_with(directive: &str) -> BTreeMap<String, Vec<String>> {
    let supergraph = include_str!("../../schema/supergraph.graphql");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut of = "";
    for line in supergraph.lines() {
        if let Some(rest) = line.strip_prefix("type ") {
            of = rest.split([' ', '{']).next().unwrap_or_default();
        }
        let field = line
            .strip_prefix("  ")
            .filter(|it| !it.starts_with([' ', '@', '"']));
        let (Some(field), Some((_, says))) = (field, line.split_once(directive)) else {
            continue;
        };
        let name = field.split(['(', ':']).next().unwrap_or_default();
        let says = says.split_once(')').map_or("", |(says, _)| says);
        let says = says
            .trim_start_matches("(name: ")
            .trim_matches('"')
            .to_owned();
        found.entry(says).or_default().push(format!("{of}.{name}"));
    }
    found
}

#[test]
fn what_is_for_admins_and_for_curators_is_tagged() {
    let found = fields_with("@tag");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["admin", "curator"]);
    assert_eq!(
        found["admin"],
        [
            "Mutation.registerApp",
            "Mutation.removeApp",
            "Mutation.setRoles",
            "Query.apps",
            "Query.auditTrail"
        ]
    );
    let of_curators = &found["curator"];
    for kind in ["Album", "Artist", "Track"] {
        for verb in ["create", "update", "delete"] {
            let field = format!("Mutation.{verb}{kind}");
            assert!(of_curators.contains(&field), "{field}");
        }
    }
}

#[test]
fn what_is_known_about_people_can_be_listed() {
    let supergraph = include_str!("../../schema/supergraph.graphql");
    // `@composeDirective`: both services have it, and the supergraph knows whose it is.
    assert!(supergraph.contains(
        "@link(url: \"https://musicwallet.example/personal/v1.0\", import: [\"@personal\"])"
    ));
    assert!(supergraph.contains("directive @personal on FIELD_DEFINITION"));
    let found = fields_with("@personal").into_values().flatten();
    let found: Vec<_> = found.collect();
    for field in [
        "User.bio",
        "User.country",
        "User.displayName",
        "User.email",
        "User.username",
        "FavouriteEdge.note",
    ] {
        assert!(
            found.iter().any(|it| it == field),
            "{field} is not in {found:?}"
        );
    }
    assert!(!found.iter().any(|it| it == "Track.title"), "{found:?}");
    // Clients see nothing of it.
    assert!(!include_str!("../../schema/api.graphql").contains("@personal"));
}
