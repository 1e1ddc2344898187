//! `@skip` and `@include` of one selection become a formula; literals are decided at once.

use apollo_compiler::ast::{Directive, Value};
use apollo_compiler::executable::DirectiveList;
use schema::{Condition, Inclusion, from_parser};

/// When the directives let a selection take part.
pub(super) fn inclusion(directives: &DirectiveList) -> Inclusion {
    let mut formula = Inclusion::always();
    for directive in directives {
        let expected = match directive.name.as_str() {
            "include" => true,
            "skip" => false,
            _ => continue,
        };
        formula = formula.and(&condition(directive, expected));
    }
    formula
}

fn condition(directive: &Directive, expected: bool) -> Inclusion {
    match directive.specified_argument_by_name("if").map(|it| &**it) {
        Some(Value::Boolean(value)) if *value == expected => Inclusion::always(),
        Some(Value::Variable(variable)) => Inclusion::when(Condition {
            variable: from_parser::name(variable),
            expected,
        }),
        // Validation lets nothing through but the two above and the literal that says no.
        _ => Inclusion::never(),
    }
}

/// Whether `left` holding makes `right` hold, as far as their shapes show it.
pub(super) fn implies(left: &Inclusion, right: &Inclusion) -> bool {
    left.alternatives().iter().all(|all| {
        right
            .alternatives()
            .iter()
            .any(|weaker| weaker.iter().all(|condition| all.contains(condition)))
    })
}

/// How many conditions a formula has: what comparing it costs.
pub(super) fn size(formula: &Inclusion) -> usize {
    formula.alternatives().iter().map(Vec::len).sum()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::normalise::tests::check;

    #[test]
    fn literals_are_decided_at_once() {
        check(
            "{ dog { a: id @skip(if: true) b: id @include(if: false) c: id @include(if: true) @skip(if: false) } }",
            &expect![[r#"
                Query.dog: Dog
                  c: Dog.id: ID!"#]],
        );
    }

    #[test]
    fn nested_conditions_are_all_needed() {
        check(
            "query ($a: Boolean!, $b: Boolean!) { dog { ... @include(if: $a) { id @skip(if: $b) name @skip(if: $a) } } }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.id: ID! if $a && !$b"#]],
        );
    }

    #[test]
    fn a_field_selected_twice_is_there_when_either_is() {
        check(
            "query ($a: Boolean!, $b: Boolean!) { dog { id @include(if: $a) id @include(if: $b) name @include(if: $a) name } }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.id: ID! if $a || $b
                  Dog.name: String"#]],
        );
    }

    #[test]
    fn what_is_below_hangs_on_its_own_occurrence_of_the_field() {
        check(
            "query ($a: Boolean!) { dog { id } dog @include(if: $a) { name } }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.id: ID!
                  Dog.name: String if $a"#]],
        );
        check(
            "query ($a: Boolean!) { dog @include(if: $a) { id } dog @include(if: $a) { name } }",
            &expect![[r#"
                Query.dog: Dog if $a
                  Dog.id: ID!
                  Dog.name: String"#]],
        );
    }

    #[test]
    fn everything_below_may_be_left_out() {
        check(
            "{ dog { id @skip(if: true) } }",
            &expect![[r#"
            Query.dog: Dog
              (nothing)"#]],
        );
    }
}
