//! The problems of one run, in an order that does not depend on how they were found.

use std::fmt;

use crate::{Code, Level, Problem};

/// A collection of problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds an error; the rule goes on to point at its places.
    pub fn error(
        &mut self,
        code: Code,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) -> &mut Problem {
        self.add(Problem::new(code, Level::Error, coordinate, message))
    }

    /// Adds a hint, at the level its code has.
    pub fn hint(
        &mut self,
        code: Code,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) -> &mut Problem {
        self.add(Problem::new(code, code.hint_level(), coordinate, message))
    }

    /// Adds a finished problem.
    pub fn add(&mut self, problem: Problem) -> &mut Problem {
        let index = self.0.len();
        self.0.push(problem);
        &mut self.0[index]
    }

    /// Takes all problems of another collection.
    pub fn append(&mut self, mut other: Problems) {
        self.0.append(&mut other.0);
    }

    /// Whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|problem| problem.level == Level::Error)
    }

    /// Whether there is nothing at all, not even a hint.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets those that do not matter.
    pub fn retain(&mut self, matters: impl FnMut(&Problem) -> bool) {
        self.0.retain(matters);
    }

    /// All of them, to add places.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Problem> {
        self.0.iter_mut()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.0
            .iter()
            .filter(|problem| problem.level == Level::Error)
    }

    /// What is no error.
    pub fn hints(&self) -> impl Iterator<Item = &Problem> {
        self.0
            .iter()
            .filter(|problem| problem.level != Level::Error)
    }

    /// Forgets the hints. Advice about a graph that does not compose is noise.
    pub fn drop_hints(&mut self) {
        self.0.retain(|problem| problem.level == Level::Error);
    }

    /// Brings the problems into their canonical order (worst first, then by coordinate, code, place
    /// and text) and drops exact repetitions.
    pub fn sort(&mut self) {
        fn place(problem: &Problem) -> Option<&crate::Span> {
            problem.labels.first().map(|label| &label.span)
        }
        self.0.sort_by(|a, b| {
            (a.level, &a.coordinate, a.code, place(a), &a.message).cmp(&(
                b.level,
                &b.coordinate,
                b.code,
                place(b),
                &b.message,
            ))
        });
        self.0.dedup();
    }
}

impl<'p> IntoIterator for &'p Problems {
    type Item = &'p Problem;
    type IntoIter = std::slice::Iter<'p, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}

/// Prints one problem after the other.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
fn span(subgraph: &str, line: u32, column: u32) -> crate::Span {
    crate::Span {
        subgraph: subgraph.into(),
        start: crate::Position { line, column },
        end: crate::Position {
            line,
            column: column + 3,
        },
    }
}

#[test]
fn the_order_found_does_not_show() {
    let mut one = Problems::default();
    one.hint(Code::UnusedEnumType, "E", "unused");
    one.error(Code::NoQueries, "Query", "nothing to ask");
    one.error(Code::ExternalUnused, "A.b", "not used")
        .point_at(&span("b", 2, 1), "here");
    let mut other = Problems::default();
    other
        .error(Code::ExternalUnused, "A.b", "not used")
        .point_at(&span("b", 2, 1), "here");
    other.error(Code::NoQueries, "Query", "nothing to ask");
    other.hint(Code::UnusedEnumType, "E", "unused");
    one.sort();
    other.sort();
    assert_eq!(one, other);
    assert_eq!(
        one.to_string(),
        "EXTERNAL_UNUSED A.b: not used\n  --> b:2:1 here\n\
         NO_QUERIES Query: nothing to ask\nUNUSED_ENUM_TYPE E: unused"
    );
}

#[test]
fn hints_are_no_errors() {
    let mut problems = Problems::default();
    problems.hint(Code::UnusedEnumType, "E", "unused");
    assert!(!problems.has_errors());
    assert_eq!(problems.hints().count(), 1);
    problems.drop_hints();
    assert!(problems.is_empty());
}
