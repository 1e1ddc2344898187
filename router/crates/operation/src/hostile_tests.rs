//! Documents written to hurt: each is answered or refused, and neither takes long.
//!
//! The tests assert which of the two it is. That they end at all is the point of most of them:
//! done naively, several take minutes or overflow the stack.

use expect_test::{Expect, expect};

use crate::{ApiSchema, Limits, RequestError, prepare};

/// `Node` is its own child in every way; a hundred objects implement it.
fn schema() -> ApiSchema {
    let objects: String = (0..100)
        .map(|n| format!("type O{n} implements Node {{ id: ID! x(a: Int): Node y: Node n: Int list(of: [In!]): [Node!] }}\n"))
        .collect();
    ApiSchema::parse(&format!(
        "type Query {{ node: Node id: ID n(a: Int): Int }}
         interface Node {{ id: ID! x(a: Int): Node y: Node n: Int list(of: [In!]): [Node!] }}
         input In {{ a: Int in: In many: [In!] }}
         {objects}"
    ))
    .unwrap()
}

fn outcome(text: &str) -> String {
    match prepare(&schema(), text, None, &Limits::default()) {
        Ok(prepared) => {
            let mut count = 0;
            let mut stack = vec![&prepared.operation.selections];
            while let Some(set) = stack.pop() {
                count += set.fields.len();
                stack.extend(
                    set.fields
                        .iter()
                        .filter_map(|field| field.selections.as_ref()),
                );
            }
            format!("answered with {count} fields")
        }
        Err(errors) => refusal(&errors),
    }
}

fn refusal(errors: &[RequestError]) -> String {
    let first = &errors[0];
    let message: String = first.message.chars().take(120).collect();
    format!("{} errors, first: {} {}", errors.len(), first.code, message)
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&outcome(text));
}

#[test]
fn nesting() {
    for levels in [1_000, 10_000, 100_000] {
        let text = format!("{{{}", "node{".repeat(levels));
        assert!(outcome(&text).contains("OPERATION_TOO_COMPLEX"), "{levels}");
        let closed = format!("{}id{}", "{node".repeat(levels), "}".repeat(levels));
        assert!(
            outcome(&closed).contains("OPERATION_TOO_COMPLEX"),
            "{levels}"
        );
    }
    check(
        &format!(
            "{{ node {{ {} id {} }} }}",
            "x { ".repeat(97),
            "}".repeat(97)
        ),
        &expect![[r#"answered with 99 fields"#]],
    );
    check(
        &format!(
            "{{ node {{ {} id {} }} }}",
            "... { ".repeat(300),
            "}".repeat(300)
        ),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document is nested more than 100 levels deep"#
        ]],
    );
    check(
        &format!("{{ n(a: {}1{}) }}", "[".repeat(9_000), "]".repeat(9_000)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document is nested more than 100 levels deep"#
        ]],
    );
    check(
        &format!(
            "query ($v: {}Int{}) {{ id }}",
            "[".repeat(9_000),
            "]".repeat(9_000)
        ),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document is nested more than 100 levels deep"#
        ]],
    );
}

#[test]
fn a_wide_selection_far_down() {
    let text = |levels: usize, fields: usize| {
        let leaves: String = (0..fields).map(|_| "id n ").collect();
        format!(
            "{{ node {{ {} {leaves} {} }} }}",
            "x { ".repeat(levels),
            "}".repeat(levels)
        )
    };
    check(&text(90, 2_500), &expect!["answered with 93 fields"]);
    check(
        &text(90, 4_500),
        &expect![
            "1 errors, first: OPERATION_TOO_COMPLEX the document has too many deeply nested fields"
        ],
    );
}

