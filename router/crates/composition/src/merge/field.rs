//! A field of an object type or interface, and its `@join__field`s.

use diagnostics::Code;
use schema::{Name, SubgraphId};
use subgraph::{ContextSelection, Directives as _, FederationDirective, FieldDefinition, Kind};
use supergraph::{ContextArgument, FieldJoin};

use super::Merge;
use super::across::TypeAcross;
use super::arguments::ArgumentHost;
use super::override_field::Overrides;
use super::type_reference::{MergedType, Position};

/// The field in one subgraph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldSource<'s> {
    /// The subgraph.
    pub(crate) id: SubgraphId,
    /// The type there.
    pub(crate) parent: &'s subgraph::TypeDefinition,
    /// The field there.
    pub(crate) field: &'s FieldDefinition,
}

/// A field across the subgraphs that have it.
#[derive(Debug)]
pub(crate) struct FieldAcross<'s, 'a> {
    /// The type it belongs to.
    pub(crate) parent: &'a TypeAcross<'s>,
    /// Its name.
    pub(crate) name: &'s Name,
    /// `Type.field`.
    pub(crate) coordinate: String,
    /// How many subgraphs have the type.
    pub(crate) subgraphs_with_parent: usize,
    /// The subgraphs that have the field, in order; never empty.
    pub(crate) sources: Vec<FieldSource<'s>>,
}

impl<'s> FieldAcross<'s, '_> {
    /// The field in one subgraph.
    pub(crate) fn in_subgraph(&self, id: SubgraphId) -> Option<&FieldSource<'s>> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The sources that define the field, rather than mention another subgraph's.
    pub(crate) fn defining(&self) -> impl Iterator<Item = &FieldSource<'s>> {
        self.sources.iter().filter(|it| !it.field.marks.external)
    }
}

impl<'s> Merge<'s, '_> {
    /// Merges one field; nothing if no subgraph defines it.
    pub(crate) fn field(
        &mut self,
        across: &FieldAcross<'s, '_>,
    ) -> Option<supergraph::FieldDefinition> {
        self.hint_inconsistent_field(across);
        let overrides = self.overrides(across);
        if !self.is_defined_somewhere(across) {
            return None;
        }
        self.check_directives_on_external(across);
        let mut defining: Vec<FieldSource<'s>> = across.defining().copied().collect();
        if defining.is_empty() {
            // Only interface objects define it, for all implementations at once.
            defining = self.abstracted_sources(across.parent, across.name);
            defining.retain(|it| !it.field.marks.external);
        }
        let types: Vec<_> = defining
            .iter()
            .map(|it| (&it.field.ty, &it.field.span))
            .collect();
        let merged = self.type_reference(&across.coordinate, Position::Field, &types)?;
        let hosts: Vec<ArgumentHost<'_>> = defining
            .iter()
            .map(|it| ArgumentHost {
                id: it.id,
                arguments: &it.field.arguments,
                span: &it.field.span,
            })
            .collect();
        let applied: Vec<_> = defining
            .iter()
            .map(|it| (it.id, &it.field.directives))
            .collect();
        let elsewhere = self.field_access(across.parent, across.name);
        let field = supergraph::FieldDefinition {
            name: across.name.clone(),
            description: self.description(
                &across.coordinate,
                defining
                    .iter()
                    .map(|it| (it.field.description.as_deref(), &it.field.span)),
            ),
            arguments: self.arguments(&across.coordinate, &hosts),
            directives: self.field_directives(across, &applied, &elsewhere),
            joins: self.field_joins(across, &merged, &overrides),
            ty: merged.ty,
        };
        self.check_external(across, &field, merged.all_equal);
        self.check_sharing(across, &overrides);
        Some(field)
    }

    /// In a value type each subgraph should have the same fields; entities are meant to be split.
    fn hint_inconsistent_field(&mut self, across: &FieldAcross<'s, '_>) {
        let ty = across.parent;
        let is_root = ty.sources.iter().any(|(_, it)| it.is_root());
        let is_entity = ty
            .sources
            .iter()
            .any(|(_, it)| !it.is_interface_object() && !it.keys.is_empty());
        // Who knows an interface as an object adds to it, as others do to an entity.
        let is_added = across
            .sources
            .iter()
            .any(|it| it.parent.is_interface_object());
        if is_root || is_entity || is_added {
            return;
        }
        let missing: Vec<_> = ty
            .sources
            .iter()
            .filter(|(id, it)| !it.is_interface_object() && across.in_subgraph(*id).is_none())
            .filter(|(_, it)| !it.fields.values().all(|field| field.marks.external))
            .collect();
        if missing.is_empty() {
            return;
        }
        let code = if ty.kind == Kind::Interface {
            Code::InconsistentInterfaceValueTypeField
        } else {
            Code::InconsistentObjectValueTypeField
        };
        let problem = self.problems.hint(
            code,
            &*across.coordinate,
            format!(
                "`{}` exists in some of its type's subgraphs only.",
                across.coordinate
            ),
        );
        for (_, definition) in missing {
            problem.point_at(
                definition.span(),
                format!("`{}` is missing here", across.name),
            );
        }
        for source in &across.sources {
            problem.also_see(&source.field.span, "defined here");
        }
    }

    /// The joins; none where every subgraph that has the type simply resolves the field.
    fn field_joins(
        &self,
        across: &FieldAcross<'s, '_>,
        merged: &MergedType,
        overrides: &Overrides,
    ) -> Vec<FieldJoin> {
        if !needs_joins(across, merged, overrides) {
            return Vec::new();
        }
        across
            .sources
            .iter()
            .filter(|source| !overrides.is_dropped(source.id))
            .map(|source| FieldJoin {
                graph: Some(source.id),
                requires: field_set(source.field.requires.as_ref()),
                provides: field_set(source.field.provides.as_ref()),
                ty: (!merged.all_equal).then(|| source.field.ty.clone()),
                external: source.field.marks.external,
                override_from: source
                    .field
                    .directives
                    .federation(FederationDirective::Override)
                    .and_then(|it| Some(it.argument("from")?.as_str()?.to_owned())),
                override_label: overrides.label(source.id).map(str::to_owned),
                used_overridden: overrides.is_used(source.id),
                context_arguments: self.context_arguments(source),
            })
            .collect()
    }

    /// The arguments that this subgraph takes from a context.
    fn context_arguments(&self, source: &FieldSource<'s>) -> Vec<ContextArgument> {
        let subgraph = self.across.subgraph(source.id);
        source
            .field
            .arguments
            .values()
            .filter_map(|argument| {
                let applied = argument
                    .directives
                    .federation(FederationDirective::FromContext)?;
                let selection = ContextSelection::parse(applied.argument("field")?.as_str()?)?;
                Some(ContextArgument {
                    name: argument.name.clone(),
                    ty: argument.ty.clone(),
                    context: format!("{}__{}", subgraph.name, selection.context),
                    selection: selection.selection.to_owned(),
                })
            })
            .collect()
    }
}

