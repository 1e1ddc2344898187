//! Values that are given on as they stand: checked in one pass, and kept as one slice.
//!
//! The check is strict. Other keys, another order, a null where none may stand or a value of
//! another kind, and the value is read once more, into slots: they can say what is wrong.

use super::Reader;
use super::cursor::Malformed;
use super::leaf::offset;
use crate::arena::SlotValue;
use crate::compile::read::{FieldShape, LeafShape, ReadShape, ValueShape};

impl Reader<'_> {
    /// Passes the value at hand if it can be given on as it stands; otherwise stays where it is.
    pub(super) fn as_it_stands(
        &mut self,
        passes: impl FnOnce(&mut Self) -> Result<bool, Malformed>,
    ) -> Result<Option<SlotValue>, Malformed> {
        // What was read in vain is read again. A subgraph whose values never pass must not be able
        // to make that happen at every level of its answer.
        if self.read_in_vain > self.cursor.body.len() {
            return Ok(None);
        }
        self.cursor.peek();
        let start = self.cursor.at;
        if passes(self)? {
            return Ok(Some(SlotValue::Raw {
                start: offset(start),
                end: offset(self.cursor.at),
            }));
        }
        self.read_in_vain += self.cursor.at - start;
        self.cursor.at = start;
        Ok(None)
    }

    /// Passes an object, whose brace is at hand, if its keys are those of the shape in their order
    /// and its values pass. Recursion is bounded by the depth of the shape.
    pub(super) fn object_passes(&mut self, shape: &ReadShape) -> Result<bool, Malformed> {
        let mut before = b'{';
        for field in &shape.fields {
            let Some(nullable) = &field.as_it_stands else {
                return Ok(false);
            };
            if !self.key_passes(before, field) {
                return Ok(false);
            }
            before = b',';
            let passes = match (&field.value, shape.static_type) {
                (ValueShape::TypeName, due) => self.type_name_passes(due)?,
                _ => self.value_passes(field, nullable)?,
            };
            if !passes {
                return Ok(false);
            }
        }
        if self.cursor.peek() != b'}' {
            return Ok(false);
        }
        self.cursor.at += 1;
        Ok(true)
    }

    /// Passes the rest of a run: the value of its first field, and the others with their keys.
    pub(super) fn run_passes(
        &mut self,
        first: &FieldShape,
        others: &[FieldShape],
    ) -> Result<bool, Malformed> {
        if !self.field_passes(first)? {
            return Ok(false);
        }
        for field in others {
            if !self.key_passes(b',', field) || !self.field_passes(field)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn field_passes(&mut self, field: &FieldShape) -> Result<bool, Malformed> {
        match &field.as_it_stands {
            Some(nullable) => self.value_passes(field, nullable),
            None => Ok(false),
        }
    }

    /// Passes what stands before a key, and the key of this field with its colon.
    #[inline]
    fn key_passes(&mut self, before: u8, field: &FieldShape) -> bool {
        if self.cursor.peek() != before {
            return false;
        }
        self.cursor.at += 1;
        if self.cursor.accept_expected(&field.quoted_key_and_colon) {
            return true;
        }
        self.cursor.peek();
        self.cursor.accept_expected(&field.quoted_key_and_colon)
    }

    /// Passes a field's value, with a list around it for each entry of `nullable` but the last.
    pub(super) fn value_passes(
        &mut self,
        field: &FieldShape,
        nullable: &[bool],
    ) -> Result<bool, Malformed> {
        let Some((may_be_null, items)) = nullable.split_first() else {
            return Ok(false);
        };
        let first = self.cursor.peek();
        if first == b'n' {
            self.cursor.literal(b"null")?;
            return Ok(*may_be_null);
        }
        if !items.is_empty() {
            return self.list_passes(field, items);
        }
        match &field.value {
            ValueShape::Leaf(leaf) => self.leaf_passes(leaf),
            ValueShape::Object(shape) if first == b'{' => self.object_passes(shape),
            ValueShape::Object(_) | ValueShape::TypeName => Ok(false),
        }
    }

    fn list_passes(&mut self, field: &FieldShape, items: &[bool]) -> Result<bool, Malformed> {
        if self.cursor.peek() != b'[' {
            return Ok(false);
        }
        if let (&[may_be_null], ValueShape::Leaf(leaf)) = (items, &field.value) {
            return self.leaves_pass(leaf, may_be_null);
        }
        self.cursor.at += 1;
        if self.cursor.peek() == b']' {
            self.cursor.at += 1;
            return Ok(true);
        }
        loop {
            if !self.value_passes(field, items)? {
                return Ok(false);
            }
            if self.list_ends()? {
                return Ok(true);
            }
        }
    }

    /// Passes a list of leaves, whose bracket is at hand.
    pub(super) fn leaves_pass(
        &mut self,
        leaf: &LeafShape,
        may_be_null: bool,
    ) -> Result<bool, Malformed> {
        self.cursor.at += 1;
        if self.cursor.peek() == b']' {
            self.cursor.at += 1;
            return Ok(true);
        }
        loop {
            if matches!(leaf, LeafShape::Float) && self.cursor.numbers_of_list()? {
                return Ok(true);
            }
            let passes = if self.cursor.peek() == b'n' {
                self.cursor.literal(b"null")?;
                may_be_null
            } else {
                self.leaf_passes(leaf)?
            };
            if !passes {
                return Ok(false);
            }
            if self.list_ends()? {
                return Ok(true);
            }
        }
    }

    /// Passes what follows an item; says whether the list has ended.
    #[inline]
    pub(super) fn list_ends(&mut self) -> Result<bool, Malformed> {
        match self.cursor.peek() {
            b',' => {
                self.cursor.at += 1;
                Ok(false)
            }
            b']' => {
                self.cursor.at += 1;
                Ok(true)
            }
            _ => self.cursor.malformed("expected `,` or `]`"),
        }
    }

    fn type_name_passes(&mut self, due: crate::compile::types::TypeId) -> Result<bool, Malformed> {
        if self.cursor.peek() != b'"' {
            return Ok(false);
        }
        let contents = self.cursor.string()?;
        let name = self.types.name(due);
        Ok(name.is_some_and(|name| name.as_bytes() == contents.bytes))
    }
}
