//! Types and their members, with the joins that stand on them.

use apollo_compiler::{Node, ast};
use schema::{Directive, SubgraphId, from_parser};

use super::{ByName, ReadError, ReadErrorKind, Reader};
use crate::{
    Composite, EnumValue, FieldDefinition, Implements, InputFieldDefinition, InputFieldJoin,
    InputValueDefinition, TypeDefinition, TypeJoin, TypeKind, UnionMember, Version,
};

impl Reader<'_> {
    /// A type, or nothing for one that only describes the federation.
    pub(super) fn type_definition(
        &self,
        definition: &ast::Definition,
    ) -> Result<Option<TypeDefinition>, ReadError> {
        let Some(name) = definition.name().filter(|_| !is_executable(definition)) else {
            let place = definition.location();
            let kind = ReadErrorKind::Unexpected("operations or fragments");
            return Err(self.error(place, kind));
        };
        if self.is_machinery(name) {
            return Ok(None);
        }
        let directives = definition.directives();
        let joins: Vec<TypeJoin> = self
            .applied(directives, "type")
            .map(|directive| self.type_join(directive))
            .collect::<Result<_, _>>()?;
        let mut graphs: Vec<SubgraphId> = joins.iter().map(|join| join.graph).collect();
        graphs.dedup();
        let (kind, description) = match definition {
            ast::Definition::ScalarTypeDefinition(it) => (TypeKind::Scalar, &it.description),
            ast::Definition::ObjectTypeDefinition(it) => {
                let composite = self.composite(&it.implements_interfaces, &it.fields, directives);
                (TypeKind::Object(composite(&graphs)?), &it.description)
            }
            ast::Definition::InterfaceTypeDefinition(it) => {
                let composite = self.composite(&it.implements_interfaces, &it.fields, directives);
                (TypeKind::Interface(composite(&graphs)?), &it.description)
            }
            ast::Definition::UnionTypeDefinition(it) => {
                let members = self.union_members(it, &graphs)?;
                (TypeKind::Union(members), &it.description)
            }
            ast::Definition::EnumTypeDefinition(it) => {
                let values = self.enum_values(it, &graphs)?;
                (TypeKind::Enum(values), &it.description)
            }
            ast::Definition::InputObjectTypeDefinition(it) => {
                let fields = self.input_fields(&it.fields)?;
                (TypeKind::InputObject(fields), &it.description)
            }
            _ => {
                let kind = ReadErrorKind::Unexpected("extensions of types");
                return Err(self.error(definition.location(), kind));
            }
        };
        Ok(Some(TypeDefinition {
            name: from_parser::name(name),
            description: description.as_ref().map(ToString::to_string),
            directives: self.other_directives(directives),
            joins,
            kind,
        }))
    }

    /// Reads what objects and interfaces have, given the graphs of the type.
    fn composite<'d>(
        &'d self,
        interfaces: &'d [apollo_compiler::Name],
        fields: &'d [Node<ast::FieldDefinition>],
        directives: &'d ast::DirectiveList,
    ) -> impl FnOnce(&[SubgraphId]) -> Result<Composite, ReadError> + use<'d> {
        move |graphs| {
            let mut implements: Vec<Implements> = interfaces
                .iter()
                .map(|interface| Implements {
                    interface: from_parser::name(interface),
                    graphs: self.default_graphs(graphs),
                })
                .collect();
            for directive in self.applied(directives, "implements") {
                let (graph, interface) = self.graph_and_name(directive, "interface")?;
                let found = implements.iter_mut().find(|it| it.interface == interface);
                if let Some(found) = found
                    && !found.graphs.contains(&graph)
                {
                    found.graphs.push(graph);
                }
            }
            let fields = fields
                .iter()
                .map(|field| Ok((from_parser::name(&field.name), self.field(field)?)))
                .collect::<Result<_, _>>()?;
            Ok(Composite { implements, fields })
        }
    }

    fn field(&self, field: &ast::FieldDefinition) -> Result<FieldDefinition, ReadError> {
        Ok(FieldDefinition {
            name: from_parser::name(&field.name),
            description: field.description.as_ref().map(ToString::to_string),
            arguments: self.input_values(&field.arguments),
            ty: from_parser::r#type(&field.ty),
            directives: self.other_directives(&field.directives),
            joins: self
                .applied(&field.directives, "field")
                .map(|directive| self.field_join(directive))
                .collect::<Result<_, _>>()?,
        })
    }

    fn union_members(
        &self,
        union: &ast::UnionTypeDefinition,
        graphs: &[SubgraphId],
    ) -> Result<Vec<UnionMember>, ReadError> {
        let mut members: Vec<UnionMember> = union
            .members
            .iter()
            .map(|member| UnionMember {
                name: from_parser::name(member),
                graphs: self.default_graphs(graphs),
            })
            .collect();
        for directive in self.applied(&union.directives, "unionMember") {
            let (graph, name) = self.graph_and_name(directive, "member")?;
            if let Some(member) = members.iter_mut().find(|it| it.name == name)
                && !member.graphs.contains(&graph)
            {
                member.graphs.push(graph);
            }
        }
        Ok(members)
    }

    fn enum_values(
        &self,
        definition: &ast::EnumTypeDefinition,
        graphs: &[SubgraphId],
    ) -> Result<Vec<EnumValue>, ReadError> {
        let mut values = Vec::new();
        for value in &definition.values {
            let mut own = self
                .applied(&value.directives, "enumValue")
                .map(|directive| self.required_graph(directive))
                .collect::<Result<Vec<_>, _>>()?;
            if own.is_empty() {
                own = self.default_graphs(graphs);
            }
            values.push(EnumValue {
                name: from_parser::name(&value.value),
                description: value.description.as_ref().map(ToString::to_string),
                directives: self.other_directives(&value.directives),
                graphs: own,
            });
        }
        Ok(values)
    }

    fn input_fields(
        &self,
        fields: &[Node<ast::InputValueDefinition>],
    ) -> Result<ByName<InputFieldDefinition>, ReadError> {
        fields
            .iter()
            .map(|field| {
                let mut joins = Vec::new();
                for directive in self.applied(&field.directives, "field") {
                    let join = self.field_join(directive)?;
                    let graph = self.required_graph(directive)?;
                    joins.push(InputFieldJoin { graph, ty: join.ty });
                }
                let value = self.input_value(field);
                Ok((value.name.clone(), InputFieldDefinition { value, joins }))
            })
            .collect()
    }

    /// Arguments of fields and directives.
    pub(super) fn input_values(
        &self,
        values: &[Node<ast::InputValueDefinition>],
    ) -> Vec<InputValueDefinition> {
        values.iter().map(|value| self.input_value(value)).collect()
    }

    fn input_value(&self, value: &ast::InputValueDefinition) -> InputValueDefinition {
        InputValueDefinition {
            name: from_parser::name(&value.name),
            description: value.description.as_ref().map(ToString::to_string),
            ty: from_parser::r#type(&value.ty),
            default: value
                .default_value
                .as_ref()
                .map(|it| from_parser::value(it)),
            directives: self.other_directives(&value.directives),
        }
    }

    /// The directives that stay in the model. `@join__directive` does: it carries directives of
    /// subgraphs that some later reader may know.
    fn other_directives(&self, directives: &ast::DirectiveList) -> Vec<Directive> {
        let carrier = format!("{}__directive", self.join_prefix);
        directives
            .iter()
            .filter(|it| !self.is_machinery(&it.name) || it.name == carrier.as_str())
            .map(|it| from_parser::directive(it))
            .collect()
    }

    /// Before v0.3 members did not say where they are: they are wherever their type is.
    fn default_graphs(&self, graphs: &[SubgraphId]) -> Vec<SubgraphId> {
        if self.join_version < Version::new(0, 3) {
            graphs.to_vec()
        } else {
            Vec::new()
        }
    }
}

fn is_executable(definition: &ast::Definition) -> bool {
    matches!(
        definition,
        ast::Definition::OperationDefinition(_) | ast::Definition::FragmentDefinition(_)
    )
}
