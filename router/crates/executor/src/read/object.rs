//! Objects: keys in the order that was asked for are tried first, any other order is read as well.

use std::ops::Range;

use super::cursor::{Contents, Malformed};
use super::leaf::offset;
use super::{Problem, Reader, Step};
use crate::arena::{ForeignType, SlotValue};
use crate::compile::read::{FieldShape, ReadShape, ValueShape};
use crate::compile::types::TypeId;
use crate::json_text;

impl Reader<'_> {
    /// Reads an object where one is due.
    pub(super) fn object_or_null(&mut self, shape: &ReadShape) -> Result<SlotValue, Malformed> {
        match self.cursor.peek() {
            b'{' if shape.as_it_stands => {
                match self.as_it_stands(|reader| reader.object_passes(shape))? {
                    Some(whole) => Ok(whole),
                    None => self.object(shape),
                }
            }
            b'{' => self.object(shape),
            b'n' => {
                self.cursor.literal(b"null")?;
                Ok(SlotValue::Null)
            }
            _ => {
                self.cursor.skip()?;
                Ok(self.fault(Problem::WrongKind { due: "an object" }))
            }
        }
    }

    /// Reads an object, whose brace is at hand. Recursion is bounded by the depth of the shape.
    fn object(&mut self, shape: &ReadShape) -> Result<SlotValue, Malformed> {
        self.cursor.at += 1;
        self.room_for(shape.slots)?;
        let first = self.arena.len();
        self.arena.resize(first + shape.slots, SlotValue::Unset);
        let start = self.cursor.at;
        let before = self.faults.len();
        let read = self.members(shape, first)?;
        let type_id = match read {
            Some(type_id) => type_id,
            // A key of a run stands once more somewhere else. That is legal and never seen: so runs
            // are given up for this body, which also keeps nested objects from starting over often.
            None => {
                self.runs_are_allowed = false;
                self.cursor.at = start;
                self.faults.truncate(before);
                self.arena.truncate(first);
                self.arena.resize(first + shape.slots, SlotValue::Unset);
                self.members(shape, first)?.unwrap_or(TypeId::NONE)
            }
        };
        Ok(self.finish(shape, first, type_id))
    }

    /// Reads the members of an object and its closing brace, and gives the type that it says; none
    /// when what was read as a run cannot be one.
    fn members(&mut self, shape: &ReadShape, first: usize) -> Result<Option<TypeId>, Malformed> {
        let mut type_id = TypeId::NONE;
        let mut next = 0;
        if self.cursor.peek() == b'}' {
            self.cursor.at += 1;
            return Ok(Some(type_id));
        }
        loop {
            self.cursor.peek();
            let start = self.cursor.at;
            let found = self.key(shape, next)?;
            match found.and_then(|index| Some((index, shape.fields.get(index)?))) {
                Some((index, field)) => {
                    next = index + 1;
                    if let Some(run) = &field.run {
                        if run.start == index && self.run(shape, run, first, start)? {
                            next = run.end;
                        } else if self.is_run_read(shape, run, first) {
                            return Ok(None);
                        } else {
                            self.field(field, first, &mut type_id)?;
                        }
                    } else {
                        self.field(field, first, &mut type_id)?;
                    }
                }
                None => self.cursor.skip()?,
            }
            match self.cursor.peek() {
                b',' => self.cursor.at += 1,
                b'}' => {
                    self.cursor.at += 1;
                    return Ok(Some(type_id));
                }
                _ => return self.cursor.malformed("expected `,` or `}`"),
            }
        }
    }

    /// Reads the fields of a run in one piece, if they stand there as they must. The key of the first
    /// has been passed; it stands at `start`.
    fn run(
        &mut self,
        shape: &ReadShape,
        run: &Range<usize>,
        first: usize,
        start: usize,
    ) -> Result<bool, Malformed> {
        if !self.runs_are_allowed || self.read_in_vain > self.cursor.body.len() {
            return Ok(false);
        }
        let Some((field, others)) = shape
            .fields
            .get(run.clone())
            .and_then(<[FieldShape]>::split_first)
        else {
            return Ok(false);
        };
        let key = self.cursor.body.get(start..).unwrap_or_default();
        if !field.quoted_key_and_colon.begins(key) {
            return Ok(false);
        }
        let value = self.cursor.at;
        if self.run_passes(field, others)? {
            if let Some(slot) = self.arena.get_mut(first + field.slot.index()) {
                *slot = SlotValue::Run {
                    start: offset(start),
                    end: offset(self.cursor.at),
                };
            }
            return Ok(true);
        }
        self.read_in_vain += self.cursor.at - value;
        self.cursor.at = value;
        Ok(false)
    }

    fn is_run_read(&self, shape: &ReadShape, run: &Range<usize>, first: usize) -> bool {
        let slot = shape.fields.get(run.start).map(|it| it.slot.index());
        let value = slot.and_then(|slot| self.arena.get(first + slot));
        matches!(value, Some(SlotValue::Run { .. }))
    }

    /// Passes a key and its colon; gives the index of its field, if it was asked for.
    #[inline]
    fn key(&mut self, shape: &ReadShape, next: usize) -> Result<Option<usize>, Malformed> {
        if self.cursor.peek() != b'"' {
            return self.cursor.malformed("expected a key");
        }
        if let Some(field) = shape.fields.get(next)
            && self.cursor.accept_expected(&field.quoted_key_and_colon)
        {
            return Ok(Some(next));
        }
        let contents = self.cursor.string()?;
        self.cursor.expect(b':', "expected `:`")?;
        if contents.has_escapes {
            let key = json_text::unescape(contents.bytes);
            return Ok(find(shape, next, key.as_bytes()));
        }
        Ok(find(shape, next, contents.bytes))
    }

    fn field(
        &mut self,
        field: &FieldShape,
        first: usize,
        type_id: &mut TypeId,
    ) -> Result<(), Malformed> {
        let before = self.faults.len();
        let value = match field.value {
            ValueShape::TypeName => self.type_name(type_id)?,
            ValueShape::Leaf(ref leaf) if field.list_depth == 0 => self.leaf(leaf)?,
            _ => self.field_value(field)?,
        };
        if self.faults.len() != before {
            self.faults_were_below(before, || Step::Key(field.response_key.to_string()));
        }
        if let Some(slot) = self.arena.get_mut(first + field.slot.index()) {
            *slot = value;
        }
        Ok(())
    }

    fn field_value(&mut self, field: &FieldShape) -> Result<SlotValue, Malformed> {
        // An object that is in no list is tried where it is read.
        if let (Some(nullable), ValueShape::Object(_), 1..) =
            (&field.as_it_stands, &field.value, field.list_depth)
            && self.cursor.peek() == b'['
            && let Some(whole) = self.as_it_stands(|reader| reader.value_passes(field, nullable))?
        {
            return Ok(whole);
        }
        self.value(field, field.list_depth)
    }

    fn type_name(&mut self, type_id: &mut TypeId) -> Result<SlotValue, Malformed> {
        if self.cursor.peek() != b'"' {
            self.cursor.skip()?;
            return Ok(self.fault(Problem::WrongKind {
                due: "the name of a type",
            }));
        }
        let start = offset(self.cursor.at);
        let contents = self.cursor.string()?;
        let end = offset(self.cursor.at);
        *type_id = self.type_of(contents, start, end);
        Ok(SlotValue::Raw { start, end })
    }

    fn type_of(&mut self, contents: Contents<'_>, start: u32, end: u32) -> TypeId {
        let is_last = |name: &schema::Name| name.as_bytes() == contents.bytes;
        if self.types.name(self.last_type).is_some_and(is_last) {
            return self.last_type;
        }
        if let Some(known) = self.types.id(&json_text::unescape(contents.bytes)) {
            self.last_type = known;
            return known;
        }
        let id = TypeId(offset(self.types.len() + self.foreign_types.len()));
        self.foreign_types.push(ForeignType {
            fetch: self.fetch,
            start,
            end,
        });
        id
    }

    /// The object, once all its keys have been read.
    fn finish(&mut self, shape: &ReadShape, first: usize, said: TypeId) -> SlotValue {
        let due = shape.static_type;
        if shape.reads_type && said == TypeId::NONE && due == TypeId::NONE {
            return self.fault(Problem::NoTypeName);
        }
        if said != TypeId::NONE && due != TypeId::NONE && said != due {
            let due = self.types.name(due).map(ToString::to_string);
            return self.fault(Problem::OtherType {
                due: due.unwrap_or_default(),
            });
        }
        SlotValue::Object {
            first: offset(first),
            type_id: if due == TypeId::NONE { said } else { due },
        }
    }
}

/// The field with this key, searched from the expected place onwards and then from the start:
/// fields that were left out are the usual reason for a surprise.
fn find(shape: &ReadShape, next: usize, key: &[u8]) -> Option<usize> {
    let is_it = |index: &usize| {
        shape
            .fields
            .get(*index)
            .is_some_and(|field| field.response_key.as_bytes() == key)
    };
    let next = next.min(shape.fields.len());
    (next..shape.fields.len())
        .find(is_it)
        .or_else(|| (0..next).find(is_it))
}
