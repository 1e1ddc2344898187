//! Which values may be given on as they stand in a subgraph's answer.
//!
//! Where the client asks for just what one subgraph is asked for, under the same keys and in the
//! same order, there is nothing to take apart: once a value has been checked against its shape, its
//! text is the client's text. Such a value needs one slot, whatever is inside it.
//!
//! ```text
//! { artist { name } }             client { artist { name } }    → as it stands
//! { artist { __typename id } }    entity fetch at `artist`      → no: its slots are needed
//! { artist { _0: name } }         client { artist { name } }    → no: another key
//! ```
//!
//! Of an object that must be taken apart, fields that follow each other both in the subgraph's answer and
//! in the client's can still be given on together, as one *run*:
//!
//! ```text
//! { track { __typename id title artist { name } plays } }    `plays` is another subgraph's
//!                         ^^^^^^^^^^^^^^^^^^^^^ one run
//! ```
//!
//! An object qualifies when it is seen through one layer only, is of one type, has no field that a
//! variable may leave out, and no fetch needs a slot of it or of what is below it. What is found
//! here holds for answers that keep every promise; the reader falls back to slots for others.

mod runs;

use std::collections::{HashMap, HashSet};

use plan::{
    FetchId, LayerId, LayerSource, Plan, PositionId, ReadField, ReadObject, ReadValue,
    RepresentationField, RepresentationValue, Slot, TypeSource, WriteField, WriteObject,
    WriteValue,
};
use schema::Name;

use super::nullability;
use runs::SlotUses;
pub(crate) use runs::WriteRun;

/// The values that may be given on as they stand, by the address of what reads them in the plan.
#[derive(Debug, Default)]
pub(crate) struct AsItStands {
    objects: HashSet<*const ReadObject>,
    fields: HashMap<*const ReadField, Box<[bool]>>,
    read_runs: HashMap<*const ReadField, usize>,
    write_runs: HashMap<*const WriteField, WriteRun>,
}

impl AsItStands {
    /// Whether these objects may.
    pub(crate) fn object(&self, read: &ReadObject) -> bool {
        self.objects.contains(&std::ptr::from_ref(read))
    }

    /// How many fields may be given on together, beginning with this one, if there are several.
    pub(crate) fn read_run(&self, first: &ReadField) -> Option<usize> {
        self.read_runs.get(&std::ptr::from_ref(first)).copied()
    }

    /// The run that begins with this field of the answer.
    pub(crate) fn write_run(&self, first: &WriteField) -> Option<WriteRun> {
        self.write_runs.get(&std::ptr::from_ref(first)).copied()
    }

    /// Where null may stand in the value of this field, if it may be given on as it stands. A
    /// leaf's may only as a part of its object or of a run.
    pub(crate) fn field(&self, read: &ReadField) -> Option<&[bool]> {
        self.fields.get(&std::ptr::from_ref(read)).map(|it| &**it)
    }
}

/// Looks through a plan.
pub(crate) fn find(plan: &Plan) -> AsItStands {
    let reads = reads(plan);
    let mut seen = HashMap::new();
    for read in reads.iter().flatten().flatten() {
        *seen.entry(std::ptr::from_ref(*read)).or_insert(0) += 1;
    }
    let mut written = HashMap::new();
    count_written(&plan.answer, &mut written);
    let mut finder = Finder {
        needed: needed(plan),
        uses: SlotUses::of(plan),
        plan,
        reads,
        seen,
        written,
        found: AsItStands::default(),
    };
    finder.object(&plan.answer);
    finder.found
}

/// What reads the objects of each layer of each position.
type Reads<'p> = Vec<Vec<Option<&'p ReadObject>>>;

struct Finder<'p> {
    plan: &'p Plan,
    reads: Reads<'p>,
    /// How many layers see the objects that this reads.
    seen: HashMap<*const ReadObject, usize>,
    written: HashMap<PositionId, usize>,
    /// Positions whose slots some fetch needs, or the slots of a position below.
    needed: HashSet<PositionId>,
    uses: SlotUses,
    found: AsItStands,
}

impl<'p> Finder<'p> {
    /// Notes what qualifies at and below an object of the answer; says whether the object does.
    fn object(&mut self, write: &'p WriteObject) -> bool {
        let own = self.private(write);
        let mut read_fields = own.map_or(&[][..], |(read, _)| &read.fields).iter();
        let mut qualifies = own.is_some();
        let mut leaves = Vec::new();
        let mut fields = Vec::new();
        for field in self.fields(write) {
            let below = match &field.value {
                WriteValue::Object(object) => self.object(object).then_some(object.position),
                _ => None,
            };
            if let Some(position) = below {
                self.note_field(position, field);
            }
            fields.push((field, below));
            let read = read_fields.next();
            qualifies &= match (own, read) {
                (Some((own, type_name)), Some(read)) => {
                    leaves.push((read, nullability(&field.ty)));
                    self.is_same((write.position, LayerId(0)), field, read, below)
                        && (!matches!(read.value, ReadValue::TypeName)
                            || own.type_name.as_ref() == Some(type_name))
                }
                _ => false,
            };
        }
        if let Some((own, _)) = own.filter(|_| qualifies && read_fields.next().is_none()) {
            self.found.objects.insert(std::ptr::from_ref(own));
            let leaves = leaves
                .into_iter()
                .map(|(read, nullable)| (std::ptr::from_ref(read), nullable));
            self.found.fields.extend(leaves);
            return true;
        }
        self.runs(write.position, &fields);
        false
    }

