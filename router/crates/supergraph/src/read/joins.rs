//! The directives of the join specification, one by one.

use apollo_compiler::{Node, ast};
use schema::{FieldSet, Name, SubgraphId, Type, Value, from_parser};

use super::{ReadError, ReadErrorKind, Reader};
use crate::{ContextArgument, FieldJoin, TypeJoin};

impl Reader<'_> {
    /// The applications of the join specification's directive `name`.
    pub(super) fn applied<'d>(
        &self,
        directives: &'d ast::DirectiveList,
        name: &str,
    ) -> impl Iterator<Item = &'d Node<ast::Directive>> + use<'d> {
        let name = format!("{}__{name}", self.join_prefix);
        directives.iter().filter(move |it| it.name == name.as_str())
    }

    /// `@join__type`.
    pub(super) fn type_join(
        &self,
        directive: &Node<ast::Directive>,
    ) -> Result<TypeJoin, ReadError> {
        let flag = |name, default| match argument(directive, name) {
            Some(ast::Value::Boolean(value)) => *value,
            _ => default,
        };
        Ok(TypeJoin {
            graph: self.required_graph(directive)?,
            key: self.field_set(directive, "key")?,
            extension: flag("extension", false),
            resolvable: flag("resolvable", true),
            is_interface_object: flag("isInterfaceObject", false),
        })
    }

    /// `@join__field`.
    pub(super) fn field_join(
        &self,
        directive: &Node<ast::Directive>,
    ) -> Result<FieldJoin, ReadError> {
        let flag = |name| matches!(argument(directive, name), Some(ast::Value::Boolean(true)));
        let text = |name| Some(argument(directive, name)?.as_str()?.to_owned());
        let ty = match text("type") {
            Some(text) => Some(self.parse_type(directive, &text)?),
            None => None,
        };
        Ok(FieldJoin {
            graph: self.graph(directive)?,
            requires: self.field_set(directive, "requires")?,
            provides: self.field_set(directive, "provides")?,
            ty,
            external: flag("external"),
            override_from: text("override"),
            override_label: text("overrideLabel"),
            used_overridden: flag("usedOverridden"),
            context_arguments: self.context_arguments(directive)?,
        })
    }

    /// The graph and the text of another argument, as `@join__implements` and
    /// `@join__unionMember` have them.
    pub(super) fn graph_and_name(
        &self,
        directive: &Node<ast::Directive>,
        name: &'static str,
    ) -> Result<(SubgraphId, Name), ReadError> {
        let text = argument(directive, name).and_then(|it| it.as_str());
        let text = text.ok_or_else(|| self.bad_argument(directive, name, "the name of a type"))?;
        Ok((self.required_graph(directive)?, Name::new(text)))
    }

    /// The `graph:` of a directive that cannot do without.
    pub(super) fn required_graph(
        &self,
        directive: &Node<ast::Directive>,
    ) -> Result<SubgraphId, ReadError> {
        self.graph(directive)?
            .ok_or_else(|| self.bad_argument(directive, "graph", "a subgraph"))
    }

    fn graph(&self, directive: &Node<ast::Directive>) -> Result<Option<SubgraphId>, ReadError> {
        match argument(directive, "graph") {
            None | Some(ast::Value::Null) => Ok(None),
            Some(ast::Value::Enum(value)) => match self.graph_ids.get(value.as_str()) {
                Some(id) => Ok(Some(*id)),
                None => {
                    let kind = ReadErrorKind::UnknownGraph(value.to_string());
                    Err(self.error(directive.location(), kind))
                }
            },
            Some(_) => Err(self.bad_argument(directive, "graph", "a value of `join__Graph`")),
        }
    }

    fn field_set(
        &self,
        directive: &Node<ast::Directive>,
        name: &'static str,
    ) -> Result<Option<FieldSet>, ReadError> {
        let text = match argument(directive, name) {
            None | Some(ast::Value::Null) => return Ok(None),
            Some(ast::Value::String(text)) => text,
            Some(_) => return Err(self.bad_argument(directive, name, "a string")),
        };
        FieldSet::parse(text).map(Some).map_err(|error| {
            let kind = ReadErrorKind::BadFieldSet {
                text: text.clone(),
                message: error.message,
            };
            self.error(directive.location(), kind)
        })
    }

    fn context_arguments(
        &self,
        directive: &Node<ast::Directive>,
    ) -> Result<Vec<ContextArgument>, ReadError> {
        let Some(value) = argument(directive, "contextArguments") else {
            return Ok(Vec::new());
        };
        let bad = || self.bad_argument(directive, "contextArguments", "a list of objects");
        let Value::List(items) = from_parser::value(value) else {
            return Err(bad());
        };
        let mut arguments = Vec::new();
        for item in items {
            let Value::Object(fields) = item else {
                return Err(bad());
            };
            let text = |name: &str| {
                let field = fields.iter().find(|(key, _)| key == name);
                field
                    .and_then(|(_, value)| value.as_str())
                    .map(str::to_owned)
                    .ok_or_else(bad)
            };
            arguments.push(ContextArgument {
                name: Name::new(text("name")?),
                ty: self.parse_type(directive, &text("type")?)?,
                context: text("context")?,
                selection: text("selection")?,
            });
        }
        Ok(arguments)
    }

    fn parse_type(&self, directive: &Node<ast::Directive>, text: &str) -> Result<Type, ReadError> {
        ast::Type::parse(text, "type")
            .map(|ty| from_parser::r#type(&ty))
            .map_err(|_| self.bad_argument(directive, "type", "the text of a type"))
    }

    fn bad_argument(
        &self,
        directive: &Node<ast::Directive>,
        argument: &'static str,
        expected: &'static str,
    ) -> ReadError {
        let kind = ReadErrorKind::BadArgument {
            directive: from_parser::name(&directive.name),
            argument,
            expected,
        };
        self.error(directive.location(), kind)
    }
}

fn argument<'d>(directive: &'d Node<ast::Directive>, name: &str) -> Option<&'d ast::Value> {
    directive
        .arguments
        .iter()
        .find(|argument| argument.name == name)
        .map(|argument| &*argument.value)
}
