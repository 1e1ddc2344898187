//! The router's own crates read each workload's supergraph and plan as many requests as it promises.

use operation::{ApiSchema, Limits};
use query_graph::QueryGraph;
use supergraph::Supergraph;

use crate::workloads;

/// How many requests the plan sends to each subgraph.
fn planned(name: &str) -> String {
    let workload = workloads::find(name).unwrap();
    let urls = workload
        .universe
        .graphs
        .iter()
        .map(|graph| format!("http://{graph}"));
    let sdl = crate::supergraph::sdl(workload.universe, &urls.collect::<Vec<_>>());
    let supergraph = Supergraph::read(&sdl).unwrap();
    let model = supergraph.model();
    let api = ApiSchema::parse(&model.api_sdl()).unwrap();
    let prepared = operation::prepare(&api, workload.query, None, &Limits::default()).unwrap();
    let graph = QueryGraph::build(model);
    let plan = planner::plan(&graph, &prepared.operation, &planner::Options::default()).unwrap();
    let graphs = workload.universe.graphs.iter().map(|graph| {
        let fetches = plan.fetches.iter();
        let requests = fetches.filter(|it| it.subgraph_name.as_str() == *graph);
        format!("{graph} {}", requests.count())
    });
    graphs.collect::<Vec<_>>().join(", ")
}

#[test]
fn one_request_where_there_is_one_subgraph() {
    assert_eq!(planned("small"), "listeners 1");
    assert_eq!(planned("large"), "studio 1");
}

#[test]
fn six_requests_join_four_subgraphs() {
    assert_eq!(
        planned("joined"),
        "catalogue 2, charts 1, listeners 2, notes 1"
    );
}

#[test]
fn fourteen_requests_make_a_magazine() {
    assert_eq!(
        planned("magazine"),
        "articles 2, people 3, comments 2, figures 2, pictures 2, places 1, tags 2"
    );
}
