//! Measures a document before it is validated: its depth and its size with fragments expanded.
//!
//! ```text
//! query { a { ...F } b { ...F } }        F costs 3 and is written once,
//! fragment F on T { x { y } ...G }       but the operation costs 2 × (1 + 3)
//! fragment G on T { z }
//! ```
//!
//! Fragments are measured in an order in which each comes after those it spreads, so each is
//! measured once; a circle has no such order and is refused here. Within one selection set a
//! fragment counts once however often it is spread there, because `CollectFields` visits it once.
//! So the work is the number of selection sets times the fragments reachable at one level, never
//! the size that is being measured.

use std::collections::{BTreeMap, HashMap};

use apollo_compiler::ast::{self, Definition, Selection};
use apollo_compiler::parser::SourceSpan;

use crate::document::location;
use crate::{ErrorCode, Limits, RequestError};

/// One selection set with its inline fragments dissolved.
#[derive(Default)]
struct Set {
    /// For each field, its own selection set.
    fields: Vec<Option<usize>>,
    /// The fragments spread here, each once.
    spreads: Vec<usize>,
}

/// A definition's selection sets, inner ones first.
struct Part<'d> {
    name: Option<&'d str>,
    span: Option<SourceSpan>,
    sets: Vec<Set>,
    /// Levels as written.
    depth: usize,
    /// Every fragment spread in it, with the deepest level it is spread at.
    spreads: BTreeMap<usize, usize>,
}

#[derive(Default)]
struct Totals {
    aliases: usize,
    directives: usize,
    /// The sum of the levels of all fields: what rules that look at whole subtrees would cost.
    levels: usize,
}

/// Checks a parsed document against the limits.
///
/// # Errors
/// The first limit that is exceeded, or a circle of fragments.
pub(crate) fn check(document: &ast::Document, limits: &Limits) -> Result<(), RequestError> {
    let mut index: HashMap<&str, usize> = HashMap::new();
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            let next = index.len();
            index.entry(&fragment.name).or_insert(next);
        }
    }
    if index.len() > limits.max_fragments {
        return Err(over("named fragments", limits.max_fragments));
    }
    let mut totals = Totals::default();
    let (mut fragments, mut operations) = (Vec::new(), Vec::new());
    for definition in &document.definitions {
        match definition {
            Definition::FragmentDefinition(it) => {
                totals.directives += it.directives.len();
                let part = Part::of(
                    Some(&it.name),
                    it.location(),
                    &it.selection_set,
                    &index,
                    &mut totals,
                );
                // A second fragment of the same name is an error that validation reports.
                if index.get(it.name.as_str()) == Some(&fragments.len()) {
                    fragments.push(part);
                }
            }
            Definition::OperationDefinition(it) => {
                totals.directives += it.directives.len();
                operations.push(Part::of(
                    None,
                    it.location(),
                    &it.selection_set,
                    &index,
                    &mut totals,
                ));
            }
            _ => {}
        }
    }
    if operations.len() > limits.max_operations {
        return Err(over("operations", limits.max_operations));
    }
    if totals.aliases > limits.max_aliases {
        return Err(over("aliases", limits.max_aliases));
    }
    if totals.directives > limits.max_directives {
        return Err(over("directives", limits.max_directives));
    }
    if totals.levels > limits.work() {
        return Err(RequestError::too_complex(
            "the document has too many deeply nested fields",
        ));
    }
    let order = order(&fragments).map_err(|at| circle(&fragments, at, document))?;
    check_depth(&fragments, &operations, &order, limits)?;
    check_size(&fragments, &operations, &order, limits)
}

fn over(what: &str, limit: usize) -> RequestError {
    RequestError::too_complex(format!("the document has more than {limit} {what}"))
}

