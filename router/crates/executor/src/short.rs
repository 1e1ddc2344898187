//! Short pieces of text, compared and copied without a call: most keys and values are shorter than a block.

/// How many bytes are copied at once, some of them in vain.
const BLOCK: usize = 32;
/// How many bytes are compared at once.
const WORD: usize = size_of::<u128>();

/// A text that is known beforehand and copied often.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    text: Box<[u8]>,
    /// The text, filled up to a block, if it is that short.
    block: Option<[u8; BLOCK]>,
}

impl Stamp {
    pub(crate) fn new(text: String) -> Self {
        let text = text.into_bytes();
        let mut block = [0; BLOCK];
        let place = block.get_mut(..text.len());
        let is_short = place.map(|place| place.copy_from_slice(&text)).is_some();
        Self {
            block: is_short.then_some(block),
            text: text.into(),
        }
    }

    /// Appends the text.
    #[inline]
    pub(crate) fn push_to(&self, out: &mut Vec<u8>) {
        match &self.block {
            Some(block) => push_start(out, block, self.text.len()),
            None => out.extend_from_slice(&self.text),
        }
    }
}

/// A text that is known beforehand and often expected.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    text: Box<[u8]>,
    /// The first bytes of the text; the others are zero.
    word: u128,
    /// Where the word has bytes of the text.
    mask: u128,
}

impl Expected {
    pub(crate) fn new(text: String) -> Self {
        let text = text.into_bytes();
        let (mut word, mut mask) = ([0; WORD], [0; WORD]);
        for ((byte, word), mask) in text.iter().zip(&mut word).zip(&mut mask) {
            (*word, *mask) = (*byte, u8::MAX);
        }
        Self {
            text: text.into(),
            word: u128::from_ne_bytes(word),
            mask: u128::from_ne_bytes(mask),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether these bytes begin with the text.
    #[inline]
    pub(crate) fn begins(&self, bytes: &[u8]) -> bool {
        match bytes.first_chunk() {
            Some(first) => {
                (u128::from_ne_bytes(*first) ^ self.word) & self.mask == 0
                    && (self.text.len() <= WORD || bytes.starts_with(&self.text))
            }
            None => bytes.starts_with(&self.text),
        }
    }
}

/// Appends what stands between two offsets of a body; nothing, if they are none.
#[inline]
pub(crate) fn push_between(out: &mut Vec<u8>, body: &[u8], start: u32, end: u32) {
    let (start, end) = (start as usize, end as usize);
    let rest = body.get(start..).unwrap_or_default();
    match rest.first_chunk() {
        Some(block) if end.wrapping_sub(start) <= BLOCK => push_start(out, block, end - start),
        _ => out.extend_from_slice(body.get(start..end).unwrap_or_default()),
    }
}

#[inline]
fn push_start(out: &mut Vec<u8>, block: &[u8; BLOCK], length: usize) {
    let end = out.len() + length;
    out.extend_from_slice(block);
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::{Expected, Stamp, push_between};

    const LONG: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";

    #[test]
    fn pieces_of_any_length_are_copied() {
        for length in 0..LONG.len() {
            let mut out = b"before".to_vec();
            Stamp::new(LONG[..length].to_owned()).push_to(&mut out);
            assert_eq!(out, format!("before{}", &LONG[..length]).as_bytes());
            for start in 0..=length {
                out.clear();
                let (from, to) = (
                    u32::try_from(start).unwrap(),
                    u32::try_from(length).unwrap(),
                );
                push_between(&mut out, LONG.as_bytes(), from, to);
                assert_eq!(out, &LONG.as_bytes()[start..length]);
            }
        }
    }

    #[test]
    fn offsets_that_are_none_give_nothing() {
        for (start, end) in [(5, 3), (40, 50), (50, 60), (0, u32::MAX)] {
            let mut out = Vec::new();
            push_between(&mut out, LONG.as_bytes(), start, end);
            assert!(out.is_empty(), "{start} {end}");
        }
    }

    #[test]
    fn a_text_begins_what_it_begins() {
        for length in 0..LONG.len() {
            let expected = Expected::new(LONG[..length].to_owned());
            for available in 0..LONG.len() {
                let bytes = &LONG.as_bytes()[..available];
                assert_eq!(expected.begins(bytes), length <= available);
            }
            if let Some(last) = length.checked_sub(1) {
                let mut other = LONG.as_bytes().to_vec();
                other[last] ^= 1;
                assert!(!expected.begins(&other));
            }
        }
    }
}
