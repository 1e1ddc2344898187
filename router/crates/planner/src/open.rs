//! Opens what has been chosen: follows the cheapest ways back and makes the layers.

use query_graph::NodeId;
use schema::{FieldSetField, FieldSetItem, Name, TypeSet};

use crate::PlanError;
use crate::layers::{ContextSent, LayerId, Origin, Sent, SentValue, Solution};
use crate::price::{Prices, Way, entity_layers};
use crate::tree::{ContextPlace, PlaceId, ROOT, WantId};
use crate::ways::Move;

/// Asks for a want without selections from where it is cheapest.
pub(crate) fn leaf(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    want: WantId,
) -> Result<(), PlanError> {
    if !solution.sources(want).is_empty() {
        return Ok(());
    }
    if !prices.is_needed(want)
        && let Some(layer) = open_layer_with(solution, want)
    {
        solution.select(layer, want, None);
        return Ok(());
    }
    let Some(node) = prices.best_view(solution, want) else {
        return Err(unreachable(solution, want));
    };
    let layer = layer_for(solution, prices, want, node)?;
    solution.select(layer, want, None);
    Ok(())
}

/// The earliest open layer in which a want can be asked for at no further cost.
fn open_layer_with(solution: &Solution<'_>, want: WantId) -> Option<LayerId> {
    let it = solution.tree.want(want);
    let layers = solution.open_layers(it.place).filter(|layer| {
        let field = solution.tree.field(solution.layer(*layer).node, &it.name);
        field.is_some()
            && !solution.needs_more_than_a_key(*layer)
            && solution
                .tree
                .sent_for(want, solution.layer(*layer).node)
                .is_none()
    });
    let in_time = layers.filter(|layer| solution.round(*layer) <= solution.last_round);
    in_time.min_by_key(|layer| solution.round(*layer))
}

/// Opens the place at `node`.
pub(crate) fn view(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
    node: NodeId,
) -> Result<LayerId, PlanError> {
    let Some(way) = prices.way(solution, place, node) else {
        return Err(unreachable_place(solution, place));
    };
    let moves = match way {
        Way::Open(layer) => return Ok(layer),
        Way::By(moves) => moves,
    };
    match moves {
        Move::Data => {
            let subgraph = solution.tree.graph.node(node).subgraph;
            let round = match place {
                ROOT => Some(solution.first_round),
                _ => {
                    let known = entry_of_root_again(solution, prices, place)?;
                    prices.round_of_request(subgraph, Some(place), known + 1)
                }
            };
            let Some(round) = round else {
                return Err(unreachable_place(solution, place));
            };
            let group = solution.find_or_add_group(subgraph, round, Some(place));
            prices.opened(&solution.tree, place);
            Ok(solution.add_layer(place, node, group, Origin::Data))
        }
        Move::Narrowed(from) => {
            let whole = solution.tree.whole(place);
            let whole_layer = view(solution, prices, whole, from)?;
            Ok(narrowed(solution, prices, whole_layer, place, node))
        }
        Move::Field(from) => {
            let Some(want) = solution.tree.place(place).below else {
                return Err(unreachable_place(solution, place));
            };
            let above = layer_for(solution, prices, want, from)?;
            Ok(below(solution, prices, above, want, place, node))
        }
        Move::Key(index) => {
            let key = solution.tree.graph.node(node).keys[index].clone();
            let sent = items(solution, prices, place, &key.items, true)?;
            entity(solution, prices, (place, node), sent, Vec::new())
        }
        // Views are given by moves.
        Move::Same => Err(unreachable_place(solution, place)),
    }
}

/// Opens a place that is the query root again by the field above, which tells whether there is
/// an object; gives the round in which that is known.
fn entry_of_root_again(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
) -> Result<u16, PlanError> {
    let above = prices.entry_of_root_again(solution, place);
    let want = solution.tree.place(place).below;
    let (Some(above), Some(want)) = (above, want) else {
        return Err(unreachable_place(solution, place));
    };
    let name = &solution.tree.want(want).name;
    let Some(node) = solution.tree.field(above, name).and_then(|it| it.target) else {
        return Err(unreachable_place(solution, place));
    };
    let layer = view(solution, prices, place, node)?;
    Ok(solution.round(layer))
}

