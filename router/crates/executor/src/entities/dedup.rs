//! Equal representations are sent once: found by a hash of their bytes, compared exactly.

use std::ops::Range;

/// Up to so many representations are compared one by one, before a table pays.
const FEW: usize = 8;

/// Odd, and with its bits well spread (the fraction of the golden ratio).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The representations in a request's body.
#[derive(Debug)]
pub(crate) struct Representations {
    seed: u64,
    entries: Vec<Entry>,
    /// Indices of `entries` by hash with linear probing, [`EMPTY`] where there is none. Its length
    /// is a power of two and at least twice that of `entries`, or zero while they are few.
    table: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    start: usize,
    end: usize,
}

const EMPTY: u32 = u32::MAX;

/// Whether a representation is there already, and under which index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Known(u32),
    Fresh(u32),
}

impl Representations {
    /// None yet, with room for so many. The seed keeps strangers from choosing data whose hashes
    /// collide.
    pub(crate) fn new(seed: u64, room: usize) -> Self {
        let table = if room > FEW { table_length(room) } else { 0 };
        Self {
            seed,
            entries: Vec::with_capacity(room),
            table: vec![EMPTY; table],
        }
    }

    /// How many different ones there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Finds the bytes that stand at `range` of `body`, or adds them.
    pub(crate) fn find_or_add(&mut self, body: &[u8], range: Range<usize>) -> Found {
        let bytes = body.get(range.clone()).unwrap_or_default();
        let hash = hash(self.seed, bytes);
        let is_equal =
            |entry: &Entry| entry.hash == hash && body.get(entry.start..entry.end) == Some(bytes);
        let index = u32::try_from(self.entries.len()).unwrap_or(EMPTY);
        let entry = Entry {
            hash,
            start: range.start,
            end: range.end,
        };
        if self.table.is_empty() {
            if let Some(known) = (0..).zip(&self.entries).find(|(_, it)| is_equal(it)) {
                return Found::Known(known.0);
            }
            self.entries.push(entry);
            if self.entries.len() > FEW {
                self.grow();
            }
            return Found::Fresh(index);
        }
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(&known) = self.table.get(at).filter(|it| **it != EMPTY) {
            if self.entries.get(known as usize).is_some_and(is_equal) {
                return Found::Known(known);
            }
            at = (at + 1) & mask;
        }
        self.entries.push(entry);
        if self.entries.len() * 2 > self.table.len() {
            self.grow();
        } else if let Some(place) = self.table.get_mut(at) {
            *place = index;
        }
        Found::Fresh(index)
    }

    /// Doubles the table and puts all entries into it.
    fn grow(&mut self) {
        let length = table_length(self.entries.len() * 2);
        self.table.clear();
        self.table.resize(length, EMPTY);
        for (index, entry) in (0..).zip(&self.entries) {
            let mut at = entry.hash as usize & (length - 1);
            while self.table.get(at).is_some_and(|it| *it != EMPTY) {
                at = (at + 1) & (length - 1);
            }
            if let Some(place) = self.table.get_mut(at) {
                *place = index;
            }
        }
    }
}

/// The length of a table for so many entries.
fn table_length(entries: usize) -> usize {
    (entries * 2).next_power_of_two()
}

/// A hash that takes eight bytes at a time: multiplied to twice the width, and folded.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut chunks = bytes.chunks_exact(8);
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = fold(state ^ word, MULTIPLIER ^ seed.rotate_left(32));
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(chunks.remainder()) {
        *to = *from;
    }
    fold(state ^ u64::from_le_bytes(last), MULTIPLIER)
}

fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    // The halves are taken apart on purpose.
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Found, Representations};

    #[test]
    fn each_text_is_kept_once_however_many_there_are() {
        let numbers = [1, 7, 8, 9, 10, 33, 1000];
        for (distinct, room) in numbers
            .into_iter()
            .flat_map(|it| [(it, 0), (it, 9), (it, 2000)])
        {
            let mut body = Vec::new();
            let mut seen = Representations::new(42, room);
            for round in 0..3 {
                for number in 0..distinct {
                    let start = body.len();
                    body.extend_from_slice(format!("{{\"id\":\"{number}\"}}").as_bytes());
                    let range = start..body.len();
                    let expected = match round {
                        0 => Found::Fresh(number),
                        _ => Found::Known(number),
                    };
                    assert_eq!(seen.find_or_add(&body, range), expected);
                    if round > 0 {
                        body.truncate(start);
                    }
                }
            }
            assert_eq!(seen.len(), distinct as usize);
        }
    }

    #[test]
    fn equal_hashes_of_different_texts_are_told_apart() {
        let body: Vec<u8> = (0..40)
            .flat_map(|n: u8| [b'a' + n % 26, b'0' + n / 26])
            .collect();
        let mut seen = Representations::new(0, 0);
        for number in 0..40 {
            seen.find_or_add(&body, number * 2..number * 2 + 2);
        }
        for entry in &mut seen.entries {
            entry.hash = super::hash(0, b"zz");
        }
        seen.grow();
        let longer = [&body[..], b"zz"].concat();
        let range = body.len()..longer.len();
        assert_eq!(seen.find_or_add(&longer, range), Found::Fresh(40));
    }
}