#[test]
fn no_configuration_lets_documents_nest_without_end() {
    let limits = Limits {
        max_depth: 10_000,
        ..Limits::default()
    };
    let nested = |levels: usize| {
        format!(
            "{{ node {{ {} id {} }} }}",
            "x { ".repeat(levels),
            "}".repeat(levels)
        )
    };
    let api = schema();
    assert!(prepare(&api, &nested(Limits::DEEPEST - 2), None, &limits).is_ok());
    let errors = prepare(&api, &nested(Limits::DEEPEST - 1), None, &limits).unwrap_err();
    expect![
        "1 errors, first: OPERATION_TOO_COMPLEX the document is nested more than 120 levels deep"
    ]
    .assert_eq(&refusal(&errors));
}

#[test]
fn aliases_of_a_root_field() {
    let aliases = |count| (0..count).map(|n| format!("a{n}: id ")).collect::<String>();
    check(
        &format!("{{ {} }}", aliases(10_000)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 30000 tokens"#
        ]],
    );
    check(
        &format!("{{ {} }}", aliases(2_000)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 1000 aliases"#
        ]],
    );
    check(
        &format!("{{ {} }}", aliases(1_000)),
        &expect![[r#"answered with 1000 fields"#]],
    );
}

#[test]
fn fields_by_the_thousands() {
    check(
        &format!("{{ {} }}", "id ".repeat(50_000)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 30000 tokens"#
        ]],
    );
    check(
        &format!("{{ {} }}", "id ".repeat(9_000)),
        &expect![[r#"answered with 1 fields"#]],
    );
    check(
        &format!("{{ {} }}", "id ".repeat(14_000)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 10000 fields once its fragments are expanded"#
        ]],
    );
}

#[test]
fn unknown_fields_by_the_thousands() {
    let text: String = (0..9_000).map(|n| format!("no{n} ")).collect();
    check(
        &format!("{{ {text} }}"),
        &expect![[
            r#"32 errors, first: GRAPHQL_VALIDATION_FAILED type `Query` does not have a field `no0`"#
        ]],
    );
}

#[test]
fn circles_of_fragments() {
    check(
        "{ node { ...A } } fragment A on Node { x { ...B } } fragment B on Node { ...A }",
        &expect![[
            r#"1 errors, first: GRAPHQL_VALIDATION_FAILED the fragment `A` spreads itself, directly or through others"#
        ]],
    );
    let ring: String = (0..900)
        .map(|n| format!("fragment F{n} on Node {{ ...F{} }} ", (n + 1) % 900))
        .collect();
    check(
        &format!("{{ node {{ ...F0 }} }} {ring}"),
        &expect![[
            r#"1 errors, first: GRAPHQL_VALIDATION_FAILED the fragment `F0` spreads itself, directly or through others"#
        ]],
    );
}

/// Thirty fragments of which each spreads the next one twice.
fn doubling(spread: impl Fn(usize) -> String) -> String {
    let fragments: String = (0..30)
        .map(|n| format!("fragment F{n} on Node {{ {} }} ", spread(n + 1)))
        .collect();
    format!("{fragments} fragment F30 on Node {{ id }}")
}

#[test]
fn doubling_fragments() {
    let here = doubling(|next| format!("...F{next} ...F{next}"));
    check(
        &format!("{{ node {{ ...F0 }} }} {here}"),
        &expect![[r#"answered with 2 fields"#]],
    );
    let inline = doubling(|next| format!("... on Node {{ ...F{next} }} ... {{ ...F{next} }}"));
    check(
        &format!("{{ node {{ ...F0 }} }} {inline}"),
        &expect![[r#"answered with 2 fields"#]],
    );
    let below = doubling(|next| format!("a: x {{ ...F{next} }} b: x {{ ...F{next} }}"));
    check(
        &format!("{{ node {{ ...F0 }} }} {below}"),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 10000 fields once its fragments are expanded"#
        ]],
    );
    let same = doubling(|next| format!("x {{ ...F{next} }} x {{ ...F{next} }}"));
    check(
        &format!("{{ node {{ ...F0 }} }} {same}"),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 10000 fields once its fragments are expanded"#
        ]],
    );
}

#[test]
fn doubling_fragments_under_conditions() {
    let two = doubling(|next| format!("...F{next} @include(if: $a) ...F{next} @skip(if: $b)"));
    let head = "query ($a: Boolean!, $b: Boolean!)";
    check(
        &format!("{head} {{ node {{ ...F0 }} }} {two}"),
        &expect![[r#"answered with 2 fields"#]],
    );
    let variables: String = (0..62).map(|n| format!("$v{n}: Boolean! ")).collect();
    let many = doubling(|next| {
        format!(
            "...F{next} @include(if: $v{}) ...F{next} @include(if: $v{})",
            2 * next,
            2 * next + 1
        )
    });
    let unused = "id @include(if: $v0) n @include(if: $v1)";
    check(
        &format!("query ({variables}) {{ node {{ {unused} ...F0 }} }} {many}"),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX too many selections of the operation overlap"#
        ]],
    );
}

#[test]
fn a_chain_of_fragments() {
    let chain = |length: usize| {
        let links: String = (0..length)
            .map(|n| format!("fragment F{n} on Node {{ ...F{} }} ", n + 1))
            .collect();
        format!("{{ node {{ ...F0 }} }} {links} fragment F{length} on Node {{ id }}")
    };
    check(
        &chain(5_000),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 30000 tokens"#
        ]],
    );
    check(
        &chain(900),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document is nested more than 100 levels deep"#
        ]],
    );
    check(&chain(90), &expect![[r#"answered with 2 fields"#]]);
}

#[test]
fn fragments_that_spread_all_later_ones() {
    let fragments: String = (0..90)
        .map(|n| {
            let spreads: String = (n + 1..90).map(|m| format!("...F{m} ")).collect();
            format!("fragment F{n} on Node {{ id {spreads} }} ")
        })
        .collect();
    check(
        &format!("{{ node {{ ...F0 }} }} {fragments}"),
        &expect![[r#"answered with 2 fields"#]],
    );
}

#[test]
fn repeats_of_a_composite_field() {
    check(
        &format!("{{ {} }}", "node { id } ".repeat(3_000)),
        &expect![[r#"answered with 2 fields"#]],
    );
    check(
        &format!("{{ node {{ {} }} }}", "x { x { id } } ".repeat(2_000)),
        &expect![[r#"answered with 4 fields"#]],
    );
    check(
        &format!(
            "{{ node {{ {} }} }}",
            "list(of: [{a: 1}, {in: {a: 2}}]) { id } ".repeat(700)
        ),
        &expect![[r#"answered with 3 fields"#]],
    );
}

#[test]
fn directives_on_one_field() {
    check(
        &format!("{{ id {} }}", "@include(if: true) ".repeat(1_000)),
        &expect![[
            r#"32 errors, first: GRAPHQL_VALIDATION_FAILED non-repeatable directive include can only be used once per location"#
        ]],
    );
    check(
        &format!("{{ id {} }}", "@x ".repeat(1_001)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 1000 directives"#
        ]],
    );
}

#[test]
fn overlapping_fields_under_abstract_types() {
    let one: String = (0..100)
        .map(|n| format!("... on O{n} {{ x {{ id }} y {{ n }} n }} "))
        .collect();
    check(
        &format!("{{ node {{ {one} x {{ n }} }} }}"),
        &expect![[r#"answered with 304 fields"#]],
    );
    // Each object's selections below differ, so that nothing can be merged again.
    let apart: String = (0..100)
        .map(|n| {
            let inner: String = (0..10)
                .map(|m| format!("... on O{} {{ n }} ", (n + m) % 100))
                .collect();
            format!("... on O{n} {{ x {{ {inner} }} }} ")
        })
        .collect();
    check(
        &format!("{{ node {{ {apart} }} }}"),
        &expect![[r#"answered with 1101 fields"#]],
    );
    let shared: String = (0..100)
        .map(|n| format!("... on O{n} {{ x {{ id }} }} "))
        .collect();
    check(
        &format!("{{ node {{ {} x {{ {shared} }} }} }}", shared.repeat(15)),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX too many selections of the operation overlap"#
        ]],
    );
}

#[test]
fn a_position_for_every_path_of_object_types() {
    // On each level the object is told to be O0 or O1, and a mark for either goes down to the end.
    let mut level = "id".to_owned();
    for depth in 0..22 {
        let mark = |name: &str| format!("{}{name}{}", "x { ".repeat(depth), " }".repeat(depth));
        level = format!(
            "... on O0 {{ x {{ {} }} }} ... on O1 {{ x {{ {} }} }} x {{ {level} }}",
            mark(&format!("n{depth}: n")),
            mark(&format!("m{depth}: n")),
        );
    }
    check(
        &format!("{{ node {{ {level} }} }}"),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX too many selections of the document overlap"#
        ]],
    );
}

#[test]
fn many_operations_over_one_fragment() {
    let operations: String = (0..1_000)
        .map(|n| format!("query Q{n} {{ ...F }} "))
        .collect();
    let fields = "id ".repeat(5_000);
    check(
        &format!("{operations} fragment F on Query {{ {fields} }}"),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 100 operations"#
        ]],
    );
}

#[test]
fn many_variables() {
    let variables: String = (0..2_000).map(|n| format!("$v{n}: Int ")).collect();
    let uses: String = (0..2_000)
        .map(|n| format!("a{}: n(a: $v{n}) ", n % 900))
        .collect();
    check(
        &format!("query ({variables}) {{ {uses} }}"),
        &expect![[
            r#"1 errors, first: OPERATION_TOO_COMPLEX the document has more than 30000 tokens"#
        ]],
    );
    let variables: String = (0..900).map(|n| format!("$v{n}: Int ")).collect();
    let uses: String = (0..900).map(|n| format!("a{n}: n(a: $v{n}) ")).collect();
    check(
        &format!("query ({variables}) {{ {uses} }}"),
        &expect![[r#"answered with 900 fields"#]],
    );
}

#[test]
fn text_without_meaning() {
    check(
        &"@".repeat(20_000),
        &expect![
            "1 errors, first: GRAPHQL_PARSE_FAILED syntax error: expected a StringValue, Name or OperationDefinition"
        ],
    );
    check(
        &"\"".repeat(20_000),
        &expect!["1 errors, first: GRAPHQL_PARSE_FAILED syntax error: expected definition"],
    );
    check(
        &"#".repeat(1_000_000),
        &expect![
            "1 errors, first: GRAPHQL_PARSE_FAILED syntax error: Unexpected end of the document."
        ],
    );
    check(
        &format!("{{ n(a: \"{}\") }}", "x".repeat(1_000_000)),
        &expect![[
            r#"1 errors, first: GRAPHQL_VALIDATION_FAILED expected value of type Int, found a string"#
        ]],
    );
    check(
        &"\u{feff}{ id }".repeat(3),
        &expect![[
            r#"1 errors, first: GRAPHQL_UNKNOWN_OPERATION_NAME the document has several operations: name one with "operationName""#
        ]],
    );
    check(
        &format!("{{ n(a: \"\"\"{}\"\"\") }}", "\n  x".repeat(200_000)),
        &expect![
            "1 errors, first: GRAPHQL_VALIDATION_FAILED expected value of type Int, found a string"
        ],
    );
    check(
        &format!("{{ n(a: {}) }}", "1".repeat(1_000_000)),
        &expect![
            "1 errors, first: GRAPHQL_VALIDATION_FAILED int cannot represent non 32-bit signed integer value"
        ],
    );
    check(
        &format!("{{ {} }}", "a".repeat(1_000_000)),
        &expect![
            "1 errors, first: GRAPHQL_VALIDATION_FAILED type `Query` does not have a field `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        ],
    );
    check(
        &format!("{{ n(a: {}1{}) }}", "[".repeat(140), "]".repeat(140)),
        &expect![
            "1 errors, first: GRAPHQL_VALIDATION_FAILED expected value of type Int, found a list"
        ],
    );
}