    /// The fields that objects at the position of `write` can have.
    fn fields(&self, write: &'p WriteObject) -> impl Iterator<Item = &'p WriteField> + use<'p> {
        let source = &self.plan.position(write.position).type_source;
        write
            .fields
            .iter()
            .filter(move |field| match (&field.on, source) {
                (Some(on), TypeSource::Static(name)) => on.contains(name),
                _ => true,
            })
    }

    /// What reads the object, and its type, when nothing but `write` sees it.
    fn private(&self, write: &WriteObject) -> Option<(&'p ReadObject, &'p Name)> {
        let position = self.plan.position(write.position);
        let [Some(read)] = self.reads.get(write.position.index())?[..] else {
            return None;
        };
        let TypeSource::Static(name) = &position.type_source else {
            return None;
        };
        let is_private = self.seen.get(&std::ptr::from_ref(read)) == Some(&1)
            && self.written.get(&write.position) == Some(&1)
            && !self.needed.contains(&write.position)
            && !read.fields.is_empty()
            && read.type_name.as_ref().is_none_or(|it| it == name);
        is_private.then_some((read, name))
    }

    /// Notes the field below which the objects at a position stand.
    fn note_field(&mut self, position: PositionId, field: &WriteField) {
        if let Some((parent, layer, slot)) = self.above(position)
            && let Some(Some(read)) = self.reads[parent.index()].get(layer.index())
            && let Some(read) = read.fields.iter().find(|it| it.slot == slot)
        {
            let nullable = nullability(&field.ty);
            if nullable.len() == usize::from(read.list_depth) + 1 {
                self.found.fields.insert(std::ptr::from_ref(read), nullable);
            }
        }
    }

    /// The slot in which the objects of a position of one layer stand.
    fn above(&self, position: PositionId) -> Option<(PositionId, LayerId, Slot)> {
        let position = self.plan.position(position);
        match position.layers[..] {
            [
                plan::Layer {
                    source: LayerSource::Field { parent, slot },
                    ..
                },
            ] => Some((position.parent?, parent, slot)),
            _ => None,
        }
    }

    /// Whether a field is written just as it is read.
    fn is_same(
        &self,
        (position, layer): (PositionId, LayerId),
        write: &WriteField,
        read: &ReadField,
        below: Option<PositionId>,
    ) -> bool {
        let is_plain = write.inclusion.is_none()
            && write.own_types.is_empty()
            && write.key == read.response_key
            && nullability(&write.ty).len() == usize::from(read.list_depth) + 1;
        let is_same_value = match (&write.value, &read.value) {
            (
                WriteValue::Leaf {
                    layer: of,
                    slot,
                    visible_values: None,
                },
                ReadValue::Leaf(_),
            ) => (*of, *slot) == (layer, read.slot),
            (WriteValue::TypeName, ReadValue::TypeName) => true,
            (WriteValue::Object(_), ReadValue::Object(_)) => {
                below.and_then(|below| self.above(below)) == Some((position, layer, read.slot))
            }
            _ => false,
        };
        is_plain && is_same_value
    }
}

/// Positions and layers stand after those they are found from.
fn reads(plan: &Plan) -> Reads<'_> {
    let mut reads: Reads<'_> = Vec::with_capacity(plan.positions.len());
    for (position, index) in plan.positions.iter().zip(0..) {
        let above = position.parent.and_then(|it| reads.get(it.index()));
        let of_position = position
            .layers
            .iter()
            .map(|layer| match layer.source {
                LayerSource::Data => plan.fetch(layer.fetch).root.as_ref(),
                LayerSource::Field { parent, slot } => {
                    let parent = above?.get(parent.index()).copied()??;
                    match &parent.fields.iter().find(|it| it.slot == slot)?.value {
                        ReadValue::Object(object) => Some(object),
                        _ => None,
                    }
                }
                LayerSource::Entity { base, slot } => {
                    entity_read(plan, layer.fetch, (PositionId(index), base, slot))
                }
            })
            .collect();
        reads.push(of_position);
    }
    reads
}

fn entity_read(
    plan: &Plan,
    fetch: FetchId,
    place: (PositionId, LayerId, Slot),
) -> Option<&ReadObject> {
    let mut entities = plan.fetch(fetch).entities.iter();
    entities
        .find(|it| (it.position, it.base, it.attach) == place)
        .map(|it| &it.read)
}

fn count_written(write: &WriteObject, counts: &mut HashMap<PositionId, usize>) {
    *counts.entry(write.position).or_insert(0) += 1;
    for field in &write.fields {
        if let WriteValue::Object(object) = &field.value {
            count_written(object, counts);
            // Where null may stand depends on the object above: it is written in several ways.
            *counts.entry(object.position).or_insert(0) += field.own_types.len();
        }
    }
}

/// The positions that fetches look objects up at or send fields of, and all above them.
fn needed(plan: &Plan) -> HashSet<PositionId> {
    let mut ends = Vec::new();
    for entity in plan.fetches.iter().flat_map(|fetch| &fetch.entities) {
        ends.push(entity.position);
        for representation in &entity.representations {
            sent(&representation.fields, &mut ends);
        }
        for source in entity.contexts.iter().flat_map(|it| &it.sources) {
            ends.push(source.position);
            sent(&source.fields, &mut ends);
        }
    }
    ends.into_iter()
        .flat_map(|end| super::positions::chain(plan, end))
        .collect()
}

fn sent(fields: &[RepresentationField], ends: &mut Vec<PositionId>) {
    for field in fields {
        if let RepresentationValue::Object { position, fields } = &field.value {
            ends.push(*position);
            sent(fields, ends);
        }
    }
}
