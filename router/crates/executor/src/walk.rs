//! Visits the objects that stand at a position, in the order of the answer.

use plan::{LayerId, PositionId};
use smallvec::SmallVec;

use crate::arena::{SlotValue, Store};
use crate::compile::positions::PositionShape;
use crate::frames::Frames;

/// Where to go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'w> {
    /// All positions of the plan.
    pub(crate) positions: &'w [PositionShape],
    /// The positions from the root to the one that is visited.
    pub(crate) chain: &'w [PositionId],
    /// The layer whose objects are visited.
    pub(crate) base: LayerId,
}

/// One object.
#[derive(Debug)]
pub(crate) struct Visited<'v> {
    /// All that was read.
    pub(crate) store: &'v mut Store,
    /// The stack; the visitor leaves it as it found it.
    pub(crate) frames: &'v mut Frames,
    /// Where the frame of the object's position begins.
    pub(crate) frame: usize,
    /// Where the object's slots begin.
    pub(crate) first: u32,
    /// The indices in all lists above it, outermost first.
    pub(crate) indices: &'v [u32],
    /// Where the frames of the positions of the chain begin, the object's own last.
    pub(crate) trail: &'v [usize],
}

struct Walk<'w, V> {
    route: Route<'w>,
    store: &'w mut Store,
    frames: Frames,
    indices: SmallVec<[u32; 8]>,
    trail: SmallVec<[usize; 16]>,
    visits: usize,
    visit: V,
}

/// Calls `visit` for each object in the layer. An object that several places share, because equal
/// representations were asked for once, is visited for each of them.
pub(crate) fn each_object<V>(store: &mut Store, route: Route<'_>, visit: V)
where
    V: FnMut(Visited<'_>),
{
    let Some(root) = route.positions.first() else {
        return;
    };
    let mut frames = Frames::default();
    let base = frames.push_root(store, root);
    Walk {
        route,
        store,
        frames,
        indices: SmallVec::new(),
        trail: SmallVec::new(),
        visits: 0,
        visit,
    }
    .object(0, base);
}

impl<'w, V: FnMut(Visited<'_>)> Walk<'w, V> {
    fn object(&mut self, step: usize, frame: usize) {
        self.visits += 1;
        if self.visits > self.store.limits.max_visits {
            self.store.is_too_large = true;
        }
        self.trail.truncate(step);
        self.trail.push(frame);
        let below = step + 1;
        let Some(next) = self.route.chain.get(below) else {
            let value = self.frames.get(frame + self.route.base.index());
            if let SlotValue::Object { first, .. } = value {
                (self.visit)(Visited {
                    store: self.store,
                    frames: &mut self.frames,
                    frame,
                    first,
                    indices: &self.indices,
                    trail: &self.trail,
                });
            }
            return;
        };
        let child = &self.route.positions[next.index()];
        let base = self.frames.push_child(self.store, frame, child);
        self.through_lists(below, child, base, child.list_depth);
        self.frames.truncate(base);
    }

    fn through_lists(&mut self, step: usize, position: &'w PositionShape, frame: usize, depth: u8) {
        let layers = position.layers.len();
        if depth == 0 {
            self.frames.resolve(self.store, frame, position);
            if self.frames.has_object(frame, layers) {
                self.object(step, frame);
            }
            return;
        }
        let length = self.frames.list_length(frame, layers).unwrap_or(0);
        for index in 0..length {
            if self.store.is_too_large {
                return;
            }
            let item = self.frames.push_items(self.store, frame, layers, index);
            self.indices.push(index);
            self.through_lists(step, position, item, depth - 1);
            self.indices.pop();
            self.frames.truncate(item);
        }
    }
}
