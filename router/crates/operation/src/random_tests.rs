//! Random documents and variables: whatever comes in, an answer or an error comes out.
//!
//! Seeds are fixed, so a failure repeats. Two sources: mutations of documents that are valid, which
//! reach deep, and random selections over the schema, most of which are valid.

use serde_json::value::RawValue;

use crate::validate::tests::SCHEMA;
use crate::{ApiSchema, Limits, Operation, SelectionSet, coerce_variables, introspect, prepare};

/// A small generator of numbers (xorshift), so that tests need no crate for it.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

const DOCUMENTS: &[&str] = &[
    "query A($id: ID = 4, $by: By, $on: Boolean = true) { pet(id: $id) { ...P @include(if: $on) ... on Dog { barks(loud: $on) } } pets(by: $by, ids: [$id, 1]) { __typename id } } fragment P on Pet { friend { ...Q } } fragment Q on Pet { n: name @skip(if: $on) }",
    "{ any { ... on Dog { owner { pets { id } } } ... on Cat { meows } __typename } __schema { types { name fields { name } } } t: __type(name: \"By\") { inputFields { name } } }",
    "mutation ($name: String!) { a: rename(id: \"x\", name: $name) { id } rename(id: 1, name: \"\\u00e9\") { name } }",
    "query ($e: Either!, $k: [Kind!] = [DOG]) { either(it: $e) pets(by: {kinds: $k, required: true, and: [{required: false, since: {a: [1.5, X]}}]}) { id } }",
    "subscription { renamed { id ... on Cat { age } } }",
];

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "$",
    "@",
    "!",
    ":",
    "=",
    "|",
    "&",
    "on",
    "fragment",
    "query",
    "true",
    "null",
    "-1",
    "1.5e9",
    "\"",
    "\"\"\"",
    "\\",
    "#",
    "@skip(if: $on)",
    "@include(if: false)",
    "...P",
    "...Q",
    "id",
    "name",
    "__typename",
    "__schema { types { name } }",
    "$id",
    "Pet",
    "Dog",
    "\u{feff}",
    "é",
    "\u{0}",
    "😀",
];

const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-0",
    "1e3",
    "1.5",
    "1E400",
    "2147483648",
    "99999999999999999999",
    "\"\"",
    "\"DOG\"",
    "\"\\ud800\"",
    "[]",
    "[[1]]",
    "[null]",
    "{}",
    "{\"id\": 1}",
    "{\"required\": true}",
    "{\"required\": true, \"and\": {\"required\": false}}",
    "{\"kinds\": \"DOG\", \"required\": null}",
    "{\"a\": {\"a\": {\"a\": []}}}",
];

/// Small pieces that often leave a document valid.
const FIELDS: &[&str] = &[
    "id ",
    "name ",
    "__typename ",
    "a: id ",
    "... { id } ",
    "... on Pet { name } ",
    "... on Dog { id } ",
    "friend { id } ",
    "id @skip(if: true) ",
];

fn mutate(random: &mut Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let wild = random.below(2) == 0;
    for _ in 0..=random.below(3) {
        let at = random.below(characters.len() + 1);
        match random.below(3) {
            _ if !wild => {
                let opened: Vec<usize> = characters
                    .windows(2)
                    .enumerate()
                    .filter_map(|(at, pair)| (pair == ['{', ' ']).then_some(at + 2))
                    .collect();
                if !opened.is_empty() {
                    let at = opened[random.below(opened.len())];
                    characters.splice(at..at, random.pick(FIELDS).chars());
                }
            }
            0 => {
                characters.splice(at..at, random.pick(PIECES).chars());
            }
            1 => {
                let to = (at + random.below(12)).min(characters.len());
                characters.drain(at..to);
            }
            _ => {
                let to = (at + random.below(40)).min(characters.len());
                let copy: Vec<char> = characters[at..to].to_vec();
                let at = random.below(characters.len() + 1);
                characters.splice(at..at, copy);
            }
        }
    }
    characters.into_iter().collect()
}

fn variables(random: &mut Random) -> Box<RawValue> {
    let mut entries = Vec::new();
    for name in ["id", "by", "on", "name", "e", "k", "other"] {
        if random.below(4) > 0 {
            entries.push(format!("\"{name}\": {}", random.pick(VALUES)));
        }
    }
    RawValue::from_string(format!("{{{}}}", entries.join(" , "))).unwrap()
}

/// Runs everything a request goes through; gives whether the document was accepted.
fn run(api: &ApiSchema, text: &str, random: &mut Random) -> bool {
    let prepared = match prepare(api, text, None, &Limits::default()) {
        Ok(prepared) => prepared,
        Err(errors) => {
            assert!(!errors.is_empty());
            return false;
        }
    };
    assert_normal(&prepared.operation);
    for _ in 0..3 {
        let raw = variables(random);
        if let Ok(values) = coerce_variables(api, &prepared, Some(&raw)) {
            for (_, json) in &values {
                serde_json::from_slice::<&RawValue>(json).unwrap();
            }
            introspect(api, &prepared, &values).unwrap();
        }
    }
    true
}

/// What every normal form promises.
fn assert_normal(operation: &Operation) {
    let mut stack: Vec<&SelectionSet> = vec![&operation.selections];
    while let Some(set) = stack.pop() {
        for (index, field) in set.fields.iter().enumerate() {
            assert!(!field.on.is_empty() && field.on.is_subset(&set.possible_types));
            assert!(!field.inclusion.is_never());
            assert!(field.arguments.is_sorted_by(|(a, _), (b, _)| a < b));
            for other in &set.fields[..index] {
                if other.response_key == field.response_key {
                    assert!(
                        other.on.intersection(&field.on).is_empty(),
                        "{}",
                        field.response_key
                    );
                }
            }
            stack.extend(&field.selections);
        }
    }
}

