//! Writes down what a router asks the subgraphs for one client request, and in which rounds.
//!
//! The floor then sends the very same bytes. A request that begins while another is unanswered
//! belongs to that one's round; one that begins when all are answered opens the next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A request to a subgraph.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Call {
    /// The subgraph, by its place in the universe.
    pub(crate) graph: usize,
    /// The first round is 1.
    pub(crate) round: usize,
    pub(crate) body: String,
}

/// Records from [`Recorder::start`] to [`Recorder::finish`].
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Option<Recording>>);

#[derive(Debug, Default)]
struct Recording {
    calls: Vec<Call>,
    unanswered: usize,
    round: usize,
}

/// A request that is being answered.
#[derive(Debug)]
#[must_use]
pub(crate) struct Begun(());

impl Recorder {
    fn recording(&self) -> MutexGuard<'_, Option<Recording>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew.
    pub(crate) fn start(&self) {
        *self.recording() = Some(Recording::default());
    }

    /// Ends and gives the list of [`Call`]s as JSON.
    pub(crate) fn finish(&self) -> Bytes {
        let calls = self.recording().take().unwrap_or_default().calls;
        serde_json::to_vec(&calls).unwrap_or_default().into()
    }

    /// Notes a request, if a recording runs.
    pub(crate) fn begin(&self, graph: usize, body: &[u8]) -> Option<Begun> {
        let mut recording = self.recording();
        let recording = recording.as_mut()?;
        if recording.unanswered == 0 {
            recording.round += 1;
        }
        recording.unanswered += 1;
        recording.calls.push(Call {
            graph,
            round: recording.round,
            body: String::from_utf8_lossy(body).into_owned(),
        });
        Some(Begun(()))
    }

    /// Notes that a request is about to be answered.
    pub(crate) fn end(&self, Begun(()): Begun) {
        if let Some(recording) = self.recording().as_mut() {
            recording.unanswered = recording.unanswered.saturating_sub(1);
        }
    }
}

#[test]
fn requests_that_overlap_are_one_round() {
    let recorder = Recorder::default();
    assert!(recorder.begin(0, b"unseen").is_none());
    recorder.start();
    let one = recorder.begin(0, b"one").unwrap();
    let two = recorder.begin(1, b"two").unwrap();
    recorder.end(one);
    let three = recorder.begin(0, b"three").unwrap();
    recorder.end(two);
    recorder.end(three);
    let four = recorder.begin(0, b"four").unwrap();
    recorder.end(four);
    let calls: Vec<Call> = serde_json::from_slice(&recorder.finish()).unwrap();
    let rounds: Vec<_> = calls
        .iter()
        .map(|call| (call.body.as_str(), call.round))
        .collect();
    assert_eq!(rounds, [("one", 1), ("two", 1), ("three", 1), ("four", 2)]);
    assert_eq!(recorder.finish(), "[]");
}
