//! A model as SDL: the supergraph with its joins, or the plain schema without.
//!
//! The order is canonical: directive definitions, then types, each by name; members keep the order
//! of the model. Reading the text back gives the same model, and printing that the same text.

use std::fmt::{self, Display, Write};

use schema::{Directive, Name, SubgraphId};

use crate::{
    Composite, DirectiveDefinition, EnumValue, FieldDefinition, FieldJoin, InputFieldDefinition,
    InputValueDefinition, Model, TypeDefinition, TypeJoin, TypeKind, join_specification,
};

impl Model {
    /// Supergraph SDL, ending in a line feed.
    pub fn print(&self) -> String {
        let mut printer = Printer::new(self, Joins::Printed);
        printer.supergraph();
        printer.finish()
    }
}

/// The schema without anything of the join specification, ending in a line feed.
pub(crate) fn plain(model: &Model) -> String {
    let mut printer = Printer::new(model, Joins::LeftOut);
    printer.plain_schema();
    printer.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Joins {
    Printed,
    LeftOut,
}

/// Writes definitions one after the other. Writing into a `String` cannot fail, so results of
/// `write!` are dropped in one place, [`Printer::put`].
struct Printer<'m> {
    model: &'m Model,
    joins: Joins,
    out: String,
}

/// What separates the directives of one definition.
#[derive(Clone, Copy)]
enum Layout {
    /// Behind the definition, on its line.
    Inline,
    /// Each on a line of its own.
    Stacked,
}

impl<'m> Printer<'m> {
    fn new(model: &'m Model, joins: Joins) -> Self {
        Self {
            model,
            joins,
            out: String::new(),
        }
    }

    fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        self.out.push('\n');
        self.out
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    fn supergraph(&mut self) {
        self.description(self.model.description.as_deref(), "");
        self.out
            .push_str("schema\n  @link(url: \"https://specs.apollo.dev/link/v1.0\")\n");
        let join = self.model.join_version.url();
        self.put(format_args!("  @link(url: \"{join}\", for: EXECUTION)\n"));
        for link in &self.model.links {
            self.put(format_args!("  {}\n", link.directive));
        }
        for directive in &self.model.directives {
            self.put(format_args!("  {directive}\n"));
        }
        self.root_operations();
        let mut directives: Vec<(Name, String)> =
            join_specification::directive_definitions(self.model.join_version)
                .into_iter()
                .map(|text| (directive_name(&text), text))
                .collect();
        directives.extend(self.directive_definitions());
        directives.sort();
        for (_, text) in directives {
            self.put(format_args!("{text}\n\n"));
        }
        let mut types: Vec<(&str, String)> =
            join_specification::type_definitions(self.model.join_version)
                .into_iter()
                .map(|(name, text)| (name, format!("{text}\n\n")))
                .collect();
        types.push(("join__Graph", self.graphs()));
        types.extend(self.type_definitions());
        types.sort();
        for (_, text) in types {
            self.out.push_str(&text);
        }
    }

    fn plain_schema(&mut self) {
        if self.model.description.is_some() || !self.model.directives.is_empty() {
            self.description(self.model.description.as_deref(), "");
            self.out.push_str("schema\n");
            for directive in &self.model.directives {
                self.put(format_args!("  {directive}\n"));
            }
            self.root_operations();
        }
        let mut directives: Vec<_> = self.directive_definitions().collect();
        directives.sort();
        for (_, text) in directives {
            self.put(format_args!("{text}\n\n"));
        }
        let mut types: Vec<_> = self.type_definitions().collect();
        types.sort();
        for (_, text) in types {
            self.out.push_str(&text);
        }
    }

    fn root_operations(&mut self) {
        self.out.push_str("{\n");
        for (operation, name) in [
            ("query", "Query"),
            ("mutation", "Mutation"),
            ("subscription", "Subscription"),
        ] {
            // Another kind of type may have the name: it is no root then.
            let is_root = |ty: &TypeDefinition| matches!(ty.kind, TypeKind::Object(_));
            if self.model.types.get(name).is_some_and(is_root) {
                self.put(format_args!("  {operation}: {name}\n"));
            }
        }
        self.out.push_str("}\n\n");
    }