#[test]
fn mutated_documents_never_panic() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for _ in 0..1_500 {
        let document = random.pick(DOCUMENTS);
        let text = mutate(&mut random, document);
        accepted += usize::from(run(&api, &text, &mut random));
    }
    // Were none or all of them valid, the test would look at half of the code only.
    assert!((100..1_400).contains(&accepted), "{accepted} accepted");
}

#[test]
fn the_documents_themselves_are_valid() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    for document in DOCUMENTS {
        if let Err(errors) = prepare(&api, document, None, &Limits::default()) {
            panic!("{document}\n{}", crate::error::render(&errors));
        }
    }
}

/// A random selection on `Pet`, or on a type that implements it.
fn selection(random: &mut Random, depth: usize) -> String {
    let mut text = String::from("{ id ");
    for _ in 0..random.below(5) {
        let directive = random.pick(&[
            "",
            "",
            "@include(if: $a)",
            "@skip(if: $a)",
            "@include(if: $b)",
            "@skip(if: true)",
        ]);
        let piece = match random.below(if depth == 0 { 3 } else { 7 }) {
            0 => format!("name {directive} "),
            1 => format!("__typename {directive} "),
            2 => format!("n: id {directive} "),
            3 => format!("friend {directive} {} ", selection(random, depth - 1)),
            4 => format!("... on Dog {directive} {} ", selection(random, depth - 1)),
            5 => format!("... on Cat {directive} {} ", selection(random, depth - 1)),
            _ => format!("... on Pet {directive} {} ", selection(random, depth - 1)),
        };
        text.push_str(&piece);
    }
    text.push('}');
    text
}

/// The keys that a direct reading of `CollectFields` gives for objects of one type everywhere.
mod direct {
    use apollo_compiler::executable::{Selection, SelectionSet};

    use super::Operation;

    pub(super) fn keys(sets: &[&SelectionSet], ty: &str, a: bool, b: bool, out: &mut String) {
        let mut groups: indexmap::IndexMap<String, Vec<&SelectionSet>> = indexmap::IndexMap::new();
        for set in sets {
            collect(set, ty, a, b, &mut groups);
        }
        groups.sort_unstable_keys();
        for (key, below) in groups {
            out.push_str(&key);
            if below.iter().any(|set| !set.selections.is_empty()) {
                out.push('{');
                keys(&below, ty, a, b, out);
                out.push('}');
            }
            out.push(' ');
        }
    }

    fn collect<'d>(
        set: &'d SelectionSet,
        ty: &str,
        a: bool,
        b: bool,
        groups: &mut indexmap::IndexMap<String, Vec<&'d SelectionSet>>,
    ) {
        for selection in &set.selections {
            let included = selection.directives().iter().all(|directive| {
                let value = directive.arguments[0].value.to_string();
                let value = match value.as_str() {
                    "$a" => a,
                    "$b" => b,
                    text => text == "true",
                };
                (directive.name == "include") == value
            });
            match selection {
                _ if !included => {}
                Selection::Field(field) => groups
                    .entry(field.response_key().to_string())
                    .or_default()
                    .push(&field.selection_set),
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_deref().unwrap_or("Pet");
                    if on == "Pet" || on == ty {
                        collect(&fragment.selection_set, ty, a, b, groups);
                    }
                }
                Selection::FragmentSpread(_) => unreachable!("the generator writes none"),
            }
        }
    }

    /// The same keys, read off the normal form.
    pub(super) fn normal_keys(operation: &Operation, ty: &str, a: bool, b: bool) -> String {
        let mut out = String::new();
        let pet = operation.selections.fields[0].selections.as_ref().unwrap();
        write(pet, ty, a, b, &mut out);
        out
    }

    fn write(set: &crate::SelectionSet, ty: &str, a: bool, b: bool, out: &mut String) {
        let mut fields: Vec<&crate::Field> = set
            .fields
            .iter()
            .filter(|it| {
                it.on.contains(ty) && it.inclusion.holds(|name| if name == "a" { a } else { b })
            })
            .collect();
        fields.sort_by(|left, right| left.response_key.cmp(&right.response_key));
        for field in fields {
            out.push_str(&field.response_key);
            if let Some(below) = &field.selections {
                out.push('{');
                write(below, ty, a, b, out);
                out.push('}');
            }
            out.push(' ');
        }
    }
}

#[test]
fn the_normal_form_selects_what_collecting_fields_selects() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut compared = 0;
    for _ in 0..400 {
        let uses = "id @include(if: $a) id @include(if: $b)";
        let text = format!(
            "query ($a: Boolean!, $b: Boolean!) {{ pet {{ {uses} ... {} }} }}",
            selection(&mut random, 4)
        );
        let Ok(prepared) = prepare(&api, &text, None, &Limits::default()) else {
            // A selection of `Cat` on a `Dog` is no valid document.
            continue;
        };
        assert_normal(&prepared.operation);
        let document =
            apollo_compiler::ExecutableDocument::parse_and_validate(&api.schema, &text, "")
                .unwrap();
        let operation = document.operations.get(None).unwrap();
        let apollo_compiler::executable::Selection::Field(pet) =
            &operation.selection_set.selections[0]
        else {
            unreachable!("the document begins with a field")
        };
        for ty in ["Dog", "Cat"] {
            for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut expected = String::new();
                direct::keys(&[&pet.selection_set], ty, a, b, &mut expected);
                assert_eq!(
                    direct::normal_keys(&prepared.operation, ty, a, b),
                    expected,
                    "{text} on {ty}, {a} {b}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "{compared} compared");
}
