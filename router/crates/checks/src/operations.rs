//! Which known operations a change breaks.

use operation::{ApiSchema, Document, Limits, RequestError, validate};

/// A file of operations that some client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationDocument {
    /// What it is called in reports, such as its path.
    pub name: String,
    /// The document.
    pub text: String,
}

/// What a change does to one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationCheck {
    /// The document's name.
    pub document: String,
    /// The names of its operations; those without a name are left out.
    pub operations: Vec<String>,
    /// What was found.
    pub outcome: Outcome,
    /// What is wrong with it under the new schema, or if it is broken under both, under the new.
    pub problems: Vec<RequestError>,
}

/// What a change does to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was valid and is.
    Unaffected,
    /// It was valid and is not any more.
    Broken,
    /// It was not valid and still is not: not this change's doing.
    BrokenBefore,
    /// It was not valid and is now.
    Repaired,
}

impl Outcome {
    /// The outcome as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unaffected => "unaffected",
            Self::Broken => "broken",
            Self::BrokenBefore => "broken_before",
            Self::Repaired => "repaired",
        }
    }
}

/// Validates documents against the API before and after a change.
pub fn operations(
    old: &ApiSchema,
    new: &ApiSchema,
    documents: &[OperationDocument],
) -> Vec<OperationCheck> {
    documents
        .iter()
        .map(|document| check(old, new, document))
        .collect()
}

fn check(old: &ApiSchema, new: &ApiSchema, document: &OperationDocument) -> OperationCheck {
    let limits = Limits::default();
    let parsed = match Document::parse(&document.text, &limits) {
        Ok(parsed) => parsed,
        Err(problems) => {
            return OperationCheck {
                document: document.name.clone(),
                operations: Vec::new(),
                outcome: Outcome::BrokenBefore,
                problems,
            };
        }
    };
    let was_valid = validate(old, &parsed, &limits).is_ok();
    let problems = validate(new, &parsed, &limits).err().unwrap_or_default();
    let outcome = match (was_valid, problems.is_empty()) {
        (true, true) => Outcome::Unaffected,
        (true, false) => Outcome::Broken,
        (false, false) => Outcome::BrokenBefore,
        (false, true) => Outcome::Repaired,
    };
    OperationCheck {
        document: document.name.clone(),
        operations: parsed
            .operations()
            .filter_map(|(name, _)| name.map(str::to_owned))
            .collect(),
        outcome,
        problems,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use operation::ApiSchema;

    use super::{OperationDocument, operations};

    #[test]
    fn each_document_is_tried_against_both() {
        let old = ApiSchema::parse("type Query { a: Int b: Int }").unwrap();
        let new = ApiSchema::parse("type Query { a: Int c: Int }").unwrap();
        let documents: Vec<OperationDocument> = [
            "query A { a }",
            "query B { b }",
            "query C { c }",
            "{ d }",
            "{",
        ]
        .iter()
        .map(|text| OperationDocument {
            name: format!("<{text}>"),
            text: (*text).to_owned(),
        })
        .collect();
        let lines: Vec<String> = operations(&old, &new, &documents)
            .iter()
            .map(|check| {
                let problems: Vec<&str> = check
                    .problems
                    .iter()
                    .map(|it| it.message.as_str())
                    .collect();
                format!(
                    "{} {:?} {} {problems:?}",
                    check.document,
                    check.operations,
                    check.outcome.as_str()
                )
            })
            .collect();
        expect![[r#"
            <query A { a }> ["A"] unaffected []
            <query B { b }> ["B"] broken ["type `Query` does not have a field `b`"]
            <query C { c }> ["C"] repaired []
            <{ d }> [] broken_before ["type `Query` does not have a field `d`"]
            <{> [] broken_before ["syntax error: expected at least one Selection in Selection Set"]"#]].assert_eq(&lines.join("\n"));
    }
}
