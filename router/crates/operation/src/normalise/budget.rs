//! What normalising one operation may cost.

use schema::{Condition, Inclusion};

use super::conditions::size;
use crate::{Limits, RequestError};

/// Fields that may still come out, and steps that may still be taken.
pub(super) struct Budget {
    fields: usize,
    max_fields: usize,
    work: usize,
    max_alternatives: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            fields: limits.max_fields,
            max_fields: limits.max_fields,
            work: limits.work(),
            max_alternatives: limits.max_alternatives,
        }
    }

    /// Pays for one field of the normal form.
    pub(super) fn field(&mut self) -> Result<(), RequestError> {
        self.fields = self.fields.checked_sub(1).ok_or_else(|| {
            RequestError::too_complex(format!(
                "the operation has more than {} fields once they are told apart by object type",
                self.max_fields
            ))
        })?;
        Ok(())
    }

    /// Pays for so many steps.
    pub(super) fn steps(&mut self, steps: usize) -> Result<(), RequestError> {
        self.work = self.work.checked_sub(steps).ok_or_else(|| {
            RequestError::too_complex("too many selections of the operation overlap")
        })?;
        Ok(())
    }

    /// Both formulas hold.
    pub(super) fn and(
        &mut self,
        left: &Inclusion,
        right: &Inclusion,
    ) -> Result<Inclusion, RequestError> {
        if left.is_always() || right.is_always() {
            return Ok(left.and(right));
        }
        let product = left.alternatives().len() * right.alternatives().len();
        self.formula(product, size(left) + size(right))?;
        self.bounded(left.and(right))
    }

    /// Either formula holds.
    pub(super) fn or(
        &mut self,
        left: &Inclusion,
        right: &Inclusion,
    ) -> Result<Inclusion, RequestError> {
        let sum = left.alternatives().len() + right.alternatives().len();
        self.formula(sum, size(left) + size(right))?;
        self.bounded(left.or(right))
    }

    /// The left formula holds and the right one does not.
    pub(super) fn and_not(
        &mut self,
        left: &Inclusion,
        right: &Inclusion,
    ) -> Result<Inclusion, RequestError> {
        let mut formula = left.clone();
        for conditions in right.alternatives() {
            let mut fails = Inclusion::never();
            for condition in conditions {
                let not = Inclusion::when(Condition {
                    variable: condition.variable.clone(),
                    expected: !condition.expected,
                });
                fails = self.or(&fails, &not)?;
            }
            formula = self.and(&formula, &fails)?;
        }
        Ok(formula)
    }

    /// Making a formula minimal compares its alternatives with each other.
    fn formula(&mut self, alternatives: usize, conditions: usize) -> Result<(), RequestError> {
        self.steps(
            alternatives
                .saturating_mul(alternatives)
                .saturating_add(conditions),
        )
    }

    fn bounded(&self, formula: Inclusion) -> Result<Inclusion, RequestError> {
        if formula.alternatives().len() > self.max_alternatives {
            return Err(RequestError::too_complex(format!(
                "a field hangs on more than {} combinations of `@skip` and `@include`",
                self.max_alternatives
            )));
        }
        Ok(formula)
    }
}
