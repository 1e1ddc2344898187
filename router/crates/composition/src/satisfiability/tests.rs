//! What can and cannot be proven, on one screen each.

use expect_test::expect;

use crate::testing::check;

#[test]
fn a_key_makes_fields_of_other_subgraphs_reachable() {
    check(
        [
            (
                "users",
                r#"type Query { me: User } type User @key(fields: "id") { id: ID! }"#,
            ),
            (
                "music",
                r#"type User @key(fields: "id") { id: ID! plays: Int }"#,
            ),
        ],
        &expect![[r#""#]],
    );
}

#[test]
fn without_a_key_there_the_field_and_the_type_are_shown() {
    check(
        [
            (
                "users",
                r#"type Query { me: User } type User @key(fields: "id") { id: ID! @shareable }"#,
            ),
            (
                "music",
                "type Query { top: User }\ntype User { id: ID! @shareable plays: Int }",
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR User.plays: the query `{ me { plays } }` cannot be answered: from `users`, no subgraph can be reached that resolves `User.plays`
              --> music:2:32 `music` resolves it
              see music:2:6 `User` has no `@key` in `music`, so no other subgraph can reach it
        "#]],
    );
}

#[test]
fn a_key_that_is_not_resolvable_is_no_way_in() {
    check(
        [
            (
                "users",
                r#"type Query { me: User } type User @key(fields: "id") { id: ID! }"#,
            ),
            (
                "music",
                "type User @key(fields: \"id\", resolvable: false) {\n  id: ID!\n  plays: Int\n}",
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR User.plays: the query `{ me { plays } }` cannot be answered: from `users`, no subgraph can be reached that resolves `User.plays`
              --> music:3:3 `music` resolves it
              see music:1:6 every key of `User` in `music` says `resolvable: false`
        "#]],
    );
}

#[test]
fn a_key_that_cannot_be_had_says_which_part_is_missing() {
    check(
        [
            (
                "users",
                r#"type Query { me: User } type User @key(fields: "id") { id: ID! }"#,
            ),
            (
                "music",
                "type User @key(fields: \"id email\") {\n  id: ID!\n  email: String\n  plays: Int\n}",
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR User.email: the query `{ me { email } }` cannot be answered: from `users`, no subgraph can be reached that resolves `User.email`
              --> music:3:3 `music` resolves it
              see music:1:11 its key `id email` cannot be had from `users`: `email` is missing
            SATISFIABILITY_ERROR User.plays: the query `{ me { plays } }` cannot be answered: from `users`, no subgraph can be reached that resolves `User.plays`
              --> music:4:3 `music` resolves it
              see music:1:11 its key `id email` cannot be had from `users`: `email` is missing
        "#]],
    );
}

#[test]
fn a_requirement_that_cannot_be_had_is_shown_at_its_field() {
    check(
        [
            (
                "users",
                "type Query { me: User }\ntype User @key(fields: \"id\") {\n  id: ID!\n  country: String @external\n  tips: Int @requires(fields: \"country\")\n}",
            ),
            (
                "places",
                "type User @key(fields: \"id\", resolvable: false) { id: ID! country: String }",
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR User.country: the query `{ me { country } }` cannot be answered: from `users`, no subgraph can be reached that resolves `User.country`
              --> places:1:59 `places` resolves it
              see places:1:6 every key of `User` in `places` says `resolvable: false`
              see users:4:3 external in `users`
            SATISFIABILITY_ERROR User.tips: the query `{ me { tips } }` cannot be answered: from `users`, no subgraph can be reached that resolves `User.tips`
              --> users:5:3 `users` resolves it
              help: in `users`, what it requires, `country`, cannot be had
        "#]],
    );
}

#[test]
fn keys_that_need_each_other_open_nothing() {
    check(
        [
            ("a", r#"type Query { t: T } type T { x: Int @shareable }"#),
            (
                "b",
                r#"type T @key(fields: "u { id }") { u: U x: Int @shareable } type U @key(fields: "t { x }") { id: ID! t: T }"#,
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR T.u: the query `{ t { u { ... } } }` cannot be answered: from `a`, no subgraph can be reached that resolves `T.u`
              --> b:1:35 `b` resolves it
              see b:1:8 its key `u { id }` cannot be had from `a`
        "#]],
    );
}

#[test]
fn every_object_type_of_an_interface_is_followed() {
    check(
        [
            (
                "a",
                "type Query { media: [Media!]! }\ninterface Media { id: ID! }\ntype Film implements Media @key(fields: \"id\") { id: ID! }\ntype Book implements Media @key(fields: \"id\") { id: ID! }",
            ),
            (
                "b",
                "type Film @key(fields: \"id\") { id: ID! minutes: Int }\ntype Book @key(fields: \"isbn\") { isbn: ID! pages: Int }",
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR Book.isbn: the query `{ media { ... on Book { isbn } } }` cannot be answered: from `a`, no subgraph can be reached that resolves `Book.isbn`
              --> b:2:34 `b` resolves it
              see b:2:11 its key `isbn` cannot be had from `a`
            SATISFIABILITY_ERROR Book.pages: the query `{ media { ... on Book { pages } } }` cannot be answered: from `a`, no subgraph can be reached that resolves `Book.pages`
              --> b:2:44 `b` resolves it
              see b:2:11 its key `isbn` cannot be had from `a`
        "#]],
    );
}

#[test]
fn what_is_inaccessible_need_not_be_reachable() {
    check(
        [
            (
                "a",
                r#"type Query { me: User } type User @key(fields: "id") { id: ID! }"#,
            ),
            (
                "b",
                r#"type User @key(fields: "id", resolvable: false) { id: ID! secret: Int @inaccessible }"#,
            ),
        ],
        &expect![[r#""#]],
    );
}

#[test]
fn both_sides_of_a_labelled_override_must_be_reachable() {
    check(
        [
            (
                "a",
                "type Query { t: T }\ntype T @key(fields: \"id\") { id: ID! x: Int }",
            ),
            (
                "b",
                "type T @key(fields: \"id\", resolvable: false) {\n  id: ID!\n  x: Int @override(from: \"a\", label: \"percent(5)\")\n}",
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR T.x: the query `{ t { x } }` cannot be answered: from `a`, no subgraph can be reached that resolves `T.x`
              --> a:2:37 `a` resolves it only while the label `percent(5)` is off
              --> b:3:3 `b` resolves it
              see b:1:6 every key of `T` in `b` says `resolvable: false`
        "#]],
    );
}

#[test]
fn types_that_refer_to_each_other_in_circles_end() {
    check(
        [
            (
                "a",
                r#"type Query { a: A } type A @key(fields: "id") { id: ID! b: B } type B @key(fields: "id") { id: ID! }"#,
            ),
            (
                "b",
                r#"type B @key(fields: "id") { id: ID! a: A c: [B] } type A @key(fields: "id") { id: ID! }"#,
            ),
        ],
        &expect![[r#""#]],
    );
}

#[test]
fn a_shared_union_without_a_common_member_is_refused() {
    check(
        [
            (
                "a",
                "type Query { e: E @shareable }\ntype E @key(fields: \"id\") { id: ID! s: U @shareable }\nunion U = A\ntype A { x: Int }",
            ),
            (
                "b",
                "type E @key(fields: \"id\") { id: ID! s: U @shareable }\nunion U = B\ntype B { y: Int }",
            ),
        ],
        &expect![[r#"
            SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES E.s: `E.s` is shared, but the subgraphs that resolve it have no object type in common that it could return, as in `{ e { s { ... } } }`
              --> a:2:37 can return `A` here
              --> b:1:37 can return `B` here
        "#]],
    );
}

#[test]
fn a_shared_interface_with_more_types_in_one_subgraph_gets_a_hint() {
    check(
        [
            (
                "a",
                "type Query { e: E @shareable }\ntype E @key(fields: \"id\") { id: ID! s: U @shareable }\nunion U = A | C\ntype A { x: Int }\ntype C { z: Int @shareable }",
            ),
            (
                "b",
                "type E @key(fields: \"id\") { id: ID! s: U @shareable }\nunion U = C\ntype C { z: Int @shareable }",
            ),
        ],
        &expect![[r#"
            INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN E.s: `E.s` is shared, but not every subgraph that resolves it knows all the object types that others may return, as in `{ e { s { ... } } }`
              --> a:2:37 can return `A`, `C` here
              --> b:1:37 can return `C` here
            INCONSISTENT_UNION_MEMBER U: `A` is a member of `U` in some of its subgraphs only.
              see a:3:7 a member here
              --> b:2:7 no member here
        "#]],
    );
}

#[test]
fn more_subgraphs_may_mean_more_object_types() {
    // Where `u` comes from `b` alone there is no `C`; where `s` comes from both there may be one.
    check(
        [
            (
                "a",
                r#"type Query { s: [U] @shareable } union U = A | C type A @key(fields: "id") { id: ID! } type C @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }"#,
            ),
            (
                "b",
                r#"type Query { s: [U] @shareable u: U } union U = A type A @key(fields: "id") { id: ID! } type C @key(fields: "code") { code: ID! x: Int }"#,
            ),
        ],
        &expect![[r#"
            SATISFIABILITY_ERROR C.code: the query `{ s { ... on C { code } } }` cannot be answered: from `a`, no subgraph can be reached that resolves `C.code`
              --> b:1:119 `b` resolves it
              see b:1:96 its key `code` cannot be had from `a`
            SATISFIABILITY_ERROR C.x: the query `{ s { ... on C { x } } }` cannot be answered: from `a`, no subgraph can be reached that resolves `C.x`
              see a:1:124 external in `a`
              --> b:1:129 `b` resolves it
              see b:1:96 its key `code` cannot be had from `a`
            SATISFIABILITY_ERROR C.y: the query `{ s { ... on C { y } } }` cannot be answered: from `a`, no subgraph can be reached that resolves `C.y`
              --> a:1:141 `a` resolves it
              help: in `a`, what it requires, `x`, cannot be had
        "#]],
    );
}

#[test]
fn a_context_must_be_set_on_every_way_to_the_field() {
    let sdl = "type Query { shop: Shop price: Price }\n\
               type Shop @key(fields: \"id\") @context(name: \"shop\") { id: ID! currency: String price: Price }\n\
               type Price @key(fields: \"id\") { id: ID!\n  text(in: String @fromContext(field: \"$shop { currency }\")): String }";
    check(
        [("prices", sdl)],
        &expect![[r#"
        SATISFIABILITY_ERROR Price.text: the query `{ price { text } }` cannot be answered: from `prices`, no subgraph can be reached that resolves `Price.text`
          --> prices:4:3 `prices` resolves it
          help: in `prices`, no object on this way has what `in` takes from the context `shop`
    "#]],
    );
    let without = sdl.replace(" price: Price }\ntype Shop", " }\ntype Shop");
    check([("prices", &without)], &expect![[r#""#]]);
}
