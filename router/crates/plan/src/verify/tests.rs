//! A sound plan, and one test for each way of breaking it.

use expect_test::{Expect, expect};
use schema::{Inclusion, Name, OperationKind, SubgraphId, Type, TypeSet};

use super::verify;
use crate::{
    EntityFetch, Fetch, FetchId, InclusionId, Layer, LayerId, LayerSource, LeafKind, Plan,
    Position, PositionId, ReadField, ReadObject, ReadValue, Representation, RepresentationField,
    RepresentationValue, Selection, Slot, TypeSource, WriteField, WriteObject, WriteValue,
};

fn read(key: &str, slot: u16, value: ReadValue) -> ReadField {
    ReadField {
        response_key: Name::from(key),
        client_key: Some(Name::from(key)),
        slot: Slot(slot),
        list_depth: 0,
        value,
    }
}

fn read_object(slots: u16, fields: Vec<ReadField>) -> ReadObject {
    ReadObject {
        slots,
        type_name: None,
        fields,
    }
}

fn select(name: &str, selections: Vec<Selection>) -> Selection {
    Selection::Field {
        alias: None,
        name: Name::from(name),
        arguments: Vec::new(),
        inclusion: Inclusion::always(),
        selections,
    }
}

fn fetch(after: Vec<FetchId>, round: u16, selections: Vec<Selection>) -> Fetch {
    Fetch {
        pieces: None,
        subgraph: SubgraphId(round),
        subgraph_name: Name::from("s"),
        kind: OperationKind::Query,
        operation_name: None,
        document: String::new(),
        selections,
        variables: Vec::new(),
        after,
        round,
        inclusion: None,
        root: None,
        entities: Vec::new(),
    }
}

fn position(parent: Option<u16>, type_name: &str, layers: Vec<Layer>) -> Position {
    Position {
        parent: parent.map(PositionId),
        client_key: parent.map(|_| Name::from("me")),
        list_depth: 0,
        layers,
        type_source: TypeSource::Static(Name::from(type_name)),
    }
}

fn layer(fetch: u16, source: LayerSource) -> Layer {
    Layer {
        source,
        fetch: FetchId(fetch),
    }
}

fn write(key: &str, value: WriteValue) -> WriteField {
    WriteField {
        own_types: Vec::new(),
        key: Name::from(key),
        parent_type: Name::from("User"),
        name: Name::from(key),
        on: None,
        inclusion: None,
        ty: Type::Named(Name::from("String")),
        value,
    }
}

fn write_leaf(key: &str, layer: u16, slot: u16) -> WriteField {
    let value = WriteValue::Leaf {
        layer: LayerId(layer),
        slot: Slot(slot),
        visible_values: None,
    };
    write(key, value)
}

/// `{ me { name count } }`: `name` from one subgraph, `count` from another, by `id`.
fn sound() -> Plan {
    let leaf = || ReadValue::Leaf(LeafKind::String);
    let user = read_object(3, vec![read("id", 0, leaf()), read("name", 1, leaf())]);
    let mut first = fetch(
        Vec::new(),
        0,
        vec![select(
            "me",
            vec![select("id", Vec::new()), select("name", Vec::new())],
        )],
    );
    first.root = Some(read_object(1, vec![read("me", 0, ReadValue::Object(user))]));
    let on_user = Selection::Fragment {
        type_condition: Name::from("User"),
        selections: vec![select("count", Vec::new())],
    };
    let mut second = fetch(
        vec![FetchId(0)],
        1,
        vec![select("_entities", vec![on_user])],
    );
    second.entities = vec![EntityFetch {
        contexts: Vec::new(),
        response_key: Name::from("_entities"),
        variable: Name::from("representations"),
        position: PositionId(1),
        base: LayerId(0),
        attach: Slot(2),
        inclusion: None,
        representations: vec![Representation {
            on: TypeSet::one(Name::from("User")),
            type_name: None,
            fields: vec![RepresentationField {
                name: Name::from("id"),
                on: None,
                is_key: true,
                ty: Type::Named(Name::from("ID")),
                value: RepresentationValue::Leaf {
                    layer: LayerId(0),
                    slot: Slot(0),
                },
            }],
        }],
        read: read_object(1, vec![read("count", 0, leaf())]),
    }];
    let me = vec![
        layer(
            0,
            LayerSource::Field {
                parent: LayerId(0),
                slot: Slot(0),
            },
        ),
        layer(
            1,
            LayerSource::Entity {
                base: LayerId(0),
                slot: Slot(2),
            },
        ),
    ];
    let user = WriteObject {
        position: PositionId(1),
        possible_types: None,
        fields: vec![write_leaf("name", 0, 1), write_leaf("count", 1, 0)],
    };
    Plan {
        kind: OperationKind::Query,
        fetches: vec![first, second],
        positions: vec![
            position(None, "Query", vec![layer(0, LayerSource::Data)]),
            position(Some(0), "User", me),
        ],
        inclusions: Vec::new(),
        answer: WriteObject {
            position: PositionId::ROOT,
            possible_types: None,
            fields: vec![write("me", WriteValue::Object(user))],
        },
    }
}

fn check(breaks: impl FnOnce(&mut Plan), expected: &Expect) {
    let mut plan = sound();
    breaks(&mut plan);
    let possible = |name: &Name| Some(TypeSet::one(name.clone()));
    let found = match verify(&plan, possible) {
        Ok(()) => "sound".to_owned(),
        Err(unsound) => unsound.to_string(),
    };
    expected.assert_eq(&found);
}

