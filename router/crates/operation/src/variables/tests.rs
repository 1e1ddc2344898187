//! What coercion accepts, fills in and refuses.

use expect_test::{Expect, expect};
use serde_json::value::RawValue;

use crate::validate::tests::SCHEMA;
use crate::{ApiSchema, Limits, coerce_variables, prepare};

fn check(declarations: &str, variables: &str, expected: &Expect) {
    let api = ApiSchema::parse(&format!(
        "{SCHEMA} extend type Query {{ use(i: Int, f: Float, s: String, b: Boolean, id: ID, k: Kind, l: [[Int!]], d: Date, by: By, many: [By!], e: Either): Int }}"
    ))
    .unwrap();
    let names: Vec<&str> = declarations
        .split('$')
        .skip(1)
        .map(|it| it.split(':').next().unwrap())
        .collect();
    let uses: Vec<String> = names
        .iter()
        .map(|name| format!("{name}: ${name}"))
        .collect();
    let text = format!("query ({declarations}) {{ use({}) }}", uses.join(", "));
    let prepared = prepare(&api, &text, None, &Limits::default()).unwrap_or_else(|errors| {
        panic!("{}", crate::error::render(&errors));
    });
    let raw: Box<RawValue> = serde_json::from_str(variables).unwrap();
    let text = match coerce_variables(&api, &prepared, Some(&raw)) {
        Ok(values) => {
            let lines: Vec<String> = values
                .iter()
                .map(|(name, json)| format!("{name}: {}", str::from_utf8(json).unwrap()))
                .collect();
            for (_, json) in &values {
                serde_json::from_slice::<&RawValue>(json).unwrap();
            }
            lines.join("\n")
        }
        Err(errors) => crate::error::render(&errors),
    };
    expected.assert_eq(&text);
}

