//! How large a buffer or a table is likely to become, learnt from the last ones.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A guess that follows growth at once and forgets slowly, so that one large answer does not make
/// every later one take as much memory.
#[derive(Debug, Default)]
pub(crate) struct SizeHint(AtomicUsize);

impl Clone for SizeHint {
    fn clone(&self) -> Self {
        Self(AtomicUsize::new(self.0.load(Ordering::Relaxed)))
    }
}

impl SizeHint {
    /// The guess for a buffer, with some room.
    pub(crate) fn get(&self) -> usize {
        let last = self.0.load(Ordering::Relaxed);
        last + last / 16 + 64
    }

    /// The guess for a table, with some room; none where none was needed.
    pub(crate) fn entries(&self) -> usize {
        let last = self.0.load(Ordering::Relaxed);
        last + last / 16
    }

    /// Learns from what was needed.
    pub(crate) fn learn(&self, needed: usize) {
        let last = self.0.load(Ordering::Relaxed);
        let next = if needed >= last {
            needed
        } else {
            last - (last - needed).div_ceil(4)
        };
        if next != last {
            // Requests that learn at the same time may overwrite each other: it is a guess.
            self.0.store(next, Ordering::Relaxed);
        }
    }
}

#[test]
fn the_guess_grows_at_once_and_shrinks_slowly() {
    let hint = SizeHint::default();
    assert_eq!(hint.entries(), 0);
    hint.learn(1000);
    assert!(hint.get() >= 1000);
    hint.learn(100);
    assert!(hint.get() > 700);
    for _ in 0..60 {
        hint.learn(100);
    }
    assert!(hint.get() < 200);
}