fn needs_joins(across: &FieldAcross<'_, '_>, merged: &MergedType, overrides: &Overrides) -> bool {
    if !merged.all_equal
        || overrides.any_in_effect()
        || across.sources.len() < across.subgraphs_with_parent
    {
        return true;
    }
    across.sources.iter().any(|source| {
        let field = source.field;
        field.marks.external
            || field.requires.is_some()
            || field.provides.is_some()
            || field
                .arguments
                .values()
                .any(|it| it.directives.has(FederationDirective::FromContext))
    })
}

fn field_set(argument: Option<&subgraph::FieldSetArgument>) -> Option<schema::FieldSet> {
    argument?.set().cloned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn conditions_stand_in_the_joins() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T @provides(fields: "p") } type T @key(fields: "id") { id: ID! r: Int @external c: Int @requires(fields: "r") p: Int @external }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! r: Int p: Int @shareable }"#,
                ),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A, provides: "p")
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID!
                  r: Int @join__field(graph: A, external: true) @join__field(graph: B)
                  c: Int @join__field(graph: A, requires: "r")
                  p: Int @join__field(graph: A, external: true) @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn value_types_with_different_fields_are_mentioned() {
        check(
            [
                (
                    "a",
                    "type Query { v: V @shareable } type V { x: Int @shareable }",
                ),
                (
                    "b",
                    "type Query { v: V @shareable } type V { x: Int @shareable y: Int @shareable }",
                ),
            ],
            &expect![[r#"
                INCONSISTENT_OBJECT_VALUE_TYPE_FIELD V.y: `V.y` exists in some of its type's subgraphs only.
                  --> a:1:37 `y` is missing here
                  see b:1:59 defined here
            "#]],
        );
    }

    #[test]
    fn what_interface_objects_add_is_no_inconsistency() {
        check(
            [
                (
                    "a",
                    r#"type Query { i: I } interface I { id: ID! a: Int } type A implements I @key(fields: "id") { id: ID! a: Int }"#,
                ),
                (
                    "b",
                    r#"interface I { id: ID! } type B implements I @key(fields: "id") { id: ID! a: Int }"#,
                ),
                (
                    "c",
                    r#"type I @interfaceObject @key(fields: "id") { id: ID! z: Int }"#,
                ),
            ],
            &expect![[r#"
                INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD I.a: `I.a` exists in some of its type's subgraphs only.
                  --> b:1:11 `a` is missing here
                  see a:1:43 defined here
            "#]],
        );
    }
}