/// The layer in which `want` is asked for at `node`: that of the place, or, when the field has
/// requirements, one that is entered with them.
fn layer_for(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    want: WantId,
    node: NodeId,
) -> Result<LayerId, PlanError> {
    let place = solution.tree.want(want).place;
    let Some(requires) = solution.tree.sent_for(want, node) else {
        return view(solution, prices, place, node);
    };
    let mut required = items(solution, prices, place, requires, false)?;
    required.retain(is_no_type_name);
    let original = solution.tree.graph.node(node).copy_of.unwrap_or(node);
    let Some((index, round)) = prices.best_key(solution, want, node) else {
        return Err(unreachable(solution, want));
    };
    // What a key needs must be there in its round; all else may be there in the last.
    let last = match prices.is_needed(want) || solution.tree.want(want).target.is_some() {
        true => round,
        false => solution.last_round,
    };
    let with_context = context_arguments(solution, prices, want, node)?;
    let from_above = with_context.iter().flat_map(|it| &it.sources);
    let ready = from_above
        .map(|(_, _, sent)| latest(solution, sent))
        .fold(latest(solution, &required), u16::max);
    let alike = entity_layers(solution, place, node, ready, last)
        .find(|layer| needs_the_same(solution, *layer, &required, &with_context));
    if let Some(layer) = alike
        && let Origin::Entity { sent, contexts, .. } = &mut solution.layer_mut(layer).origin
    {
        merge(sent, required);
        contexts.extend(with_context);
        return Ok(layer);
    }
    let key = solution.tree.graph.node(original).keys[index].clone();
    let mut sent = items(solution, prices, place, &key.items, true)?;
    merge(&mut sent, required);
    entity(solution, prices, (place, original), sent, with_context)
}

/// Whether an entity layer is entered with just these requirements and contexts. Fields that need other
/// things are asked for apart: what one of them needs may fail, and must not cost the others.
fn needs_the_same(
    solution: &Solution<'_>,
    layer: LayerId,
    required: &[Sent],
    with_context: &[ContextSent],
) -> bool {
    let Origin::Entity { sent, contexts, .. } = &solution.layer(layer).origin else {
        return false;
    };
    let takes = |all: &[ContextSent], one: &ContextSent| {
        all.iter().any(|other| other.sources == one.sources)
    };
    required.iter().all(|one| is_among(sent, one))
        && sent.iter().all(|one| one.is_key || is_among(required, one))
        && with_context.iter().all(|one| takes(contexts, one))
        && contexts.iter().all(|one| takes(with_context, one))
        && compatible(sent, required)
}

/// Whether a field, with all that is sent of it, is among those that are sent.
fn is_among(sent: &[Sent], one: &Sent) -> bool {
    sent.iter().any(|known| {
        known.name == one.name
            && known.on == one.on
            && same_value(known, one)
            && one.below.iter().all(|below| is_among(&known.below, below))
    })
}

/// Asks for the values of a want's arguments that are taken from objects above.
fn context_arguments(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    want: WantId,
    node: NodeId,
) -> Result<Vec<ContextSent>, PlanError> {
    let it = solution.tree.want(want);
    let (place, name) = (it.place, it.name.clone());
    let Some(field) = solution.tree.field(node, &name) else {
        return Ok(Vec::new());
    };
    let mut arguments = Vec::with_capacity(field.context.len());
    for argument in &field.context {
        let mut sources = Vec::new();
        for ContextPlace { place, on } in solution.tree.context_places(place, &argument.set_on) {
            let whole = solution.tree.whole(place);
            let wanted = &argument.selection.items;
            let Some(object) = on else {
                let sent = items(solution, prices, place, wanted, false)?;
                sources.push((whole, None, sent));
                continue;
            };
            for (object, narrowed) in types_that_come(solution, prices, place, &object)? {
                let sent = items(solution, prices, narrowed, wanted, false)?;
                sources.push((whole, Some(TypeSet::one(object)), sent));
            }
        }
        arguments.push(ContextSent {
            want,
            argument: argument.name.clone(),
            ty: argument.ty.clone(),
            sources,
        });
    }
    Ok(arguments)
}

/// The layer below `above` along `want`.
fn below(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    above: LayerId,
    want: WantId,
    place: PlaceId,
    node: NodeId,
) -> LayerId {
    let known = solution
        .layer(above)
        .selected
        .iter()
        .find(|(selected, _)| *selected == want);
    if let Some((_, Some(layer))) = known {
        return *layer;
    }
    prices.opened(&solution.tree, place);
    let layer = solution.add_layer(
        place,
        node,
        solution.layer(above).group,
        Origin::Field(above),
    );
    solution.select(above, want, Some(layer));
    layer
}

