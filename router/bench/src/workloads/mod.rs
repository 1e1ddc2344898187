//! What is measured: one file per workload, each a graph, a query and how many ask at once.

mod joined;
mod large;
mod magazine;
mod slow;
mod small;

use bytes::Bytes;
use serde_json::json;

use crate::mock::AnswerError;
use crate::universe::{Universe, id_text};

/// A workload, as plain data.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// One line for the report.
    pub(crate) about: &'static str,
    pub(crate) universe: &'static Universe,
    /// What every client sends. Its one variable is `id`.
    pub(crate) query: &'static str,
    /// How many clients ask at once, each over its own connection. Each asks for another id, so
    /// that no two requests in flight are equal and a router that shares equal ones gains nothing.
    pub(crate) connections: usize,
}

/// One client's request with the answer that is right.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// The request's body.
    pub(crate) request: Bytes,
    /// The body that one server holding all data would answer.
    pub(crate) answer: Bytes,
}

impl Exchange {
    /// The exchange of the client that asks for this id.
    ///
    /// # Errors
    /// When the query does not fit the universe.
    pub(crate) fn of(
        universe: &'static Universe,
        query: &str,
        id: u64,
    ) -> Result<Self, AnswerError> {
        let request = json!({"query": query, "variables": {"id": id_text(id)}});
        let request = Bytes::from(request.to_string());
        let answer = crate::mock::answer(universe, &request)?;
        Ok(Self { request, answer })
    }
}

/// All workloads, in the order of the report.
pub(crate) const ALL: [&Workload; 5] = [
    &small::WORKLOAD,
    &magazine::WORKLOAD,
    &joined::WORKLOAD,
    &large::WORKLOAD,
    &slow::WORKLOAD,
];

/// The workload with this name.
pub(crate) fn find(name: &str) -> Option<&'static Workload> {
    ALL.into_iter().find(|it| it.name == name)
}

impl Workload {
    /// One exchange for each connection.
    ///
    /// # Errors
    /// When the query does not fit the universe, which is a mistake in the workload.
    pub(crate) fn exchanges(&'static self) -> Result<Vec<Exchange>, AnswerError> {
        (0..self.connections as u64)
            .map(|id| Exchange::of(self.universe, self.query, id))
            .collect()
    }

    /// Whether a request is short work, also where each instruction is watched.
    pub(crate) fn is_quick(&self) -> bool {
        self.connections > 10
    }

    /// Whether one subgraph alone answers it, so that a proxy is a whole competitor.
    pub(crate) fn has_one_graph(&self) -> bool {
        self.universe.graphs.len() == 1
    }
}

/// The name of every workload with the number of bytes of its first answer.
#[cfg(test)]
fn sizes() -> Vec<(&'static str, usize)> {
    ALL.into_iter()
        .map(|it| (it.name, it.exchanges().unwrap()[0].answer.len()))
        .collect()
}

#[test]
fn answers_have_the_sizes_that_the_report_speaks_of() {
    expect_test::expect![[r#"[("small", 219), ("magazine", 19253), ("joined", 88506), ("large", 7891488), ("slow", 7891554)]"#]]
        .assert_eq(&format!("{:?}", sizes()));
}

#[test]
fn requests_of_different_connections_differ_in_the_variable_alone() {
    for workload in ALL {
        let exchanges = workload.exchanges().unwrap();
        assert_eq!(exchanges.len(), workload.connections);
        for pair in exchanges.windows(2) {
            assert_ne!(pair[0].request, pair[1].request);
            assert_eq!(pair[0].request.len(), pair[1].request.len());
            assert_ne!(pair[0].answer, pair[1].answer);
        }
    }
}

#[test]
fn the_magazine_has_as_many_leaves_as_the_report_says() {
    fn leaves(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Array(items) => items.iter().map(leaves).sum(),
            serde_json::Value::Object(members) => members.values().map(leaves).sum(),
            _ => 1,
        }
    }
    let exchanges = find("magazine").unwrap().exchanges().unwrap();
    let answer = serde_json::from_slice(&exchanges[0].answer).unwrap();
    assert_eq!(leaves(&answer), 250);
}
