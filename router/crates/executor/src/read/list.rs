//! Lists: of objects slot by slot, of leaves in one piece where that is possible.

use super::cursor::Malformed;
use super::leaf::offset;
use super::{Problem, Reader, Step};
use crate::arena::SlotValue;
use crate::compile::read::{FieldShape, LeafShape, ValueShape};

impl Reader<'_> {
    /// Reads a field's value with so many lists around it.
    pub(super) fn value(&mut self, field: &FieldShape, lists: u8) -> Result<SlotValue, Malformed> {
        if lists == 0 {
            return match &field.value {
                ValueShape::Leaf(leaf) => self.leaf(leaf),
                ValueShape::Object(shape) => self.object_or_null(shape),
                // The caller reads type names: they are also the object's type.
                ValueShape::TypeName => self.leaf(&LeafShape::String),
            };
        }
        match self.cursor.peek() {
            b'[' => {}
            b'n' => {
                self.cursor.literal(b"null")?;
                return Ok(SlotValue::Null);
            }
            _ => {
                self.cursor.skip()?;
                return Ok(self.fault(Problem::WrongKind { due: "a list" }));
            }
        }
        if lists == 1
            && let ValueShape::Leaf(leaf) = &field.value
            && let Some(whole) = self.leaves_in_one_piece(leaf)?
        {
            return Ok(whole);
        }
        self.items(field, lists - 1)
    }

    /// Reads the items of a list, whose bracket is at hand.
    fn items(&mut self, field: &FieldShape, lists: u8) -> Result<SlotValue, Malformed> {
        self.cursor.at += 1;
        let begin = self.items.len();
        if self.cursor.peek() == b']' {
            self.cursor.at += 1;
        } else {
            let mut index = 0;
            loop {
                let before = self.faults.len();
                let item = self.value(field, lists)?;
                if self.faults.len() != before {
                    self.faults_were_below(before, || Step::Index(index));
                }
                self.items.push(item);
                index += 1;
                if self.list_ends()? {
                    break;
                }
            }
        }
        self.most_items = self.most_items.max(self.items.len());
        let first = self.arena.len();
        let count = self.items.len() - begin;
        self.room_for(count)?;
        self.arena.extend(self.items.drain(begin..));
        Ok(SlotValue::List {
            first: offset(first),
            len: offset(count),
        })
    }

    /// Reads a list of leaves as one slice, if each item is given on just as it stands. With a
    /// null, a wrong kind or a number for an ID inside, it steps back and gives none.
    fn leaves_in_one_piece(&mut self, leaf: &LeafShape) -> Result<Option<SlotValue>, Malformed> {
        // Which of an enum's values clients may see is only known where the answer is written.
        if matches!(leaf, LeafShape::Enum(_)) {
            return Ok(None);
        }
        // A null inside may need an error of its own.
        self.as_it_stands(|reader| reader.leaves_pass(leaf, false))
    }

    /// Refuses a body whose values take more memory than is allowed.
    pub(super) fn room_for(&self, slots: usize) -> Result<(), Malformed> {
        if self.arena.len() + self.items.len() + slots > self.max_slots {
            return Err(Malformed {
                at: self.cursor.at,
                reason: "too many values",
            });
        }
        Ok(())
    }
}
