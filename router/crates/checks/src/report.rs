//! All that a check found, and whether it is a reason to stop.

use crate::{Change, Level, OperationCheck, Outcome};

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The changes, as [`crate::compare`] gives them.
    pub changes: Vec<Change>,
    /// The documents, as [`crate::operations`] gives them; empty if none are known.
    pub operations: Vec<OperationCheck>,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Breaking changes.
    pub breaking: usize,
    /// Dangerous changes.
    pub dangerous: usize,
    /// Safe changes.
    pub safe: usize,
    /// Documents that were valid and are not any more.
    pub broken_operations: usize,
}

/// What is a reason to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// A breaking change, or a broken operation.
    #[default]
    Breaking,
    /// A dangerous change as well.
    Dangerous,
    /// Nothing.
    Never,
}

impl Report {
    /// Counts what was found.
    pub fn summary(&self) -> Summary {
        let count = |level| self.changes.iter().filter(|it| it.level() == level).count();
        let broken = |it: &&OperationCheck| it.outcome == Outcome::Broken;
        Summary {
            breaking: count(Level::Breaking),
            dangerous: count(Level::Dangerous),
            safe: count(Level::Safe),
            broken_operations: self.operations.iter().filter(broken).count(),
        }
    }

    /// Whether what was found is a reason to stop.
    pub fn fails(&self, fail_on: FailOn) -> bool {
        let found = self.summary();
        let breaks = found.breaking > 0 || found.broken_operations > 0;
        match fail_on {
            FailOn::Breaking => breaks,
            FailOn::Dangerous => breaks || found.dangerous > 0,
            FailOn::Never => false,
        }
    }
}

#[test]
fn what_fails_depends_on_what_was_found() {
    let report = |rule| Report {
        changes: vec![Change {
            rule,
            coordinate: "A.b".to_owned(),
            message: String::new(),
            subgraph: None,
        }],
        operations: Vec::new(),
    };
    let (grave, risky) = (
        report(crate::Rule::FieldRemoved),
        report(crate::Rule::EnumValueAdded),
    );
    assert!(grave.fails(FailOn::Breaking) && grave.fails(FailOn::Dangerous));
    assert!(!risky.fails(FailOn::Breaking) && risky.fails(FailOn::Dangerous));
    assert!(!grave.fails(FailOn::Never));
    assert!(!Report::default().fails(FailOn::Dangerous));
}
