//! The normal form against a direct reading of `CollectFields`, for every object type and every
//! value of the variables.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Selection, SelectionSet};
use indexmap::IndexMap;

use super::documents::document;
use super::{Random, assert_normal};
use crate::validate::tests::SCHEMA;
use crate::{ApiSchema, Limits, Operation, prepare};

/// One case: an object type that stands everywhere, and the values of `$a` and `$b`.
#[derive(Clone, Copy, Debug)]
struct Case<'d> {
    document: &'d ExecutableDocument,
    ty: &'d str,
    a: bool,
    b: bool,
    /// Whether the order of keys is compared: fields that hang on variables stand where they are
    /// asked for first, whatever the values.
    ordered: bool,
}

#[test]
fn the_normal_form_selects_what_collecting_fields_selects() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut compared = 0;
    for _ in 0..600 {
        let text = document(&mut random, &["name", "__typename", "n: id", "u: id"]);
        let Ok(prepared) = prepare(&api, &text, None, &Limits::default()) else {
            // A selection on `Cat` inside one on `Dog` is not valid.
            continue;
        };
        assert_normal(&prepared.operation);
        let document = ExecutableDocument::parse_and_validate(&api.schema, &text, "").unwrap();
        let operation = document.operations.get(None).unwrap();
        let Selection::Field(pet) = &operation.selection_set.selections[0] else {
            unreachable!("the document begins with a field")
        };
        for ty in ["Dog", "Cat"] {
            for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
                let case = Case {
                    document: &document,
                    ty,
                    a,
                    b,
                    ordered: !text.contains('$'),
                };
                let mut expected = String::new();
                direct(&[&pet.selection_set], case, &mut expected);
                assert_eq!(
                    normal(&prepared.operation, case),
                    expected,
                    "{text}\non {ty}, $a = {a}, $b = {b}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "{compared} compared");
}

/// The keys that `CollectFields` and `MergeSelectionSets` give, nested, each level sorted
/// unless their order is compared.
fn direct(sets: &[&SelectionSet], case: Case<'_>, out: &mut String) {
    let mut groups: IndexMap<String, Vec<&SelectionSet>> = IndexMap::new();
    for set in sets {
        collect(set, case, &mut groups);
    }
    if !case.ordered {
        groups.sort_unstable_keys();
    }
    for (key, below) in groups {
        out.push_str(&key);
        if below.iter().any(|set| !set.selections.is_empty()) {
            out.push('{');
            direct(&below, case, out);
            out.push('}');
        }
        out.push(' ');
    }
}

fn collect<'d>(
    set: &'d SelectionSet,
    case: Case<'d>,
    groups: &mut IndexMap<String, Vec<&'d SelectionSet>>,
) {
    for selection in &set.selections {
        let included = selection.directives().iter().all(|directive| {
            let value = match directive.arguments[0].value.to_string().as_str() {
                "$a" => case.a,
                "$b" => case.b,
                text => text == "true",
            };
            (directive.name == "include") == value
        });
        if !included {
            continue;
        }
        let set = match selection {
            Selection::Field(field) => {
                let group = groups.entry(field.response_key().to_string()).or_default();
                group.push(&field.selection_set);
                continue;
            }
            Selection::InlineFragment(fragment) => &fragment.selection_set,
            Selection::FragmentSpread(spread) => {
                &case.document.fragments[&spread.fragment_name].selection_set
            }
        };
        if ["Pet", "Any", case.ty].contains(&set.ty.as_str()) {
            collect(set, case, groups);
        }
    }
}

/// The same, read off the normal form.
fn normal(operation: &Operation, case: Case<'_>) -> String {
    let mut out = String::new();
    let pet = operation.selections.fields[0].selections.as_ref().unwrap();
    write(pet, case, &mut out);
    out
}

fn write(set: &crate::SelectionSet, case: Case<'_>, out: &mut String) {
    let value = |name: &schema::Name| if name == "a" { case.a } else { case.b };
    let mut fields: Vec<&crate::Field> = set
        .fields
        .iter()
        .filter(|field| field.on.contains(case.ty) && field.inclusion.holds(value))
        .collect();
    if !case.ordered {
        fields.sort_by(|left, right| left.response_key.cmp(&right.response_key));
    }
    for field in fields {
        out.push_str(&field.response_key);
        if let Some(below) = &field.selections {
            out.push('{');
            write(below, case, out);
            out.push('}');
        }
        out.push(' ');
    }
}