fn circle(fragments: &[Part<'_>], at: usize, document: &ast::Document) -> RequestError {
    let fragment = &fragments[at];
    RequestError::new(
        ErrorCode::ValidationFailed,
        format!(
            "the fragment `{}` spreads itself, directly or through others",
            fragment.name.unwrap_or_default()
        ),
    )
    .at([location(fragment.span, &document.sources)])
}

impl<'d> Part<'d> {
    fn of(
        name: Option<&'d str>,
        span: Option<SourceSpan>,
        selections: &'d [Selection],
        index: &HashMap<&str, usize>,
        totals: &mut Totals,
    ) -> Self {
        let mut part = Self {
            name,
            span,
            sets: Vec::new(),
            depth: 0,
            spreads: BTreeMap::new(),
        };
        part.set(selections, 1, index, totals);
        part
    }

    /// Adds a selection set and those below it; gives its index. Recurses as deep as the parser
    /// let the document nest.
    fn set(
        &mut self,
        selections: &'d [Selection],
        level: usize,
        index: &HashMap<&str, usize>,
        totals: &mut Totals,
    ) -> usize {
        let mut set = Set::default();
        self.fill(&mut set, selections, level, index, totals);
        set.spreads.sort_unstable();
        set.spreads.dedup();
        self.sets.push(set);
        self.sets.len() - 1
    }

    fn fill(
        &mut self,
        set: &mut Set,
        selections: &'d [Selection],
        level: usize,
        index: &HashMap<&str, usize>,
        totals: &mut Totals,
    ) {
        self.depth = self.depth.max(level);
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    totals.aliases += usize::from(field.alias.is_some());
                    totals.directives += field.directives.len();
                    totals.levels += level;
                    let below = (!field.selection_set.is_empty())
                        .then(|| self.set(&field.selection_set, level + 1, index, totals));
                    set.fields.push(below);
                }
                Selection::InlineFragment(fragment) => {
                    totals.directives += fragment.directives.len();
                    self.fill(set, &fragment.selection_set, level + 1, index, totals);
                }
                Selection::FragmentSpread(spread) => {
                    totals.directives += spread.directives.len();
                    if let Some(&fragment) = index.get(spread.fragment_name.as_str()) {
                        set.spreads.push(fragment);
                        let deepest = self.spreads.entry(fragment).or_default();
                        *deepest = level.max(*deepest);
                    }
                }
            }
        }
    }
}

