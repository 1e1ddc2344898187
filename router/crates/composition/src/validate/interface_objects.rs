//! `INTERFACE_OBJECT_USAGE_ERROR`: an interface object is found by a key, or not at all; and a subgraph
//! cannot both know an interface as an object and know its implementations.

use diagnostics::{Code, Problems};
use subgraph::Subgraph;

/// Checks every interface object.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph
        .types
        .values()
        .filter(|it| it.is_interface_object())
    {
        if ty.keys.is_empty() {
            problems
                .error(
                    Code::InterfaceObjectUsageError,
                    ty.name.to_string(),
                    format!("`{}` is an interface object without a key.", ty.name),
                )
                .point_at(ty.span(), "add the `@key` of the interface here");
        }
    }
}
