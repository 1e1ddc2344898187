//! Random documents and variables: whatever comes in, an answer or an error comes out.
//!
//! Seeds are fixed, so a failure repeats. Here documents that are valid are mutated;
//! [`normal_form`] and [`rules`] write random ones and compare with a second opinion.

mod documents;
mod normal_form;
mod rules;

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