/// The fragments in an order in which each stands after those that it spreads.
///
/// # Errors
/// A fragment of a circle.
fn order(fragments: &[Part<'_>]) -> Result<Vec<usize>, usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; fragments.len()];
    let mut order = Vec::with_capacity(fragments.len());
    for start in 0..fragments.len() {
        // An own stack: a chain of fragments may be as long as the document.
        let mut stack = vec![(start, false)];
        while let Some((at, left)) = stack.pop() {
            if left {
                marks[at] = Mark::Done;
                order.push(at);
                continue;
            }
            if marks[at] != Mark::New {
                continue;
            }
            marks[at] = Mark::Open;
            stack.push((at, true));
            for &next in fragments[at].spreads.keys() {
                match marks[next] {
                    Mark::New => stack.push((next, false)),
                    Mark::Open => return Err(next),
                    Mark::Done => {}
                }
            }
        }
    }
    Ok(order)
}

fn check_depth(
    fragments: &[Part<'_>],
    operations: &[Part<'_>],
    order: &[usize],
    limits: &Limits,
) -> Result<(), RequestError> {
    let mut depths = vec![0; fragments.len()];
    let depth = |part: &Part<'_>, depths: &[usize]| {
        part.spreads
            .iter()
            .map(|(fragment, level)| level + depths[*fragment])
            .fold(part.depth, usize::max)
    };
    for &at in order {
        depths[at] = depth(&fragments[at], &depths);
    }
    let deepest = operations
        .iter()
        .map(|operation| depth(operation, &depths))
        .chain(depths.iter().copied())
        .max();
    if deepest.is_some_and(|deepest| deepest > limits.depth()) {
        return Err(RequestError::too_complex(format!(
            "the document is nested more than {} levels deep",
            limits.depth()
        )));
    }
    Ok(())
}

fn check_size(
    fragments: &[Part<'_>],
    operations: &[Part<'_>],
    order: &[usize],
    limits: &Limits,
) -> Result<(), RequestError> {
    let mut sizes = Sizes {
        fragments,
        own: vec![0; fragments.len()],
        seen: vec![0; fragments.len()],
        visit: 0,
        work: limits.work(),
    };
    for &at in order {
        // Only what the fragment's outermost set holds itself: what it spreads there is added
        // where it is spread, once.
        sizes.own[at] = sizes.part(&fragments[at])?.1;
    }
    let mut total: usize = 0;
    for operation in operations {
        total = total.saturating_add(sizes.part(operation)?.0);
    }
    if total > limits.max_fields {
        return Err(RequestError::too_complex(format!(
            "the document has more than {} fields once its fragments are expanded",
            limits.max_fields
        )));
    }
    Ok(())
}

struct Sizes<'p, 'd> {
    fragments: &'p [Part<'d>],
    /// For each fragment, the fields of its outermost set with what is below them.
    own: Vec<usize>,
    /// The visit in which a fragment was last counted.
    seen: Vec<usize>,
    visit: usize,
    work: usize,
}

impl Sizes<'_, '_> {
    /// The size of a definition's outermost set, with and without what it spreads itself.
    fn part(&mut self, part: &Part<'_>) -> Result<(usize, usize), RequestError> {
        let mut sizes: Vec<usize> = Vec::with_capacity(part.sets.len());
        let mut last = (0, 0);
        for set in &part.sets {
            let own = set.fields.iter().fold(0_usize, |sum, below| {
                let below = below.map_or(0, |below| sizes[below]);
                sum.saturating_add(1).saturating_add(below)
            });
            let all = own.saturating_add(self.spread(&set.spreads)?);
            sizes.push(all);
            last = (all, own);
        }
        Ok(last)
    }

    /// The size of all fragments reachable from these without entering a field, each once.
    fn spread(&mut self, spreads: &[usize]) -> Result<usize, RequestError> {
        self.visit += 1;
        let mut stack = spreads.to_vec();
        let mut sum: usize = 0;
        while let Some(at) = stack.pop() {
            if self.seen[at] == self.visit {
                continue;
            }
            self.seen[at] = self.visit;
            sum = sum.saturating_add(self.own[at]);
            let outermost = self.fragments[at].sets.last();
            let next = outermost.map_or(&[][..], |set| &set.spreads);
            self.work = self.work.checked_sub(1 + next.len()).ok_or_else(|| {
                RequestError::too_complex("the document's fragments spread each other too often")
            })?;
            stack.extend(next.iter().filter(|next| self.seen[**next] != self.visit));
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::error::render;
    use crate::{Document, Limits};

    /// Small limits, so that a case fits on a line.
    fn check(text: &str, expected: &Expect) {
        let limits = Limits {
            max_depth: 4,
            max_fields: 6,
            max_aliases: 2,
            max_directives: 2,
            max_fragments: 3,
            ..Limits::default()
        };
        let text = match Document::parse(text, &limits) {
            Ok(_) => "accepted".to_owned(),
            Err(errors) => render(&errors),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn a_fragment_counts_wherever_it_is_used() {
        let fragment = "fragment F on T { x y }";
        check(
            &format!("{{ a {{ ...F }} b {{ ...F }} }} {fragment}"),
            &expect![[r#"accepted"#]],
        );
        check(
            &format!("{{ a {{ ...F }} b {{ ...F }} c }} {fragment}"),
            &expect![[
                r#"- OPERATION_TOO_COMPLEX the document has more than 6 fields once its fragments are expanded"#
            ]],
        );
    }

    #[test]
    fn a_fragment_counts_once_in_one_selection_set() {
        let doubling = "fragment F on T { ...G ...G } fragment G on T { x y }";
        check(
            &format!("{{ a {{ ...F ...F ...G }} b c d }} {doubling}"),
            &expect![[r#"accepted"#]],
        );
    }

    #[test]
    fn depth_goes_through_fragments() {
        check("{ a { b { c { d } } } }", &expect![[r#"accepted"#]]);
        check(
            "{ a { b { c { d { e } } } } }",
            &expect![[r#"- OPERATION_TOO_COMPLEX the document is nested more than 4 levels deep"#]],
        );
        check(
            "{ a { ...F } } fragment F on T { b { c { d } } }",
            &expect![[r#"- OPERATION_TOO_COMPLEX the document is nested more than 4 levels deep"#]],
        );
    }

    #[test]
    fn circles_are_refused_with_their_place() {
        check(
            "{ ...F } fragment F on T { a { ...G } } fragment G on T { ...F }",
            &expect![[
                r#"1:10 GRAPHQL_VALIDATION_FAILED the fragment `F` spreads itself, directly or through others"#
            ]],
        );
        check(
            "{ a } fragment F on T { ...F }",
            &expect![[
                r#"1:7 GRAPHQL_VALIDATION_FAILED the fragment `F` spreads itself, directly or through others"#
            ]],
        );
    }

    #[test]
    fn what_is_written_is_counted() {
        check(
            "{ a: x b: x c: x }",
            &expect![[r#"- OPERATION_TOO_COMPLEX the document has more than 2 aliases"#]],
        );
        check(
            "{ a @x @x @x }",
            &expect![[r#"- OPERATION_TOO_COMPLEX the document has more than 2 directives"#]],
        );
        check(
            "{ a } fragment A on T { a } fragment B on T { a } fragment C on T { a } fragment D on T { a }",
            &expect![[r#"- OPERATION_TOO_COMPLEX the document has more than 3 named fragments"#]],
        );
    }
}
