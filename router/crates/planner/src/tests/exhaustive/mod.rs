//! The yardstick: on small random inputs, the least cost that any plan can have.
//!
//! An obligation is a want that must be asked for, or a view of a place that must be open. Each is
//! met in one of a few ways, which make further obligations. Every combination of ways is tried,
//! and its cost computed afterwards, from nothing but the dependencies: a view has the earliest
//! round its way allows, or any later one up to the last. So requests may wait to be shared.
//! Nothing here is shared with the planner but the tree of wants.

mod generate;
mod search;

use operation::{ApiSchema, Limits};
use query_graph::QueryGraph;

use crate::tree::{self, PlaceId, ROOT, Tree, WantId};
use crate::{Options, plan};
use generate::{Case, Random};
use search::{Obligation, least_cost};

/// How many random cases are looked at; about a third can be compared. The seeds are arbitrary.
const RUNS: &[(u64, usize)] = &[(0x005E_ED0F_3A5E, 150), (0x0BAD_5EED, 150)];

#[test]
fn small_plans_cost_what_the_best_plan_costs() {
    let (mut compared, mut dearer) = (0, Vec::new());
    for (seed, cases) in RUNS {
        println!("seed {seed:#x}, {cases} cases");
        let mut random = Random(*seed);
        for _ in 0..*cases {
            let case = Case::random(&mut random);
            let Some((ours, best)) = costs(&case) else {
                continue;
            };
            compared += 1;
            assert!(
                ours >= best,
                "cheaper than the best: {ours:?} < {best:?}\n{case:#?}"
            );
            if ours > best {
                dearer.push((ours, best, case));
            }
        }
    }
    println!("{compared} compared, {} dearer", dearer.len());
    assert!(compared > 75, "only {compared} cases could be compared");
    assert!(
        dearer.is_empty(),
        "{} of {compared} are dearer, such as {:#?}",
        dearer.len(),
        dearer[0]
    );
}

/// Rounds and requests of our plan and of the best one. None: the schemas do not compose, the
/// query does not fit them, or the case is not small.
fn costs(case: &Case) -> Option<((u16, usize), (u16, usize))> {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", \
                import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@provides\"])\n";
    let parsed: Vec<subgraph::Subgraph> = case
        .schemas
        .iter()
        .map(|(name, sdl)| subgraph::Subgraph::parse(name, "", &format!("{sdl}{link}")))
        .collect::<Result<_, _>>()
        .ok()?;
    let supergraph = composition::compose(&parsed).supergraph?;
    let model = supergraph.model();
    let graph = QueryGraph::build(model);
    let api = ApiSchema::parse(&model.api_sdl()).expect("a valid API schema");
    let prepared = operation::prepare(&api, &case.query, None, &Limits::default()).ok()?;
    let options = Options::default();
    let ours = plan(&graph, &prepared.operation, &options).expect("what composes can be planned");
    let rounds = ours.fetches.iter().map(|fetch| fetch.round + 1);
    let ours = (rounds.max().unwrap_or(0), ours.fetches.len());
    let by_type = tree::ByType::new();
    let tree =
        tree::build(&graph, &prepared.operation, &options, &by_type).expect("within the limit");
    let obligations = obligations(&tree);
    Some((ours, least_cost(tree, obligations)?))
}

/// What the client wants: every field without selections, and every place that nothing else shows.
fn obligations(tree: &Tree<'_>) -> Vec<Obligation> {
    let number = |index: usize| u32::try_from(index).expect("few wants");
    let leaves = (0..tree.wants.len())
        .map(|index| WantId(number(index)))
        .filter(|want| tree.want(*want).target.is_none())
        .map(Obligation::Want);
    let places = (0..tree.places.len())
        .map(|index| PlaceId(number(index)))
        .filter(|id| {
            let place = tree.place(*id);
            let shows_nothing = place.wants.is_empty() && place.narrowed.is_empty();
            *id != ROOT
                && place.narrowed_from.is_none()
                && (tree.graph.is_abstract(&place.type_name) || shows_nothing)
        })
        .map(Obligation::Seen);
    leaves.chain(places).collect()
}
