//! A compiled plan: made once per plan, shared by all requests that use it.

use std::hash::BuildHasher;

use plan::{Plan, PositionId};

use crate::compile::as_it_stands;
use crate::compile::fetches::{self, FetchShape};
use crate::compile::positions::{self, PositionShape};
use crate::compile::types::TypeTable;
use crate::compile::write::{self, WriteShape};
use crate::limits::Limits;
use crate::size_hint::SizeHint;

/// A plan with everything worked out that does not depend on the request.
#[derive(Debug)]
pub struct Executable {
    plan: Plan,
    pub(crate) limits: Limits,
    pub(crate) types: TypeTable,
    pub(crate) positions: Vec<PositionShape>,
    pub(crate) fetches: Vec<FetchShape>,
    pub(crate) answer: WriteShape,
    /// How large answers are likely to be, in bytes.
    pub(crate) answer_size: SizeHint,
    /// How many slots are likely to be filled.
    pub(crate) slots: SizeHint,
    /// Starts the hashes of representations: data that strangers chose must not be able to
    /// collide on purpose.
    pub(crate) hash_seed: u64,
}

impl Executable {
    /// Compiles a plan, to be carried out within the default limits.
    pub fn compile(plan: Plan) -> Self {
        Self::compile_with(plan, Limits::default())
    }

    /// Compiles a plan. The plan must keep the promises of its types: ids in it are taken as
    /// indices.
    pub fn compile_with(plan: Plan, limits: Limits) -> Self {
        let types = TypeTable::of(&plan);
        let as_it_stands = as_it_stands::find(&plan);
        Self {
            positions: positions::compile(&plan, &types),
            fetches: fetches::compile(&plan, &types, &as_it_stands),
            answer: write::compile(&plan, &types, &as_it_stands, &plan.answer),
            types,
            plan,
            limits,
            answer_size: SizeHint::default(),
            slots: SizeHint::default(),
            hash_seed: std::hash::RandomState::new().hash_one(0_u8),
        }
    }

    /// The plan it was compiled from.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn position(&self, id: PositionId) -> &PositionShape {
        &self.positions[id.index()]
    }
}
