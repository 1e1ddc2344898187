//! Reads the value of a context from the objects above an entity.

use plan::PositionId;

use super::representation::{Source, Unavailable};
use crate::compile::contexts::ContextShape;
use crate::executable::Executable;
use crate::walk::Visited;

/// The value that the nearest object above has, as JSON. None: no object above has one.
pub(super) fn read(
    executable: &Executable,
    visited: &mut Visited<'_>,
    context: &ContextShape,
    chain: &[PositionId],
) -> Result<Option<Vec<u8>>, Unavailable> {
    for at in &context.sources {
        let (Some(position), Some(frame)) =
            (chain.get(at.step), visited.trail.get(at.step).copied())
        else {
            continue;
        };
        let type_id = visited
            .frames
            .type_of(frame, executable.position(*position));
        if at.on.as_ref().is_some_and(|on| !on.contains(type_id)) {
            continue;
        }
        let mut source = Source {
            executable,
            store: visited.store,
            frames: visited.frames,
        };
        let mut value = Vec::new();
        let found = source.only_value(&mut value, &at.fields, *position, frame)?;
        return Ok(found.then_some(value));
    }
    Ok(None)
}