    fn graphs(&self) -> String {
        let mut text = "enum join__Graph {\n".to_owned();
        for graph in &self.model.graphs {
            let directive = Directive {
                name: "join__graph".into(),
                arguments: vec![
                    ("name".into(), schema::Value::String(graph.name.clone())),
                    ("url".into(), schema::Value::String(graph.url.clone())),
                ],
            };
            let _ = writeln!(text, "  {} {directive}", graph.enum_value);
        }
        text.push_str("}\n\n");
        text
    }

    fn directive_definitions(&self) -> impl Iterator<Item = (Name, String)> + use<'m> {
        let (model, joins) = (self.model, self.joins);
        model.directive_definitions.values().map(move |definition| {
            let mut printer = Printer::new(model, joins);
            printer.directive_definition(definition);
            (definition.name.clone(), printer.out)
        })
    }

    fn type_definitions(&self) -> impl Iterator<Item = (&'m str, String)> + use<'m> {
        let (model, joins) = (self.model, self.joins);
        model.types.values().map(move |definition| {
            let mut printer = Printer::new(model, joins);
            printer.type_definition(definition);
            (definition.name.as_str(), printer.out)
        })
    }

    fn directive_definition(&mut self, definition: &DirectiveDefinition) {
        self.description(definition.description.as_deref(), "");
        self.put(format_args!("directive @{}", definition.name));
        self.arguments(&definition.arguments, "");
        if definition.repeatable {
            self.out.push_str(" repeatable");
        }
        for (index, location) in definition.locations.iter().enumerate() {
            let before = if index == 0 { " on " } else { " | " };
            self.put(format_args!("{before}{location}"));
        }
    }

    fn type_definition(&mut self, ty: &TypeDefinition) {
        self.description(ty.description.as_deref(), "");
        let keyword = match &ty.kind {
            TypeKind::Scalar => "scalar",
            TypeKind::Object(_) => "type",
            TypeKind::Interface(_) => "interface",
            TypeKind::Union(_) => "union",
            TypeKind::Enum(_) => "enum",
            TypeKind::InputObject(_) => "input",
        };
        self.put(format_args!("{keyword} {}", ty.name));
        if let Some(composite) = ty.composite() {
            for (index, implements) in composite.implements.iter().enumerate() {
                let before = if index == 0 { " implements " } else { " & " };
                self.put(format_args!("{before}{}", implements.interface));
            }
        }
        let directives = self.type_directives(ty);
        let stacked = !directives.is_empty();
        for directive in directives {
            self.directive(&directive, Layout::Stacked);
        }
        match &ty.kind {
            TypeKind::Scalar => self.out.push_str("\n\n"),
            TypeKind::Union(members) => {
                let before_first = if stacked { "\n  = " } else { " = " };
                for (index, member) in members.iter().enumerate() {
                    let before = if index == 0 { before_first } else { " | " };
                    self.put(format_args!("{before}{}", member.name));
                }
                self.out.push_str("\n\n");
            }
            TypeKind::Object(Composite { fields, .. })
            | TypeKind::Interface(Composite { fields, .. }) => {
                self.block(stacked, fields.values(), Self::field);
            }
            TypeKind::Enum(values) => self.block(stacked, values, Self::enum_value),
            TypeKind::InputObject(fields) => {
                self.block(stacked, fields.values(), Self::input_field);
            }
        }
    }

    fn block<T>(
        &mut self,
        stacked: bool,
        members: impl IntoIterator<Item = T>,
        print: impl Fn(&mut Self, T),
    ) {
        self.out.push_str(if stacked { "\n{\n" } else { " {\n" });
        for member in members {
            print(self, member);
            self.out.push('\n');
        }
        self.out.push_str("}\n\n");
    }

    fn field(&mut self, field: &FieldDefinition) {
        self.description(field.description.as_deref(), "  ");
        self.put(format_args!("  {}", field.name));
        self.arguments(&field.arguments, "  ");
        self.put(format_args!(": {}", field.ty));
        if self.joins == Joins::Printed {
            for join in &field.joins {
                let text = self.field_join(join);
                self.directive(&text, Layout::Inline);
            }
        }
        self.directives(&field.directives);
    }

    fn enum_value(&mut self, value: &EnumValue) {
        self.description(value.description.as_deref(), "  ");
        self.put(format_args!("  {}", value.name));
        if self.joins == Joins::Printed {
            for graph in &value.graphs {
                let text = format!("@join__enumValue(graph: {})", self.graph(*graph));
                self.directive(&text, Layout::Inline);
            }
        }
        self.directives(&value.directives);
    }

    fn input_field(&mut self, field: &InputFieldDefinition) {
        self.description(field.value.description.as_deref(), "  ");
        self.out.push_str("  ");
        self.input_value(&field.value);
        if self.joins == Joins::Printed {
            for join in &field.joins {
                let join = FieldJoin {
                    graph: Some(join.graph),
                    ty: join.ty.clone(),
                    ..FieldJoin::default()
                };
                let text = self.field_join(&join);
                self.directive(&text, Layout::Inline);
            }
        }
        self.directives(&field.value.directives);
    }

    fn input_value(&mut self, value: &InputValueDefinition) {
        self.put(format_args!("{}: {}", value.name, value.ty));
        if let Some(default) = &value.default {
            self.put(format_args!(" = {default}"));
        }
    }

    fn arguments(&mut self, arguments: &[InputValueDefinition], indent: &str) {
        if arguments.is_empty() {
            return;
        }
        // Descriptions want lines of their own; without any, one line is easier to read.
        let stacked = arguments.iter().any(|it| it.description.is_some());
        self.out.push('(');
        for (index, argument) in arguments.iter().enumerate() {
            if stacked {
                let inner = format!("{indent}  ");
                self.out.push('\n');
                self.description(argument.description.as_deref(), &inner);
                self.out.push_str(&inner);
            } else if index > 0 {
                self.out.push_str(", ");
            }
            self.input_value(argument);
            self.directives(&argument.directives);
        }
        if stacked {
            self.put(format_args!("\n{indent}"));
        }
        self.out.push(')');
    }

    fn type_directives(&self, ty: &TypeDefinition) -> Vec<String> {
        let mut all = Vec::new();
        if self.joins == Joins::Printed {
            if let Some(composite) = ty.composite() {
                for implements in &composite.implements {
                    for graph in &implements.graphs {
                        let (graph, interface) = (self.graph(*graph), &implements.interface);
                        all.push(format!(
                            "@join__implements(graph: {graph}, interface: \"{interface}\")"
                        ));
                    }
                }
            }
            all.extend(ty.joins.iter().map(|join| self.type_join(join)));
            if let TypeKind::Union(members) = &ty.kind {
                for member in members {
                    for graph in &member.graphs {
                        let (graph, name) = (self.graph(*graph), &member.name);
                        all.push(format!(
                            "@join__unionMember(graph: {graph}, member: \"{name}\")"
                        ));
                    }
                }
            }
        }
        all.extend(ty.directives.iter().map(ToString::to_string));
        all
    }

    fn type_join(&self, join: &TypeJoin) -> String {
        let mut text = format!("@join__type(graph: {}", self.graph(join.graph));
        if let Some(key) = &join.key {
            let _ = write!(text, ", key: {}", quoted(&key.text));
        }
        for (name, written, value) in [
            ("extension", join.extension, true),
            ("resolvable", !join.resolvable, false),
            ("isInterfaceObject", join.is_interface_object, true),
        ] {
            if written {
                let _ = write!(text, ", {name}: {value}");
            }
        }
        text.push(')');
        text
    }

    fn field_join(&self, join: &FieldJoin) -> String {
        let mut arguments = Vec::new();
        if let Some(graph) = join.graph {
            arguments.push(format!("graph: {}", self.graph(graph)));
        }
        if let Some(requires) = &join.requires {
            arguments.push(format!("requires: {}", quoted(&requires.text)));
        }
        if let Some(provides) = &join.provides {
            arguments.push(format!("provides: {}", quoted(&provides.text)));
        }
        if let Some(ty) = &join.ty {
            arguments.push(format!("type: \"{ty}\""));
        }
        if join.external {
            arguments.push("external: true".to_owned());
        }
        if let Some(from) = &join.override_from {
            arguments.push(format!("override: {}", quoted(from)));
        }
        if join.used_overridden {
            arguments.push("usedOverridden: true".to_owned());
        }
        if let Some(label) = &join.override_label {
            arguments.push(format!("overrideLabel: {}", quoted(label)));
        }
        if !join.context_arguments.is_empty() {
            let items: Vec<String> = join
                .context_arguments
                .iter()
                .map(|argument| {
                    format!(
                        "{{context: {}, name: \"{}\", type: \"{}\", selection: {}}}",
                        quoted(&argument.context),
                        argument.name,
                        argument.ty,
                        quoted(&argument.selection)
                    )
                })
                .collect();
            arguments.push(format!("contextArguments: [{}]", items.join(", ")));
        }
        if arguments.is_empty() {
            return "@join__field".to_owned();
        }
        format!("@join__field({})", arguments.join(", "))
    }

    fn directives(&mut self, directives: &[Directive]) {
        for directive in directives {
            self.directive(directive, Layout::Inline);
        }
    }

    fn directive(&mut self, directive: &dyn Display, layout: Layout) {
        match layout {
            Layout::Inline => self.put(format_args!(" {directive}")),
            Layout::Stacked => self.put(format_args!("\n  {directive}")),
        }
    }

    fn graph(&self, id: SubgraphId) -> &'m Name {
        &self.model.graph(id).enum_value
    }

    fn description(&mut self, text: Option<&str>, indent: &str) {
        let Some(text) = text else { return };
        if !fits_block_string(text) {
            self.put(format_args!("{indent}{}\n", quoted(text)));
            return;
        }
        self.put(format_args!("{indent}\"\"\"\n"));
        for line in text.replace("\"\"\"", "\\\"\"\"").split('\n') {
            if line.is_empty() {
                self.out.push('\n');
            } else {
                self.put(format_args!("{indent}{line}\n"));
            }
        }
        self.put(format_args!("{indent}\"\"\"\n"));
    }
}