/// The layer `whole` narrowed to the type of `place`.
fn narrowed(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    whole: LayerId,
    place: PlaceId,
    node: NodeId,
) -> LayerId {
    let known = solution.layer(whole).narrowed.iter().copied();
    if let Some(layer) = known
        .into_iter()
        .find(|layer| solution.layer(*layer).place == place)
    {
        return layer;
    }
    prices.opened(&solution.tree, place);
    let layer = solution.add_layer(
        place,
        node,
        solution.layer(whole).group,
        Origin::Narrowed(whole),
    );
    solution.layer_mut(whole).narrowed.push(layer);
    layer
}

/// A layer entered by key, in the round after the latest of what is sent, or a later one to join.
fn entity(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    (place, node): (PlaceId, NodeId),
    mut sent: Vec<Sent>,
    contexts: Vec<ContextSent>,
) -> Result<LayerId, PlanError> {
    sent.retain(is_no_type_name);
    let typed = match solution.tree.whole_of_unknown_type(place) {
        Some(whole) => Some(seen(solution, prices, whole, true)?),
        None => None,
    };
    prices.opened(&solution.tree, place);
    let subgraph = solution.tree.graph.node(node).subgraph;
    let ready = typed.map_or(0, |layer| solution.round(layer));
    let from_above = contexts.iter().flat_map(|it| &it.sources);
    let earliest = from_above
        .map(|(_, _, sent)| latest(solution, sent))
        .fold(latest(solution, &sent).max(ready), u16::max)
        + 1;
    let Some(round) = prices.round_of_request(subgraph, None, earliest) else {
        return Err(unreachable_place(solution, place));
    };
    let group = solution.find_or_add_group(subgraph, round, None);
    let origin = Origin::Entity {
        sent,
        typed,
        contexts,
    };
    Ok(solution.add_layer(place, node, group, origin))
}

/// Whether it is to be listed: the type of the object itself is sent anyhow.
fn is_no_type_name(one: &Sent) -> bool {
    matches!(one.value, SentValue::Want(_))
}

/// Opens a place for itself: to learn whether an object stands there, or of which type.
pub(crate) fn seen(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
    typed: bool,
) -> Result<LayerId, PlanError> {
    let Some(node) = prices.best_entry(solution, place, typed) else {
        return Err(unreachable_place(solution, place));
    };
    let layer = view(solution, prices, place, node)?;
    solution.layer_mut(layer).needed = true;
    Ok(layer)
}

/// The type of the object at `place`, to be sent.
fn type_name(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
    is_key: bool,
) -> Result<Sent, PlanError> {
    let type_name = &solution.tree.place(place).type_name;
    let typed = solution.tree.graph.is_abstract(type_name);
    Ok(Sent {
        name: Name::from("__typename"),
        is_key,
        on: None,
        value: SentValue::TypeName(seen(solution, prices, place, typed)?),
        below: Vec::new(),
    })
}

/// Asks for everything a field set selects, and says what is to be sent of it.
fn items(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
    wanted: &[FieldSetItem],
    is_key: bool,
) -> Result<Vec<Sent>, PlanError> {
    let mut sent = Vec::new();
    for item in wanted {
        match item {
            FieldSetItem::Field(field) if field.name == "__typename" => {
                merge(&mut sent, vec![type_name(solution, prices, place, is_key)?]);
            }
            FieldSetItem::Field(field)
                if solution.tree.resolved_whole(place, &field.name, None) =>
            {
                merge(
                    &mut sent,
                    vec![item_field(solution, prices, place, field, is_key)?],
                );
            }
            FieldSetItem::Field(field) => {
                let type_name = solution.tree.place(place).type_name.clone();
                for (object, narrowed) in types_that_come(solution, prices, place, &type_name)? {
                    let mut one = item_field(solution, prices, narrowed, field, is_key)?;
                    one.on = Some(TypeSet::one(object));
                    merge(&mut sent, vec![one]);
                }
            }
            FieldSetItem::Fragment(fragment) => {
                let type_name = solution.tree.place(place).type_name.clone();
                match &fragment.type_condition {
                    Some(condition) if *condition != type_name => {
                        for (object, narrowed) in
                            types_that_come(solution, prices, place, condition)?
                        {
                            let mut several =
                                items(solution, prices, narrowed, &fragment.items, is_key)?;
                            if narrowed != place {
                                for one in &mut several {
                                    one.on = Some(TypeSet::one(object.clone()));
                                }
                            }
                            merge(&mut sent, several);
                        }
                    }
                    _ => merge(
                        &mut sent,
                        items(solution, prices, place, &fragment.items, is_key)?,
                    ),
                }
            }
        }
    }
    Ok(sent)
}

