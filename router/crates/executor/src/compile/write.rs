//! The shape that guides the writing of the answer.

use std::sync::Arc;

use plan::{FetchId, LayerId, Plan, PositionId, Slot, TypeSource, WriteField, WriteObject};
use plan::{InclusionId, WriteValue};
use schema::{Name, Type, TypeSet};

use super::as_it_stands::{AsItStands, WriteRun};
use super::nullability;
use super::read::sorted;
use super::types::{TypeMask, TypeTable};
use crate::short::Stamp;

/// How an object is written.
#[derive(Debug)]
pub(crate) struct WriteShape {
    /// Where it stands.
    pub(crate) position: PositionId,
    /// The types that clients may see; none when the type is known beforehand.
    pub(crate) possible_types: Option<TypeMask>,
    /// Its fields in the client's order.
    pub(crate) fields: Vec<WriteFieldShape>,
}

/// How a field is written.
#[derive(Debug)]
pub(crate) struct WriteFieldShape {
    /// `,"key":`
    pub(crate) key: Stamp,
    /// The client's key.
    pub(crate) client_key: Name,
    /// For messages: the type that has the field.
    pub(crate) parent_type: Name,
    /// For messages: its name.
    pub(crate) name: Name,
    /// The objects that have it; none for all.
    pub(crate) on: Option<TypeMask>,
    /// Written only when this holds.
    pub(crate) inclusion: Option<InclusionId>,
    /// Where null may stand, from the outside in.
    pub(crate) nullable: Box<[bool]>,
    /// Where the value comes from.
    pub(crate) value: WriteValueShape,
    /// The run that begins with it, if there is one.
    pub(crate) run: Option<WriteRun>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(crate) enum WriteValueShape {
    /// The object's type.
    TypeName,
    /// A slot, in a layer that `fetch` made.
    Leaf {
        layer: LayerId,
        slot: Slot,
        fetch: FetchId,
        /// The only values that clients may see, sorted.
        visible: Option<Box<[Name]>>,
    },
    /// Objects at a position below. Fields that differ only in where null may stand share it.
    Object(Arc<WriteShape>),
    /// Ready before execution starts.
    Introspection,
}

/// The shape of an object of the answer.
pub(crate) fn compile(
    plan: &Plan,
    types: &TypeTable,
    as_it_stands: &AsItStands,
    object: &WriteObject,
) -> WriteShape {
    let position = plan.position(object.position);
    let static_type = match &position.type_source {
        TypeSource::Static(name) => Some(name),
        TypeSource::Layer(_) => None,
    };
    // Where the type is known beforehand, so is which fields an object has.
    let can_stand = |on: &Option<TypeSet>| match (on, static_type) {
        (Some(set), Some(name)) => set.contains(name),
        _ => true,
    };
    WriteShape {
        position: object.position,
        // A type that is known beforehand may be an interface's, where all that is asked of an
        // object comes from subgraphs that know the interface as an object.
        possible_types: match static_type {
            Some(_) => None,
            None => object.possible_types.as_ref().map(|set| types.mask(set)),
        },
        fields: object
            .fields
            .iter()
            .filter(|field| can_stand(&field.on))
            .flat_map(|field| compile_field(plan, types, as_it_stands, (object.position, field)))
            .collect(),
    }
}

/// The field, once for each way in which the objects that have it say where null may stand.
fn compile_field(
    plan: &Plan,
    types: &TypeTable,
    as_it_stands: &AsItStands,
    (position, field): (PositionId, &WriteField),
) -> Vec<WriteFieldShape> {
    let value = compile_value(plan, types, as_it_stands, (position, field));
    let shape = |on: Option<TypeMask>, ty: &Type| WriteFieldShape {
        key: Stamp::new(format!(",\"{}\":", field.key)),
        client_key: field.key.clone(),
        parent_type: field.parent_type.clone(),
        name: field.name.clone(),
        on,
        inclusion: field.inclusion,
        nullable: nullability(ty),
        value: value.clone(),
        run: as_it_stands.write_run(field),
    };
    match &plan.position(position).type_source {
        TypeSource::Static(name) => {
            let own = field.own_types.iter().find(|(on, _)| on.contains(name));
            vec![shape(None, own.map_or(&field.ty, |(_, ty)| ty))]
        }
        TypeSource::Layer(_) => {
            let mut shapes = Vec::with_capacity(1 + field.own_types.len());
            let mut rest = field.on.as_ref().map(|on| types.mask(on));
            for (on, ty) in &field.own_types {
                let own = types.mask(on);
                rest = Some(match rest {
                    Some(rest) => rest.without(&own),
                    None => types.all().without(&own),
                });
                shapes.push(shape(Some(own), ty));
            }
            shapes.push(shape(rest, &field.ty));
            shapes
        }
    }
}

fn compile_value(
    plan: &Plan,
    types: &TypeTable,
    as_it_stands: &AsItStands,
    (position, field): (PositionId, &WriteField),
) -> WriteValueShape {
    match &field.value {
        WriteValue::TypeName => WriteValueShape::TypeName,
        WriteValue::Leaf {
            layer,
            slot,
            visible_values,
        } => WriteValueShape::Leaf {
            layer: *layer,
            slot: *slot,
            fetch: plan.position(position).layers[layer.index()].fetch,
            visible: visible_values.as_deref().map(sorted),
        },
        WriteValue::Object(object) => {
            WriteValueShape::Object(Arc::new(compile(plan, types, as_it_stands, object)))
        }
        WriteValue::Introspection => WriteValueShape::Introspection,
    }
}