/// Whether a block string gives back exactly this text: it strips blank lines at both ends and the
/// indentation common to all lines, and has no escapes (GraphQL specification, section 2.9.4).
fn fits_block_string(text: &str) -> bool {
    let blank = |line: &str| line.bytes().all(|byte| byte == b' ' || byte == b'\t');
    let printable = text
        .chars()
        .all(|it| it == '\n' || it == '\t' || !it.is_control());
    let unindented = text
        .split('\n')
        .any(|line| !blank(line) && !line.starts_with([' ', '\t']));
    let mut lines = text.split('\n');
    let (first, last) = (
        lines.next().unwrap_or(""),
        text.rsplit('\n').next().unwrap_or(""),
    );
    // Lines of only blanks would lose them to editors, and a trailing backslash or quote would
    // join with the closing quotes.
    let no_blank_lines = text.split('\n').all(|line| line.is_empty() || !blank(line));
    printable && unindented && no_blank_lines && !blank(first) && !blank(last)
}

fn quoted(text: &str) -> schema::Value {
    schema::Value::String(text.to_owned())
}

fn directive_name(definition: &str) -> Name {
    let name = definition.trim_start_matches("directive @");
    Name::new(name.split(['(', ' ']).next().unwrap_or(name))
}

#[test]
fn descriptions_come_back_as_they_were() {
    let sdl = r#"schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "") }
type Query @join__type(graph: A) { q: Int }"#;
    let graph = crate::Supergraph::read(sdl).unwrap();
    for text in [
        "plain",
        "two\nlines",
        "with \"quotes\" and \"\"\"more\"\"\"",
        "  indented",
        "ends in a blank line\n",
        "\nbegins with one",
        "a\n  b\n\n    c",
        "  all\n  indented",
        "back\\slash\\",
        "quote at the end\"",
        "tab\tand\rreturn",
        "line of blanks\n   \nbetween",
        "é 🎵 \u{7f}",
        "",
    ] {
        let mut model = graph.model().clone();
        model.description = Some(text.to_owned());
        let printed = model.print();
        let read = crate::Supergraph::read(&printed).unwrap_or_else(|it| panic!("{it}\n{printed}"));
        assert_eq!(read.model().description.as_deref(), Some(text), "{printed}");
    }
}