fn item_field(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
    field: &FieldSetField,
    is_key: bool,
) -> Result<Sent, PlanError> {
    let want = solution
        .tree
        .internal_want(place, &field.name, &field.arguments)?;
    let Some(want) = want else {
        let parent_type = solution.tree.place(place).type_name.clone();
        return Err(PlanError::Unreachable {
            parent_type,
            field: field.name.clone(),
        });
    };
    solution.want_always(want);
    let below = if field.items.is_empty() {
        leaf(solution, prices, want)?;
        Vec::new()
    } else {
        let target = solution.tree.place_below(want)?;
        let mut below = items(solution, prices, target, &field.items, is_key)?;
        // Where nothing is selected of the object, it still matters whether there is one.
        // And a subgraph that is told of an object of some abstract type cannot resolve anything
        // on it without knowing which type it is.
        let named = below
            .iter()
            .any(|one| one.on.is_none() && one.name == "__typename");
        let type_of_target = &solution.tree.place(target).type_name;
        let is_abstract = solution.tree.graph.is_abstract(type_of_target);
        if below.is_empty() || (is_abstract && !is_key && !named) {
            below.insert(0, type_name(solution, prices, target, is_key)?);
        }
        below
    };
    Ok(Sent {
        name: field.name.clone(),
        is_key,
        on: None,
        value: SentValue::Want(want),
        below,
    })
}

/// The types that `condition` covers at `place` and that can come there, with the narrowed places.
fn types_that_come(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
    place: PlaceId,
    condition: &Name,
) -> Result<Vec<(Name, PlaceId)>, PlanError> {
    let mut come = Vec::new();
    for object in &solution.tree.covered(place, condition) {
        let narrowed = solution.tree.narrow(place, object);
        if prices.is_seen(solution, narrowed) {
            come.push((object.clone(), narrowed));
        }
    }
    Ok(come)
}

/// The latest round in which something that is sent arrives.
pub(crate) fn latest(solution: &Solution<'_>, sent: &[Sent]) -> u16 {
    sent.iter()
        .map(|one| {
            let own = match one.value {
                SentValue::TypeName(layer) => Some(solution.round(layer)),
                // An object arrives with what is sent of it.
                SentValue::Want(_) if !one.below.is_empty() => None,
                SentValue::Want(want) => solution
                    .sources(want)
                    .first()
                    .map(|layer| solution.round(*layer)),
            };
            own.unwrap_or(solution.first_round)
                .max(latest(solution, &one.below))
        })
        .max()
        .unwrap_or(solution.first_round)
}

/// Whether `more` can be sent in one representation with `sent`: no name with two meanings.
fn compatible(sent: &[Sent], more: &[Sent]) -> bool {
    more.iter().all(|one| {
        sent.iter().all(|known| {
            let apart = match (&known.on, &one.on) {
                (Some(left), Some(right)) => left.intersection(right).is_empty(),
                _ => false,
            };
            known.name != one.name
                || apart
                || (same_value(known, one) && compatible(&known.below, &one.below))
        })
    })
}

/// Whether two fields of a representation have one value.
fn same_value(left: &Sent, right: &Sent) -> bool {
    match (left.value, right.value) {
        (SentValue::Want(left), SentValue::Want(right)) => left == right,
        (SentValue::TypeName(_), SentValue::TypeName(_)) => true,
        _ => false,
    }
}

/// Adds `more` to what is sent, each field once.
fn merge(sent: &mut Vec<Sent>, more: Vec<Sent>) {
    for one in more {
        match sent
            .iter_mut()
            .find(|known| same_value(known, &one) && known.on == one.on)
        {
            Some(known) => {
                known.is_key |= one.is_key;
                merge(&mut known.below, one.below);
            }
            None => sent.push(one),
        }
    }
}

/// The error for a want that no view resolves.
pub(crate) fn unreachable(solution: &Solution<'_>, want: WantId) -> PlanError {
    let want = solution.tree.want(want);
    let parent_type = solution.tree.place(want.place).type_name.clone();
    PlanError::Unreachable {
        parent_type,
        field: want.name.clone(),
    }
}

/// The error for a place that cannot be seen as it must.
pub(crate) fn unreachable_place(solution: &Solution<'_>, place: PlaceId) -> PlanError {
    match solution.tree.place(place).below {
        Some(want) => unreachable(solution, want),
        None => PlanError::Unreachable {
            parent_type: solution.tree.place(place).type_name.clone(),
            field: Name::from("__typename"),
        },
    }
}
