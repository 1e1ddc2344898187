//! When a field takes part in an operation: `@skip` and `@include`, folded into one formula.

use std::fmt;

use crate::Name;

/// One test of a Boolean variable: it holds when the variable's value equals `expected`.
///
/// `@include(if: $v)` is `expected: true`, `@skip(if: $v)` is `expected: false`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// The variable.
    pub variable: Name,
    /// The value it must have.
    pub expected: bool,
}

/// Any of some alternatives, each of which is all of some conditions (disjunctive normal form).
///
/// Kept minimal by its constructors: no alternative implies another, none contradicts itself,
/// conditions and alternatives are sorted. So equal formulas of this shape compare equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inclusion {
    any_of: Vec<Vec<Condition>>,
}

impl Inclusion {
    /// Always included.
    pub fn always() -> Self {
        Self {
            any_of: vec![Vec::new()],
        }
    }

    /// Never included.
    pub fn never() -> Self {
        Self { any_of: Vec::new() }
    }

    /// Included when this one condition holds.
    pub fn when(condition: Condition) -> Self {
        Self {
            any_of: vec![vec![condition]],
        }
    }

    /// Whether no variable can leave it out.
    pub fn is_always(&self) -> bool {
        self.any_of.first().is_some_and(Vec::is_empty)
    }

    /// Whether no variable can bring it in.
    pub fn is_never(&self) -> bool {
        self.any_of.is_empty()
    }

    /// The alternatives; each holds when all its conditions do.
    pub fn alternatives(&self) -> &[Vec<Condition>] {
        &self.any_of
    }

    /// Included when both are.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self.is_always() {
            return other.clone();
        }
        if other.is_always() {
            return self.clone();
        }
        let mut any_of = Vec::new();
        for left in &self.any_of {
            for right in &other.any_of {
                let mut all: Vec<Condition> = left.iter().chain(right).cloned().collect();
                all.sort();
                all.dedup();
                let contradicts = all
                    .windows(2)
                    .any(|pair| pair[0].variable == pair[1].variable);
                if !contradicts {
                    any_of.push(all);
                }
            }
        }
        Self::minimal(any_of)
    }

    /// Included when either is.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        if self.is_always() || other.is_always() {
            return Self::always();
        }
        Self::minimal(self.any_of.iter().chain(&other.any_of).cloned().collect())
    }

    /// Evaluates the formula; `value_of` gives a variable's value.
    pub fn holds(&self, mut value_of: impl FnMut(&Name) -> bool) -> bool {
        self.any_of
            .iter()
            .any(|all| all.iter().all(|it| value_of(&it.variable) == it.expected))
    }

    fn minimal(mut any_of: Vec<Vec<Condition>>) -> Self {
        any_of.sort_by(|left, right| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
        let mut kept: Vec<Vec<Condition>> = Vec::with_capacity(any_of.len());
        for candidate in any_of {
            let implied = kept
                .iter()
                .any(|shorter| shorter.iter().all(|it| candidate.contains(it)));
            if !implied {
                kept.push(candidate);
            }
        }
        Self { any_of: kept }
    }
}

impl Default for Inclusion {
    fn default() -> Self {
        Self::always()
    }
}

/// Prints such as `$a && !$b || $c`; `true` for always, `false` for never.
impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_always() {
            return f.write_str("true");
        }
        if self.is_never() {
            return f.write_str("false");
        }
        for (index, all) in self.any_of.iter().enumerate() {
            if index > 0 {
                f.write_str(" || ")?;
            }
            for (index, condition) in all.iter().enumerate() {
                let and = if index > 0 { " && " } else { "" };
                let not = if condition.expected { "" } else { "!" };
                write!(f, "{and}{not}${}", condition.variable)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, Inclusion};

    fn var(name: &str, expected: bool) -> Inclusion {
        Inclusion::when(Condition {
            variable: name.into(),
            expected,
        })
    }

    #[test]
    fn a_field_that_is_sometimes_unconditional_is_always_there() {
        assert!(var("a", true).or(&Inclusion::always()).is_always());
    }

    #[test]
    fn contradictions_vanish() {
        assert!(var("a", true).and(&var("a", false)).is_never());
    }

    #[test]
    fn an_alternative_that_another_implies_is_dropped() {
        let both = var("a", true).and(&var("b", true));
        assert_eq!(both.or(&var("a", true)).to_string(), "$a");
    }

    #[test]
    fn formulas_evaluate() {
        let formula = var("a", true).and(&var("b", false)).or(&var("c", true));
        assert_eq!(formula.to_string(), "$c || $a && !$b");
        assert!(formula.holds(|name| name == "a"));
        assert!(!formula.holds(|name| name == "a" || name == "b"));
    }
}
