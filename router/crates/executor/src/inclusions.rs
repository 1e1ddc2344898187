//! Which of the plan's inclusion formulas hold in this request.

use bytes::Bytes;
use plan::{InclusionId, Plan};
use schema::Name;
use smallvec::SmallVec;

/// The value of every formula of a plan.
#[derive(Debug)]
pub(crate) struct Inclusions(SmallVec<[bool; 16]>);

impl Inclusions {
    /// Evaluates the formulas. A variable without a value counts as false: operations are
    /// validated, so the variable of a condition is a `Boolean!` and has one.
    pub(crate) fn evaluate(plan: &Plan, variables: &[(Name, Bytes)]) -> Self {
        let value_of = |name: &Name| {
            variables
                .iter()
                .any(|(variable, value)| variable == name && value.as_ref() == b"true")
        };
        Self(
            plan.inclusions
                .iter()
                .map(|formula| formula.holds(value_of))
                .collect(),
        )
    }

    /// Whether something with this formula takes part.
    pub(crate) fn holds(&self, id: Option<InclusionId>) -> bool {
        id.is_none_or(|id| self.0.get(usize::from(id.0)).copied().unwrap_or(false))
    }
}
