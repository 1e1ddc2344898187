//! Subgraphs that come and go, and where they answer.

use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    let graphs = difference(&pair.old.graphs, &pair.new.graphs, |it| &it.name);
    for graph in graphs.removed {
        changes.add_in(
            Rule::SubgraphRemoved,
            &graph.name,
            &*graph.name,
            "the subgraph was removed",
        );
    }
    for graph in graphs.added {
        changes.add_in(
            Rule::SubgraphAdded,
            &graph.name,
            &*graph.name,
            "a subgraph was added",
        );
    }
    for (old, new) in graphs.both {
        if old.url != new.url {
            let message = format!(
                "the subgraph's URL changed from {:?} to {:?}",
                old.url, new.url
            );
            changes.add_in(Rule::RoutingUrlChanged, &old.name, &*old.name, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    fn sdl(graphs: &str) -> String {
        format!(
            "schema @link(url: \"https://specs.apollo.dev/link/v1.0\")
               @link(url: \"https://specs.apollo.dev/join/v0.5\", for: EXECUTION) {{ query: Query }}
             enum join__Graph {{ A @join__graph(name: \"a\", url: \"http://a\") {graphs} }}
             type Query @join__type(graph: A) {{ a: Int }}"
        )
    }

    #[test]
    fn subgraphs_come_go_and_move() {
        check(
            &sdl(
                "B @join__graph(name: \"b\", url: \"http://b\") C @join__graph(name: \"c\", url: \"http://c\")",
            ),
            &sdl(
                "C @join__graph(name: \"c\", url: \"http://elsewhere\") D @join__graph(name: \"d\", url: \"http://d\")",
            ),
            &expect![[r#"
                dangerous SUBGRAPH_REMOVED b: the subgraph was removed
                dangerous ROUTING_URL_CHANGED c: the subgraph's URL changed from "http://c" to "http://elsewhere"
                safe SUBGRAPH_ADDED d: a subgraph was added"#]],
        );
    }
}
