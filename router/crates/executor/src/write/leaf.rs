//! Scalars and enums, and lists of them.

use plan::FetchId;
use schema::Name;

use super::{Bubble, Writer};
use crate::arena::SlotValue;
use crate::compile::request::separate;
use crate::compile::write::WriteFieldShape;
use crate::errors::PathStep;
use crate::frames::Absence;
use crate::json_text;

/// A leaf's shape: who made it, and which values of an enum clients may see.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'w> {
    pub(super) fetch: FetchId,
    pub(super) visible: Option<&'w [Name]>,
}

impl Writer<'_> {
    /// Writes a value in so many lists of its field.
    pub(super) fn leaf(
        &mut self,
        field: &WriteFieldShape,
        leaf: Leaf<'_>,
        value: SlotValue,
        level: usize,
    ) -> Result<(), Bubble> {
        match value {
            SlotValue::Raw { start, end } => {
                if let Some(visible) = leaf.visible
                    && !is_visible(visible, self.store.text(leaf.fetch, start, end))
                {
                    return self.null(field, level, Absence::Null, None);
                }
                self.store
                    .push_text(&mut self.out.text, leaf.fetch, start, end);
                Ok(())
            }
            SlotValue::NumberId { start, end } => {
                self.out.text.push(b'"');
                self.store
                    .push_text(&mut self.out.text, leaf.fetch, start, end);
                self.out.text.push(b'"');
                Ok(())
            }
            SlotValue::List { first, len } => {
                let start = self.out.text.len();
                let written = self.leaves(field, leaf, (first, len), level);
                self.settle(field, level, start, written)
            }
            SlotValue::Unset => {
                let executable = self.executable;
                let by = &executable.fetches[leaf.fetch.index()].subgraph_name;
                self.null(field, level, Absence::LeftOut, Some(by))
            }
            _ if self.store.explains_null(value, leaf.fetch) => {
                self.null(field, level, Absence::Explained, None)
            }
            _ => self.null(field, level, Absence::Null, None),
        }
    }

    fn leaves(
        &mut self,
        field: &WriteFieldShape,
        leaf: Leaf<'_>,
        (first, len): (u32, u32),
        level: usize,
    ) -> Result<(), Bubble> {
        self.out.text.push(b'[');
        for index in 0..len {
            separate(&mut self.out.text);
            let item = self.store.slot_at(first as usize + index as usize);
            let before = self.errors.len();
            let written = self.leaf(field, leaf, item, level + 1);
            if self.errors.len() != before {
                self.errors_were_below(before, || PathStep::Index(index));
            }
            written?;
        }
        self.out.text.push(b']');
        Ok(())
    }
}

/// Whether clients may see an enum's value, given as a JSON string.
fn is_visible(visible: &[Name], json: &[u8]) -> bool {
    let contents = json
        .get(1..json.len().saturating_sub(1))
        .unwrap_or_default();
    let text = json_text::unescape(contents);
    visible
        .binary_search_by(|name| name.as_str().cmp(&text))
        .is_ok()
}
