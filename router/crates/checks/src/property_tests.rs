//! What "not breaking" promises: operations that were valid stay valid.
//!
//! Random pairs of small schemas, and operations that touch everything in them. One kind of
//! operation is left out on purpose: fields of one key under sibling fragments must have types of
//! one shape, so even a type that promises more can break them. Every tool calls that change safe.

use operation::{ApiSchema, Document, Limits, validate};

use crate::tests::model;
use crate::{Level, compare};

/// A small generator of numbers (xorshift); the seed is fixed, so a failure repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Mostly the first, so that two schemas have much in common.
    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        if self.below(10) > 0 {
            of[0]
        } else {
            of[self.below(of.len())]
        }
    }
}

const OPERATIONS: &[&str] = &[
    "{ a }",
    "{ a(x: 1) }",
    "{ a(x: null) }",
    "{ a(x: [1]) }",
    "query ($v: Int) { a(x: $v) }",
    "query ($v: Int!) { a(x: $v) }",
    "query ($v: Int! = 1) { a(x: $v) }",
    "query ($v: [Int]) { a(x: $v) }",
    "{ a(y: V) }",
    "{ a(y: W) }",
    "{ b }",
    "{ b { id } }",
    "{ t { id } }",
    "{ t { name } }",
    "{ t { ... on I { id } } }",
    "{ i { id ... on T { id } ... on S { id } } }",
    "{ i { name } }",
    "{ u { ... on T { id } } }",
    "{ u { ... on S { id } } }",
    "{ u { ... on I { id } } }",
    "{ e(in: {}) }",
    "{ e(in: {p: 1}) }",
    "{ e(in: {p: null}) }",
    "{ e(in: {p: 1, q: V}) }",
    "{ e(in: {q: [V]}) }",
    "query ($v: In) { e(in: $v) }",
    "query ($v: Int) { e(in: {p: $v}) }",
    "query ($v: E) { e(in: {q: $v}) }",
    "query ($v: Int!) { e(in: {p: $v}) }",
    "{ t { id @d } }",
    "{ t { id @d(z: 1) } }",
    "query Q @d { t { id } }",
    "mutation { m }",
];

fn schema(random: &mut Random) -> String {
    let implements = |yes: bool| {
        if yes {
            "implements I @join__implements(graph: A, interface: \"I\")"
        } else {
            ""
        }
    };
    let member = |name: &str| format!("@join__unionMember(graph: A, member: \"{name}\")");
    let (t, s) = (
        implements(random.below(12) > 0),
        implements(random.below(12) > 0),
    );
    let union = match random.below(12) {
        0 => format!("{} = T", member("T")),
        1 => format!("{} = S", member("S")),
        _ => format!("{} {} = T | S", member("T"), member("S")),
    };
    let name = random.pick(&[
        "name: String",
        "name: String!",
        "name: [String]",
        "name: String @inaccessible",
    ]);
    let parts = [
        format!(
            "type Query @join__type(graph: A) {{ a{}: {} b: {} t: {} i: I u: U e(in: In): E }}",
            random.pick(&[
                "(x: Int)",
                "",
                "(x: Int!)",
                "(x: Int! = 1)",
                "(x: Int = 1)",
                "(x: [Int])",
                "(x: Int, y: E)",
                "(y: E!, x: Int)"
            ]),
            random.pick(&["Int", "Int!", "[Int]", "String", "E"]),
            random.pick(&["Int", "T", "E", "[Int!]"]),
            random.pick(&["T", "T!", "S", "[T]"]),
        ),
        "interface I @join__type(graph: A) { id: ID }".to_owned(),
        format!("type T {t} @join__type(graph: A) {{ id: ID {name} }}"),
        format!("type S {s} @join__type(graph: A) {{ id: ID name: String }}"),
        format!("union U @join__type(graph: A) {union}"),
        format!(
            "enum E @join__type(graph: A) {{ {} }}",
            random.pick(&["V W", "V", "V W X"])
        ),
        format!(
            "input In @join__type(graph: A) {} {{ {} {} }}",
            random.pick(&["", "", "@oneOf"]),
            random.pick(&["p: Int", "p: Int", "p: [Int]"]),
            random.pick(&["q: E", "", "q: [E]"]),
        ),
        random
            .pick(&[
                "directive @d on FIELD",
                "",
                "directive @d(z: Int) on FIELD",
                "directive @d on FIELD | QUERY",
                "directive @d(z: Int!) on FIELD",
            ])
            .to_owned(),
        random
            .pick(&[
                "type Mutation @join__type(graph: A) { m: Int }",
                "",
                "type Mutation @join__type(graph: A) { m(must: Int!): Int }",
            ])
            .to_owned(),
    ];
    parts.join("\n")
}

#[test]
fn operations_stay_valid_unless_a_change_is_breaking() {
    let limits = Limits::default();
    let documents: Vec<Document> = OPERATIONS
        .iter()
        .map(|text| Document::parse(text, &limits).unwrap())
        .collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut harmless, mut breaking, mut broken) = (0, 0, 0);
    for _ in 0..500 {
        let (old_sdl, new_sdl) = (schema(&mut random), schema(&mut random));
        let (old, new) = (model(&old_sdl), model(&new_sdl));
        let api = |it: &supergraph::Supergraph| ApiSchema::parse(&it.model().api_sdl()).unwrap();
        let (old_api, new_api) = (api(&old), api(&new));
        let changes = compare(old.model(), new.model());
        let breaks = changes.iter().any(|it| it.level() == Level::Breaking);
        for (document, text) in documents.iter().zip(OPERATIONS) {
            if validate(&old_api, document, &limits).is_err() {
                continue;
            }
            let valid = validate(&new_api, document, &limits);
            assert!(
                valid.is_ok() || breaks,
                "{text} broke: {valid:?}\nbefore:\n{old_sdl}\nafter:\n{new_sdl}\nchanges: {changes:#?}"
            );
            broken += usize::from(valid.is_err());
        }
        if breaks {
            breaking += 1;
        } else {
            harmless += 1;
        }
    }
    assert!(
        harmless > 20 && breaking > 100 && broken > 100,
        "{harmless} {breaking} {broken}"
    );
}