fn user(plan: &mut Plan) -> &mut WriteObject {
    match &mut plan.answer.fields[0].value {
        WriteValue::Object(object) => object,
        _ => unreachable!("`me` is an object"),
    }
}

#[test]
fn the_plan_is_sound_before_it_is_broken() {
    check(|_| {}, &expect!["sound"]);
}

#[test]
fn requests_wait_for_those_before_them() {
    check(
        |plan| plan.fetches[1].after = vec![FetchId(1)],
        &expect!["fetch 1: waits for one that is not before it"],
    );
    check(
        |plan| plan.fetches[1].round = 2,
        &expect!["fetch 1: is in the wrong round"],
    );
    check(
        |plan| {
            plan.fetches[1].after.clear();
            plan.fetches[1].round = 0;
        },
        &expect!["fetch 1: attaches entities to objects still to come"],
    );
    check(
        |plan| plan.fetches[0].root = None,
        &expect!["fetch 0: asks for both or neither of root fields and entities"],
    );
}

#[test]
fn layers_are_found_where_something_is_read() {
    check(
        |plan| plan.positions[1].layers[0].fetch = FetchId(1),
        &expect!["position 1, layer 0: is found nowhere"],
    );
    check(
        |plan| plan.positions[1].list_depth = 1,
        &expect!["position 1, layer 0: is found nowhere"],
    );
    check(
        |plan| plan.positions[1].parent = Some(PositionId(1)),
        &expect!["position 1: does not stand after its parent"],
    );
    check(
        |plan| plan.positions[1].type_source = TypeSource::Layer(LayerId(2)),
        &expect!["position 1: has its type from a layer that is not there"],
    );
    check(
        |plan| {
            plan.positions[1].layers.pop();
        },
        &expect!["fetch 1: asks for entities that no layer sees"],
    );
}

#[test]
fn slots_are_filled_once() {
    let entities =
        |plan: &mut Plan, change: fn(&mut EntityFetch)| change(&mut plan.fetches[1].entities[0]);
    check(
        |plan| entities(plan, |it| it.read.fields[0].slot = Slot(1)),
        &expect!["fetch 1: reads into a slot that is not there"],
    );
    check(
        |plan| {
            entities(plan, |it| {
                it.read.slots = 2;
                it.read.fields.push(it.read.fields[0].clone());
            });
        },
        &expect!["fetch 1: reads two fields into one slot"],
    );
    check(
        |plan| {
            entities(plan, |it| it.attach = Slot(1));
            plan.positions[1].layers[1].source = LayerSource::Entity {
                base: LayerId(0),
                slot: Slot(1),
            };
        },
        &expect!["fetch 1: attaches entities where something else stands"],
    );
}

#[test]
fn what_is_sent_is_there() {
    let sent = |plan: &mut Plan, change: fn(&mut Representation)| {
        change(&mut plan.fetches[1].entities[0].representations[0]);
    };
    check(
        |plan| sent(plan, |it| it.fields.clear()),
        &expect!["fetch 1: sends no key"],
    );
    check(
        |plan| {
            sent(plan, |it| {
                it.fields[0].value = RepresentationValue::Leaf {
                    layer: LayerId(1),
                    slot: Slot(0),
                }
            });
        },
        &expect!["fetch 1: sends what is still to come"],
    );
    check(
        |plan| {
            sent(plan, |it| {
                it.fields[0].value = RepresentationValue::Leaf {
                    layer: LayerId(0),
                    slot: Slot(2),
                }
            });
        },
        &expect!["fetch 1: sends what is no value"],
    );
    check(
        |plan| {
            let twice = plan.fetches[1].entities[0].representations[0].clone();
            plan.fetches[1].entities[0].representations.push(twice);
        },
        &expect!["fetch 1: has two representations for one type"],
    );
}

#[test]
fn what_is_written_was_asked_for() {
    check(
        |plan| user(plan).fields.push(write_leaf("name", 0, 1)),
        &expect!["me.name: is written twice"],
    );
    check(
        |plan| user(plan).fields.push(write_leaf("age", 0, 2)),
        &expect!["me.age: is written from a slot that is not read"],
    );
    check(
        |plan| user(plan).fields.push(write_leaf("age", 7, 0)),
        &expect!["me.age: is written from a slot that is not read"],
    );
    check(
        |plan| user(plan).position = PositionId::ROOT,
        &expect![".me: is not below its parent"],
    );
    check(
        |plan| {
            let Selection::Field { selections, .. } = &mut plan.fetches[1].selections[0] else {
                return;
            };
            *selections = vec![Selection::Fragment {
                type_condition: Name::from("Robot"),
                selections: vec![select("count", Vec::new())],
            }];
        },
        &expect!["me.count: is not asked for"],
    );
}

#[test]
fn a_subscription_has_one_stream() {
    check(
        |plan| plan.kind = OperationKind::Subscription,
        &expect!["fetch 0: is not the one that opens the stream"],
    );
    check(
        |plan| plan.fetches[0].kind = OperationKind::Subscription,
        &expect!["fetch 0: is not the one that opens the stream"],
    );
    let subscription = |plan: &mut Plan| {
        plan.kind = OperationKind::Subscription;
        plan.fetches[0].kind = OperationKind::Subscription;
    };
    check(subscription, &expect!["sound"]);
    check(
        |plan| {
            subscription(plan);
            plan.fetches[1].kind = OperationKind::Subscription;
        },
        &expect!["fetch 1: is not the one that opens the stream"],
    );
    check(
        |plan| {
            subscription(plan);
            plan.fetches[0].inclusion = Some(InclusionId(0));
            plan.inclusions.push(Inclusion::always());
        },
        &expect!["fetch 0: opens the stream under a condition"],
    );
}
