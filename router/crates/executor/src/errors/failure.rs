//! Requests that gave nothing: their fields are null, the rest of the answer stands.

use plan::{FetchId, LayerSource, PositionId};

use super::client_error::{ClientError, PathStep, code};
use super::fault::{FEW_PLACES, all_places};
use super::place::ClientPath;
use crate::arena::SlotValue;
use crate::client::SendError;
use crate::compile::write::WriteValueShape;
use crate::entities::attach_failed;
use crate::read::Malformed;
use crate::state::Execution;

/// Why a request gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no answer.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The answer is not JSON, or no object.
    #[error("the answer is malformed: {0}")]
    Malformed(#[from] Malformed),
    /// The answer has neither data nor errors.
    #[error("the answer has neither data nor errors")]
    NoData,
    /// `data` is no object.
    #[error("the data of the answer is no object")]
    DataIsNoObject,
}

impl Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Send(SendError::Timeout { .. }) => code::TIMEOUT,
            Self::Send(SendError::MediaType { .. })
            | Self::Malformed(_)
            | Self::NoData
            | Self::DataIsNoObject => code::MALFORMED_RESPONSE,
            Self::Send(_) => code::HTTP_ERROR,
        }
    }

    /// What any client may know.
    fn public_text(&self) -> String {
        match self {
            Self::Send(SendError::Timeout { .. }) => "did not answer in time".to_owned(),
            Self::Send(SendError::Connect { .. }) => "could not be reached".to_owned(),
            Self::Send(SendError::Connection { .. }) => {
                "broke off the connection before its answer was complete".to_owned()
            }
            Self::Send(SendError::Status { status }) => {
                format!("answered with HTTP status {status}")
            }
            Self::Send(SendError::BodyTooLarge { .. }) => {
                "answered with more than is allowed".to_owned()
            }
            Self::Send(SendError::MediaType { .. })
            | Self::Malformed(_)
            | Self::NoData
            | Self::DataIsNoObject => "gave an answer that is no GraphQL response".to_owned(),
        }
    }
}

/// Makes the fields of a fetch null, and tells the client so, once for each position.
pub(crate) fn report_failure(execution: &mut Execution<'_>, fetch: FetchId, failure: &Failure) {
    let shape = execution.shape(fetch);
    let code = failure.code();
    tracing::warn!(
        subgraph.name = %shape.subgraph_name,
        error.code = code,
        error = %failure,
        "a subgraph request failed"
    );
    let mut message = format!(
        "The subgraph \"{}\" {}",
        shape.subgraph_name,
        failure.public_text()
    );
    let says_more = !matches!(failure, Failure::Send(SendError::Status { .. }));
    if says_more && (execution.expose_errors)(shape.subgraph) {
        message.push_str(&format!(": {failure}"));
    }
    message.push('.');
    let error = ClientError::new(message, code).by_service(&shape.subgraph_name);

    execution.store.data[fetch.index()] = SlotValue::Failed;
    let mut paths = Vec::new();
    let asked = std::mem::take(&mut execution.asked[fetch.index()]);
    for (entity, asked) in shape.entities.iter().zip(&asked) {
        paths.extend(all_places(execution, entity, asked));
        attach_failed(&mut execution.store, asked);
    }
    if shape.entities.is_empty() {
        paths = root_fields(execution, fetch);
    }
    let told = paths.into_iter().map(|path| error.at(path));
    execution.tell(fetch, told);
}

/// The root fields that come from a fetch; one empty path when they are many or none, for the
/// client must hear of the failure in any case.
fn root_fields(execution: &Execution<'_>, fetch: FetchId) -> Vec<ClientPath> {
    let executable = execution.executable;
    let root = executable.position(PositionId::ROOT);
    let is_made_by_it = |layer: plan::LayerId| {
        root.layers
            .get(layer.index())
            .is_some_and(|it| it.fetch == fetch)
    };
    let fields: Vec<ClientPath> = executable
        .answer
        .fields
        .iter()
        .filter(|field| execution.included.holds(field.inclusion))
        .filter(|field| match &field.value {
            WriteValueShape::Leaf { layer, .. } => is_made_by_it(*layer),
            WriteValueShape::Object(object) => executable
                .position(object.position)
                .layers
                .iter()
                .any(|layer| match layer.source {
                    LayerSource::Field { parent, .. } => is_made_by_it(parent),
                    _ => false,
                }),
            WriteValueShape::TypeName | WriteValueShape::Introspection => false,
        })
        .map(|field| vec![PathStep::Key(field.client_key.clone())])
        .collect();
    if fields.is_empty() || fields.len() > FEW_PLACES {
        vec![Vec::new()]
    } else {
        fields
    }
}

#[test]
fn what_a_client_may_know_names_no_address() {
    let failure = Failure::Send(SendError::Connect {
        reason: "10.0.0.7:4001 refused".to_owned(),
    });
    assert_eq!(failure.public_text(), "could not be reached");
    assert_eq!(failure.code(), "SUBREQUEST_HTTP_ERROR");
    let timeout = Failure::Send(SendError::Timeout {
        after: std::time::Duration::from_secs(30),
    });
    assert_eq!(timeout.code(), "SUBREQUEST_TIMEOUT");
    assert_eq!(timeout.to_string(), "no answer within 30000 ms");
}
