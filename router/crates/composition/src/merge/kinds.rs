//! `TYPE_KIND_MISMATCH`, `EXTENSION_WITH_NO_BASE`, and `INTERFACE_OBJECT_USAGE_ERROR` for an interface
//! object that is an interface nowhere: before anything is merged, all must speak of the same thing.

use diagnostics::{Code, Problems};
use subgraph::Kind;

use super::across::{Across, TypeAcross, kind_when_merged};

/// Checks every type.
pub(super) fn check(across: &Across<'_>, problems: &mut Problems) {
    for ty in across.types.values() {
        if kinds_agree(ty, problems) {
            interface_exists(ty, problems);
            base_exists(ty, problems);
        }
    }
}

fn kinds_agree(ty: &TypeAcross<'_>, problems: &mut Problems) -> bool {
    if ty
        .sources
        .iter()
        .all(|(_, it)| kind_when_merged(it) == ty.kind)
    {
        return true;
    }
    let problem = problems.error(
        Code::TypeKindMismatch,
        ty.name.to_string(),
        format!("Subgraphs disagree on what `{}` is.", ty.name),
    );
    for (_, definition) in &ty.sources {
        let what = if definition.is_interface_object() {
            "an interface object"
        } else {
            definition.kind.describe()
        };
        problem.point_at(definition.span(), format!("{what} here"));
    }
    false
}

fn interface_exists(ty: &TypeAcross<'_>, problems: &mut Problems) {
    if ty.sources.iter().all(|(_, it)| it.is_interface_object()) {
        let problem = problems.error(
            Code::InterfaceObjectUsageError,
            ty.name.to_string(),
            format!(
                "`{}` is an interface object everywhere and an interface nowhere.",
                ty.name
            ),
        );
        problem.point_at_all(
            ty.sources.iter().map(|(_, it)| it.span()),
            "an interface object here",
        );
        problem.help("define it as an interface in the subgraph that knows its implementations");
    }
}

fn base_exists(ty: &TypeAcross<'_>, problems: &mut Problems) {
    let is_root = ty.kind == Kind::Object && ty.sources.iter().any(|(_, it)| it.is_root());
    if is_root || !ty.sources.iter().all(|(_, it)| it.is_only_extended()) {
        return;
    }
    problems
        .error(
            Code::ExtensionWithNoBase,
            ty.name.to_string(),
            format!("`{}` is extended, but no subgraph defines it.", ty.name),
        )
        .point_at_all(ty.sources.iter().map(|(_, it)| it.span()), "extended here");
}
