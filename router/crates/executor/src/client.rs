//! The door to subgraphs: the only trait the executor needs of its surroundings.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use schema::{OperationKind, SubgraphId};

/// Carries one request to one subgraph.
pub trait SubgraphClient: Send + Sync {
    /// Sends the request and gives the whole body of the answer, whatever it contains: judging
    /// it is the executor's part. Dropping the future cancels the request.
    ///
    /// # Errors
    /// When no GraphQL answer can be had.
    fn send(
        &self,
        request: SubgraphRequest,
    ) -> impl Future<Output = Result<Bytes, SendError>> + Send;
}

/// One request to one subgraph.
#[derive(Clone)]
pub struct SubgraphRequest {
    /// Where it goes.
    pub subgraph: SubgraphId,
    /// What it does; mutations must be sent once at most.
    pub kind: OperationKind,
    /// JSON: `{"query", "operationName", "variables"}`, the latter two where there are any.
    pub body: Bytes,
}

impl fmt::Debug for SubgraphRequest {
    /// The body's length only: its variables can be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubgraphRequest")
            .field("subgraph", &self.subgraph)
            .field("kind", &self.kind)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Why a subgraph gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It took too long.
    #[error("no answer within {} ms", after.as_millis())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// No connection could be made.
    #[error("could not connect: {reason}")]
    Connect {
        /// What the transport said; it may name addresses, so it is not for clients.
        reason: String,
    },
    /// The connection broke before the answer was complete, or did not speak HTTP.
    #[error("the connection failed: {reason}")]
    Connection {
        /// What the transport said; it may name addresses, so it is not for clients.
        reason: String,
    },
    /// The answer has a status that no GraphQL answer has.
    #[error("the answer has HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The answer is not JSON by its media type.
    #[error("the answer has media type {found:?}")]
    MediaType {
        /// The media type, empty when none was given.
        found: String,
    },
    /// The answer is larger than is allowed.
    #[error("the answer is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
}
