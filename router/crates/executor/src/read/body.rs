//! The envelope of a GraphQL answer: `data`, `errors` and whatever else, in any order.

use plan::FetchId;

use super::cursor::{Cursor, Malformed};
use super::{Fault, Reader};
use crate::arena::{SlotValue, Store};
use crate::compile::fetches::FetchShape;
use crate::compile::read::ReadShape;
use crate::compile::types::{TypeId, TypeTable};

/// What a body says.
#[derive(Debug)]
pub(crate) struct Reply {
    /// `data`; unset when the body has none.
    pub(crate) data: SlotValue,
    /// Where `errors` stands in the body, if it is there and not null.
    pub(crate) errors: Option<std::ops::Range<usize>>,
    /// Values that are not what was due.
    pub(crate) faults: Vec<Fault>,
    /// How many more there are.
    pub(crate) more_faults: usize,
}

/// Reads the body of a fetch, which stands in the store already.
///
/// # Errors
/// When the body is not JSON, not an object, or would take too much memory. Then nothing of it
/// stays in the arena.
pub(crate) fn read_reply(
    store: &mut Store,
    types: &TypeTable,
    fetch: FetchId,
    shape: &FetchShape,
) -> Result<Reply, Malformed> {
    let body = store.bodies[fetch.index()].clone();
    if u32::try_from(body.len()).is_err() {
        return Err(Malformed {
            at: 0,
            reason: "the body is larger than 4 GiB",
        });
    }
    if simdutf8::basic::from_utf8(&body).is_err() {
        return Err(Malformed {
            at: std::str::from_utf8(&body).map_or_else(|error| error.valid_up_to(), str::len),
            reason: "not UTF-8",
        });
    }
    let (slots, foreign) = (store.arena.len(), store.foreign_types.len());
    let mut reader = Reader {
        cursor: Cursor::new(&body),
        fetch,
        types,
        arena: &mut store.arena,
        max_slots: store.limits.max_slots,
        foreign_types: &mut store.foreign_types,
        items: Vec::with_capacity(shape.items_size.entries()),
        last_type: TypeId::NONE,
        faults: Vec::new(),
        more_faults: 0,
        runs_are_allowed: true,
        read_in_vain: 0,
        most_items: 0,
    };
    let reply = reader.envelope(&shape.data);
    shape.items_size.learn(reader.most_items);
    if reply.is_err() {
        store.arena.truncate(slots);
        store.foreign_types.truncate(foreign);
    }
    reply
}

impl Reader<'_> {
    fn envelope(&mut self, shape: &ReadShape) -> Result<Reply, Malformed> {
        let mut data = SlotValue::Unset;
        let mut errors = None;
        self.cursor.expect(b'{', "expected an object")?;
        if self.cursor.peek() == b'}' {
            self.cursor.at += 1;
        } else {
            loop {
                if self.cursor.peek() != b'"' {
                    return self.cursor.malformed("expected a key");
                }
                let key = self.cursor.string()?;
                let key = crate::json_text::unescape(key.bytes);
                self.cursor.expect(b':', "expected `:`")?;
                match &*key {
                    "data" => {
                        self.faults.clear();
                        self.more_faults = 0;
                        data = self.object_or_null(shape)?;
                    }
                    "errors" => errors = self.errors()?,
                    _ => self.cursor.skip()?,
                }
                match self.cursor.peek() {
                    b',' => self.cursor.at += 1,
                    b'}' => {
                        self.cursor.at += 1;
                        break;
                    }
                    _ => return self.cursor.malformed("expected `,` or `}`"),
                }
            }
        }
        self.cursor.peek();
        if self.cursor.at != self.cursor.body.len() {
            return self.cursor.malformed("something follows the answer");
        }
        let mut faults = std::mem::take(&mut self.faults);
        for fault in &mut faults {
            fault.path.reverse();
        }
        Ok(Reply {
            data,
            errors,
            faults,
            more_faults: self.more_faults,
        })
    }

    /// Passes the list of errors; where it stands, unless it is null or empty.
    fn errors(&mut self) -> Result<Option<std::ops::Range<usize>>, Malformed> {
        let first = self.cursor.peek();
        let start = self.cursor.at;
        self.cursor.skip()?;
        let is_empty = self
            .cursor
            .body
            .get(start + 1..self.cursor.at - 1)
            .is_some_and(|inside| inside.iter().all(u8::is_ascii_whitespace));
        let says_nothing = first == b'n' || (first == b'[' && is_empty);
        Ok((!says_nothing).then_some(start..self.cursor.at))
    }
}
