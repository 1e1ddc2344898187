//! Brings the subgraphs into their canonical order and all to Federation 2.
//!
//! Also `INVALID_SUBGRAPH_NAME`: names that cannot be told apart, or that are reserved; and
//! `IMPLICITLY_UPGRADED_FEDERATION_VERSION`.

use std::borrow::Cow;

use diagnostics::{Code, Problems};
use subgraph::Subgraph;

/// The subgraphs, ordered by name.
pub(crate) fn sort(subgraphs: &[Subgraph]) -> Cow<'_, [Subgraph]> {
    let mut subgraphs = Cow::Borrowed(subgraphs);
    if !subgraphs.is_sorted_by(|a, b| a.name <= b.name) {
        subgraphs.to_mut().sort_by(|a, b| a.name.cmp(&b.name));
    }
    subgraphs
}

/// Upgrades the subgraphs that need it.
pub(crate) fn upgrade(subgraphs: &mut Cow<'_, [Subgraph]>, problems: &mut Problems) {
    for subgraph in subgraphs.iter() {
        hint_lift(subgraph, problems);
    }
    if subgraphs.iter().any(|it| it.was_federation_one) {
        subgraph::upgrade(subgraphs.to_mut(), problems);
    }
}

/// Checks that subgraphs, in the order of their names, can be told apart.
pub(crate) fn check_names(subgraphs: &[Subgraph], problems: &mut Problems) {
    for subgraph in subgraphs {
        if &*subgraph.name == "_" {
            problems
                .error(
                    Code::InvalidSubgraphName,
                    "",
                    "A subgraph cannot be called `_`: the name is reserved.",
                )
                .point_at(&subgraph.span(), "the subgraph");
        }
    }
    for pair in subgraphs.windows(2) {
        if pair[0].name == pair[1].name {
            problems
                .error(
                    Code::InvalidSubgraphName,
                    "",
                    format!("Two subgraphs are called `{}`.", pair[0].name),
                )
                .point_at(&pair[0].span(), "the subgraph");
        }
    }
    if subgraphs.len() > usize::from(u16::MAX) {
        problems.error(
            Code::UnsupportedFeature,
            "",
            format!("More than {} subgraphs cannot be composed.", u16::MAX),
        );
    }
}

fn hint_lift(subgraph: &Subgraph, problems: &mut Problems) {
    if let Some(lift) = &subgraph.lifted {
        problems
            .hint(
                Code::ImplicitlyUpgradedFederationVersion,
                "",
                format!(
                    "Subgraph `{}` links federation {} and is composed as {}, because it links `{}`.",
                    subgraph.name, lift.from, subgraph.version, lift.specification
                ),
            )
            .point_at(&lift.span, "this specification needs the newer version");
    }
}

#[test]
fn a_newer_specification_lifts_the_federation_version_and_says_so() {
    let sdl = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost"]) type Query { q: Int @cost(weight: 1) }"#;
    let subgraph = Subgraph::parse("s", "", sdl).unwrap_or_else(|problems| panic!("{problems}"));
    let mut problems = Problems::default();
    let subgraphs = [subgraph];
    let mut prepared = sort(&subgraphs);
    upgrade(&mut prepared, &mut problems);
    assert_eq!(prepared[0].version.to_string(), "v2.9");
    expect_test::expect![[r#"
        IMPLICITLY_UPGRADED_FEDERATION_VERSION: Subgraph `s` links federation v2.3 and is composed as v2.9, because it links `cost`.
          --> s:1:70 this specification needs the newer version"#]]
    .assert_eq(&problems.to_string());
}