#[test]
fn digits_and_bytes_are_kept() {
    check(
        "$f: Float, $d: Date, $s: String, $id: ID",
        r#"{"f": 1.50000000000000000001e2, "d": {"n": 123456789012345678901234567890, "s":"é\n"}, "s": "\u00e9\"", "id": 123456789012345678901234567890}"#,
        &expect![[r#"
            f: 1.50000000000000000001e2
            d: {"n": 123456789012345678901234567890, "s":"é\n"}
            s: "\u00e9\""
            id: "123456789012345678901234567890""#]],
    );
}

#[test]
fn absent_null_and_default_differ() {
    check(
        "$i: Int, $s: String, $b: Boolean = true, $f: Float = 1",
        r#"{"s": null, "f": null}"#,
        &expect![[r#"
            s: null
            b: true
            f: null"#]],
    );
    check(
        "$i: Int!, $s: String!",
        r#"{"s": null}"#,
        &expect![[r#"
        1:8 BAD_USER_INPUT Variable "$i": a value of type "Int!" is required, but none was given.
        1:18 BAD_USER_INPUT Variable "$s": expected a value of type "String!", found null."#]],
    );
    check(
        "$i: Int! = 3",
        r#"{"i": null}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$i": expected a value of type "Int!", found null."#
        ]],
    );
}

#[test]
fn scalars_take_what_the_specification_lets_them() {
    check(
        "$i: Int, $id: ID, $b: Boolean, $k: Kind, $f: Float",
        r#"{"i": -2147483648, "id": "x", "b": false, "k": "D\u004fG", "f": 3}"#,
        &expect![[r#"
            i: -2147483648
            id: "x"
            b: false
            k: "DOG"
            f: 3"#]],
    );
    check("$i: Int", r#"{"i": 2.0}"#, &expect![[r#"i: 2"#]]);
    check(
        "$i: Int",
        r#"{"i": 2147483648}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$i": expected a value of type "Int", found a number that is no 32-bit integer."#
        ]],
    );
    check(
        "$i: Int",
        r#"{"i": 1.5}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$i": expected a value of type "Int", found a number that is no 32-bit integer."#
        ]],
    );
    check(
        "$i: Int, $f: Float, $s: String, $b: Boolean, $id: ID, $k: Kind",
        r#"{"i": "1", "f": "1", "s": 1, "b": "true", "id": true, "k": "COW"}"#,
        &expect![[r#"
            1:8 BAD_USER_INPUT Variable "$i": expected a value of type "Int", found a string.
            1:17 BAD_USER_INPUT Variable "$f": expected a value of type "Float", found a string.
            1:28 BAD_USER_INPUT Variable "$s": expected a value of type "String", found a number.
            1:40 BAD_USER_INPUT Variable "$b": expected a value of type "Boolean", found a string.
            1:53 BAD_USER_INPUT Variable "$id": expected a value of type "ID", found a boolean.
            1:62 BAD_USER_INPUT Variable "$k": expected a value of type "Kind", found a string that is none of its values."#]],
    );
    check(
        "$id: ID, $f: Float, $k: Kind, $s: String",
        r#"{"id": 1.5, "f": 1e999, "k": 1, "s": "\ud800"}"#,
        &expect![[r#"
            1:8 BAD_USER_INPUT Variable "$id": expected a value of type "ID", found a number that is no integer.
            1:17 BAD_USER_INPUT Variable "$f": expected a value of type "Float", found a number out of its range.
            1:28 BAD_USER_INPUT Variable "$k": expected a value of type "Kind", found a number.
            1:38 BAD_USER_INPUT Variable "$s": the string holds half of a surrogate pair."#]],
    );
}

#[test]
fn one_value_stands_for_a_list() {
    check("$l: [[Int!]]", r#"{"l": 1}"#, &expect![[r#"l: [[1]]"#]]);
    check(
        "$l: [[Int!]]",
        r#"{"l": [[1, 2], 3, null, []]}"#,
        &expect![[r#"l: [[1,2],[3],null,[]]"#]],
    );
    check(
        "$l: [[Int!]]",
        r#"{"l": [[1, null], ["x"]]}"#,
        &expect![[r#"
            1:8 BAD_USER_INPUT Variable "$l" at "$l[0][1]": expected a value of type "Int!", found null.
            1:8 BAD_USER_INPUT Variable "$l" at "$l[1][0]": expected a value of type "Int!", found a string."#]],
    );
}

#[test]
fn input_objects_are_filled_and_checked() {
    check(
        "$by: By",
        r#"{"by": {"required": true}}"#,
        &expect![[r#"by: {"required":true,"name":"Rex","limit":3}"#]],
    );
    check(
        "$by: By",
        r#"{"by": {"required": true, "name": null, "kinds": "DOG", "and": [{"required": false, "limit": 1}]}}"#,
        &expect![[
            r#"by: {"required":true,"name":null,"kinds":["DOG"],"and":[{"required":false,"limit":1,"name":"Rex"}],"limit":3}"#
        ]],
    );
    check(
        "$by: By",
        r#"{"by": {"limit": null, "and": [{"required": 1}, {"nmae": 1, "required": true}]}}"#,
        &expect![[r#"
            1:8 BAD_USER_INPUT Variable "$by" at "$by.limit": expected a value of type "Int!", found null.
            1:8 BAD_USER_INPUT Variable "$by" at "$by.and[0].required": expected a value of type "Boolean!", found a number.
            1:8 BAD_USER_INPUT Variable "$by" at "$by.and[1]": the type "By" has no field "nmae".
            1:8 BAD_USER_INPUT Variable "$by": the field "required" of type "Boolean!" is required."#]],
    );
    check(
        "$by: By",
        r#"{"by": {"required": true, "required": false}}"#,
        &expect![[r#"1:8 BAD_USER_INPUT Variable "$by": the field "required" is given twice."#]],
    );
    check(
        "$by: By",
        r#"{"by": []}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$by": expected a value of type "By", found a list."#
        ]],
    );
    check(
        "$by: By = {required: true, and: {required: false, since: [1, {a: X}]}}",
        "{}",
        &expect![[
            r#"by: {"name":"Rex","and":[{"name":"Rex","limit":3,"since":[1,{"a":"X"}],"required":false}],"limit":3,"required":true}"#
        ]],
    );
}

#[test]
fn one_of_takes_exactly_one() {
    check(
        "$e: Either",
        r#"{"e": {"id": 1}}"#,
        &expect![[r#"e: {"id":"1"}"#]],
    );
    check(
        "$e: Either",
        r#"{"e": {"id": 1, "name": "x"}}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$e": exactly one field of "Either" must be given, and not null."#
        ]],
    );
    check(
        "$e: Either",
        r#"{"e": {}}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$e": exactly one field of "Either" must be given, and not null."#
        ]],
    );
    check(
        "$e: Either",
        r#"{"e": {"id": null}}"#,
        &expect![[
            r#"1:8 BAD_USER_INPUT Variable "$e": exactly one field of "Either" must be given, and not null."#
        ]],
    );
}

#[test]
fn others_are_ignored_and_depth_is_bounded() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    check(
        "$i: Int",
        &format!(r#"{{"other": {deep}, "i": 1, "more": {{"i": 2}}}}"#),
        &expect![[r#"i: 1"#]],
    );
    check(
        "$d: Date",
        &format!(r#"{{"d": {deep}}}"#),
        &expect![[r#"- BAD_USER_INPUT Variable "$d" is nested more than 64 levels deep."#]],
    );
    check(
        "$l: [[Int!]]",
        &format!(r#"{{"l": {deep}}}"#),
        &expect![[r#"- BAD_USER_INPUT Variable "$l" is nested more than 64 levels deep."#]],
    );
}

#[test]
fn variables_are_an_object() {
    check(
        "$i: Int",
        "[1]",
        &expect![[r#"- BAD_USER_INPUT the variables must be an object, not a list"#]],
    );
    check("$i: Int", "null", &expect![[""]]);
    check(
        "$i: Int",
        "\"x\"",
        &expect![[r#"- BAD_USER_INPUT the variables must be an object, not a string"#]],
    );
    check(
        "$i: Int",
        r#"{"i": 1, "i": 2}"#,
        &expect![[r#"- BAD_USER_INPUT Variable "$i" is given twice."#]],
    );
}

#[test]
fn defaults_cannot_make_variables_grow_without_end() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    let limits = Limits {
        max_variable_bytes: 1_000,
        ..Limits::default()
    };
    let text = "query ($by: By) { pets(by: $by) { id } }";
    let prepared = prepare(&api, text, None, &limits).unwrap();
    let items = vec![r#"{"required": true}"#; 500].join(",");
    let raw = RawValue::from_string(format!(
        r#"{{"by": {{"required": true, "and": [{items}]}}}}"#
    ))
    .unwrap();
    let errors = coerce_variables(&api, &prepared, Some(&raw)).unwrap_err();
    expect![[r#"1:8 BAD_USER_INPUT Variable "$by": the variables are too large."#]]
        .assert_eq(&crate::error::render(&errors));
}

#[test]
fn defaults_that_hold_each_other_are_refused() {
    let api = ApiSchema::parse(
        "type Query { a(in: A): Int } input A { b: B = {} } input B { a: A = {} }",
    )
    .unwrap();
    let prepared = prepare(
        &api,
        "query ($in: A) { a(in: $in) }",
        None,
        &Limits::default(),
    )
    .unwrap();
    let raw = RawValue::from_string(r#"{"in": {}}"#.to_owned()).unwrap();
    let errors = coerce_variables(&api, &prepared, Some(&raw)).unwrap_err();
    expect![[r#"1:8 BAD_USER_INPUT Variable "$in": its default value holds itself."#]]
        .assert_eq(&crate::error::render(&errors));
}

#[test]
fn many_errors_are_cut_short() {
    let text = format!(r#"{{"l": [[{}]]}}"#, vec!["\"x\""; 10_000].join(","));
    let api = ApiSchema::parse(&format!(
        "{SCHEMA} extend type Query {{ use(l: [[Int!]]): Int }}"
    ))
    .unwrap();
    let prepared = prepare(
        &api,
        "query ($l: [[Int!]]) { use(l: $l) }",
        None,
        &Limits::default(),
    )
    .unwrap();
    let raw = RawValue::from_string(text).unwrap();
    let errors = coerce_variables(&api, &prepared, Some(&raw)).unwrap_err();
    assert_eq!(errors.len(), crate::error::MAX_ERRORS);
}

#[test]
fn what_decides_may_not_be_null() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    let text = "query ($a: Boolean = true) { dog { id @include(if: $a) } }";
    let prepared = prepare(&api, text, None, &Limits::default()).unwrap();
    let coerce = |json: &str| {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        coerce_variables(&api, &prepared, Some(&raw))
    };
    assert_eq!(&*coerce("{}").unwrap()[0].1, b"true");
    expect![[r#"1:8 BAD_USER_INPUT Variable "$a": null cannot decide a `@skip` or `@include`."#]]
        .assert_eq(&crate::error::render(
            &coerce(r#"{"a": null}"#).unwrap_err(),
        ));
}
