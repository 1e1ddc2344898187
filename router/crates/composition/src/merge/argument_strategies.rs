//! How different arguments of a directive that may stand only once become one.
//!
//! Costs take the worst; access requirements must all hold, as a conjunction of their disjunctions.

use schema::Value;

use super::default_value::same;

/// How the values of one argument are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The greatest number.
    Max,
    /// Every item of the lists, once.
    Union,
    /// True only if all are.
    And,
    /// Lists of lists as "any of (all of …)": all of them must hold.
    Conjunction,
}

impl Strategy {
    /// Combines the values; nothing if there are none.
    pub(crate) fn combine(self, values: &[&Value]) -> Option<Value> {
        let written: Vec<&Value> = values
            .iter()
            .filter(|it| !matches!(it, Value::Null))
            .copied()
            .collect();
        let first = *written.first()?;
        Some(match self {
            Self::Max => written
                .iter()
                .copied()
                .reduce(|a, b| if number(b) > number(a) { b } else { a })
                .unwrap_or(first)
                .clone(),
            Self::And => Value::Boolean(written.iter().all(|it| it.as_bool() == Some(true))),
            Self::Union => Value::List(union(&written)),
            Self::Conjunction => conjunction(&written),
        })
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Int(digits) | Value::Float(digits) => digits.parse().unwrap_or(f64::MIN),
        _ => f64::MIN,
    }
}

/// The items of a list; a single value counts as a list of one, as input coercion has it.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn union(lists: &[&Value]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for item in lists.iter().flat_map(|it| items(it)) {
        if !all.iter().any(|known| same(known, item)) {
            all.push(item.clone());
        }
    }
    all
}

/// The conjunction of disjunctions of conjunctions, reduced: what contains all of another
/// alternative adds nothing. No alternative at all, `[]`, demands nothing.
fn conjunction(values: &[&Value]) -> Value {
    let mut alternatives: Vec<Vec<Value>> = vec![Vec::new()];
    for value in values {
        let own: Vec<Vec<Value>> = items(value).iter().map(|it| items(it).to_vec()).collect();
        if own.is_empty() {
            continue;
        }
        let product = alternatives.iter().flat_map(|left| {
            own.iter().map(|right| {
                let mut both = left.clone();
                both.extend(right.iter().cloned());
                normal(both)
            })
        });
        // Reducing after each step keeps the product of many small sets small.
        alternatives = reduce(product.collect());
    }
    if alternatives.iter().all(Vec::is_empty) {
        return Value::List(Vec::new());
    }
    Value::List(alternatives.into_iter().map(Value::List).collect())
}

/// Sorted, each once.
fn normal(mut all: Vec<Value>) -> Vec<Value> {
    all.sort_by_cached_key(ToString::to_string);
    all.dedup();
    all
}

fn reduce(mut alternatives: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    alternatives.sort_by_key(Vec::len);
    let mut kept: Vec<Vec<Value>> = Vec::new();
    for candidate in alternatives {
        let contains = |smaller: &Vec<Value>| smaller.iter().all(|it| candidate.contains(it));
        if !kept.iter().any(contains) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
fn combined(strategy: Strategy, values: &[&str]) -> String {
    let parse = |text: &&str| {
        let sdl = format!("directive @d(a: Int = {text}) on FIELD type Query {{ a: Int }}");
        let subgraph = subgraph::Subgraph::parse(
            "s",
            "",
            &sdl.replace("Int = [[", "[[String]] = [[")
                .replace("Int = []", "[[String]] = []")
                .replace("Int = [\"", "[String] = [\"")
                .replace("Int = true", "Boolean = true")
                .replace("Int = false", "Boolean = false"),
        )
        .unwrap();
        subgraph.directive_definitions["d"].arguments["a"]
            .default
            .clone()
            .unwrap()
    };
    let values: Vec<Value> = values.iter().map(parse).collect();
    let references: Vec<&Value> = values.iter().collect();
    strategy.combine(&references).unwrap().to_string()
}

#[test]
fn costs_take_the_worst() {
    assert_eq!(combined(Strategy::Max, &["5", "10", "7"]), "10");
    assert_eq!(combined(Strategy::And, &["true", "false"]), "false");
    assert_eq!(
        combined(Strategy::Union, &[r#"["a", "b"]"#, r#"["b", "c"]"#]),
        r#"["a", "b", "c"]"#
    );
}

#[test]
fn requirements_must_all_hold() {
    assert_eq!(
        combined(
            Strategy::Conjunction,
            &[r#"[["a1", "a2"], ["a3"]]"#, r#"[["b1"], ["b2"]]"#]
        ),
        r#"[["a3", "b1"], ["a3", "b2"], ["a1", "a2", "b1"], ["a1", "a2", "b2"]]"#
    );
    assert_eq!(
        combined(
            Strategy::Conjunction,
            &[
                r#"[["a"], ["c"]]"#,
                r#"[["a"], ["b"], ["c"]]"#,
                r#"[["a"], ["b", "c"]]"#
            ]
        ),
        r#"[["a"], ["b", "c"]]"#
    );
}

#[test]
fn an_empty_list_demands_nothing() {
    assert_eq!(
        combined(Strategy::Conjunction, &["[]", r#"[["a"]]"#]),
        r#"[["a"]]"#
    );
    assert_eq!(combined(Strategy::Conjunction, &["[]", "[]"]), "[]");
}
