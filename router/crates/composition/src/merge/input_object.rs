//! Input objects: a client may only send what every subgraph understands, so a field that some
//! subgraph lacks is dropped, and must not be one that another requires.
//!
//! `REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH`, `EMPTY_MERGED_INPUT_TYPE`.

use diagnostics::Code;
use indexmap::IndexMap;
use schema::{Name, SubgraphId};
use subgraph::FederationDirective;
use supergraph::{InputFieldDefinition, InputFieldJoin, InputValueDefinition};

use super::Merge;
use super::across::TypeAcross;
use super::type_reference::Position;

impl<'s> Merge<'s, '_> {
    /// The fields of an input object.
    pub(crate) fn input_object(
        &mut self,
        ty: &TypeAcross<'s>,
    ) -> IndexMap<Name, InputFieldDefinition> {
        let mut names: IndexMap<&Name, ()> = IndexMap::new();
        for (_, definition) in &ty.sources {
            names.extend(definition.inputs.keys().map(|name| (name, ())));
        }
        let fields: IndexMap<Name, InputFieldDefinition> = names
            .into_keys()
            .filter_map(|name| Some((name.clone(), self.input_field(ty, name)?)))
            .collect();
        if fields.is_empty() {
            self.problems
                .error(
                    Code::EmptyMergedInputType,
                    ty.name.to_string(),
                    format!("No field of `{}` is common to all its subgraphs.", ty.name),
                )
                .point_at_all(ty.sources.iter().map(|(_, it)| it.span()), "defined here");
        }
        fields
    }

    fn input_field(&mut self, ty: &TypeAcross<'s>, name: &Name) -> Option<InputFieldDefinition> {
        let sources: Vec<(SubgraphId, &subgraph::InputValueDefinition)> = ty
            .sources
            .iter()
            .filter_map(|(id, definition)| Some((*id, definition.inputs.get(name)?)))
            .collect();
        let coordinate = format!("{}.{name}", ty.name);
        let types: Vec<_> = sources.iter().map(|(_, it)| (&it.ty, &it.span)).collect();
        let merged = self.type_reference(&coordinate, Position::InputField, &types)?;
        let defaults: Vec<_> = sources
            .iter()
            .map(|(_, it)| (it.default.as_ref(), &it.span))
            .collect();
        let applied: Vec<_> = sources
            .iter()
            .map(|(id, it)| (*id, &it.directives))
            .collect();
        let value = InputValueDefinition {
            name: name.clone(),
            description: self.description(
                &coordinate,
                sources
                    .iter()
                    .map(|(_, it)| (it.description.as_deref(), &it.span)),
            ),
            default: self.default_value(&coordinate, Position::InputField, &defaults),
            directives: self.applied_directives(&coordinate, &applied),
            ty: merged.ty,
        };
        let everywhere = sources.len() == ty.sources.len();
        // What nobody sees may differ.
        let hidden = self
            .specifications
            .has(&value.directives, FederationDirective::Inaccessible);
        if !everywhere && !hidden {
            self.report_missing_input(ty, name, &sources);
            return None;
        }
        let joins = if everywhere && merged.all_equal {
            Vec::new()
        } else {
            let join = |(id, it): &(SubgraphId, &subgraph::InputValueDefinition)| InputFieldJoin {
                graph: *id,
                ty: (!merged.all_equal).then(|| it.ty.clone()),
            };
            sources.iter().map(join).collect()
        };
        Some(InputFieldDefinition { value, joins })
    }

    fn report_missing_input(
        &mut self,
        ty: &TypeAcross<'s>,
        name: &Name,
        sources: &[(SubgraphId, &subgraph::InputValueDefinition)],
    ) {
        let coordinate = format!("{}.{name}", ty.name);
        let required =
            |it: &subgraph::InputValueDefinition| it.ty.is_non_null() && it.default.is_none();
        let any_required = sources.iter().any(|(_, it)| required(it));
        let problem = if any_required {
            self.problems.error(
                Code::RequiredInputFieldMissingInSomeSubgraph,
                &*coordinate,
                format!(
                    "`{coordinate}` is required in some subgraphs and missing in others, so no \
                     value suits all."
                ),
            )
        } else {
            self.problems.hint(
                Code::InconsistentInputObjectField,
                &*coordinate,
                format!("`{coordinate}` is left out: not all its subgraphs know it."),
            )
        };
        for (id, definition) in &ty.sources {
            if sources.iter().all(|(with, _)| with != id) {
                problem.point_at(definition.span(), format!("`{name}` is missing here"));
            }
        }
        for (_, it) in sources {
            let text = if required(it) {
                "required here"
            } else {
                "defined here"
            };
            problem.also_see(&it.span, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn fields_that_some_lack_are_dropped() {
        check(
            [
                ("a", "type Query { a(i: I): Int } input I { x: Int y: Int }"),
                ("b", "type Query { b(i: I): Int } input I { x: Int }"),
            ],
            &expect![[r#"
                INCONSISTENT_INPUT_OBJECT_FIELD I.y: `I.y` is left out: not all its subgraphs know it.
                  --> b:1:35 `y` is missing here
                  see a:1:46 defined here
            "#]],
        );
    }

    #[test]
    fn required_fields_must_be_everywhere() {
        check(
            [
                (
                    "a",
                    "type Query { a(i: I): Int } input I { x: Int y: Int! }",
                ),
                ("b", "type Query { b(i: I): Int } input I { x: Int }"),
            ],
            &expect![[r#"
                REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH I.y: `I.y` is required in some subgraphs and missing in others, so no value suits all.
                  --> b:1:35 `y` is missing here
                  see a:1:46 required here
            "#]],
        );
    }

    #[test]
    fn some_field_must_be_common() {
        check(
            [
                ("a", "type Query { a(i: I): Int } input I { x: Int }"),
                ("b", "type Query { b(i: I): Int } input I { y: Int }"),
            ],
            &expect![[r#"
                EMPTY_MERGED_INPUT_TYPE I: No field of `I` is common to all its subgraphs.
                  --> a:1:35 defined here
                  --> b:1:35 defined here
            "#]],
        );
    }
}
