//! The definitions that the link and join specifications put into every supergraph, by version.
//!
//! Their shapes are fixed by <https://specs.apollo.dev/join/>: a router reads them by name.

use crate::JoinVersion;

impl JoinVersion {
    /// The URL of this version.
    pub fn url(self) -> &'static str {
        match self {
            Self::V03 => "https://specs.apollo.dev/join/v0.3",
            Self::V04 => "https://specs.apollo.dev/join/v0.4",
            Self::V05 => "https://specs.apollo.dev/join/v0.5",
        }
    }
}

/// The directive definitions of `link` and `join`, one each, in the order of their names.
pub(crate) fn directive_definitions(version: JoinVersion) -> Vec<String> {
    let mut definitions = Vec::new();
    if version >= JoinVersion::V04 {
        definitions.push(
            "directive @join__directive(graphs: [join__Graph!], name: String!, \
             args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | \
             FIELD_DEFINITION"
                .to_owned(),
        );
    }
    let mut field_arguments = "graph: join__Graph, requires: join__FieldSet, \
        provides: join__FieldSet, type: String, external: Boolean, override: String, \
        usedOverridden: Boolean"
        .to_owned();
    if version >= JoinVersion::V04 {
        field_arguments.push_str(", overrideLabel: String");
    }
    if version >= JoinVersion::V05 {
        field_arguments.push_str(", contextArguments: [join__ContextArgument!]");
    }
    definitions.push(
        "directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE".to_owned(),
    );
    definitions.push(format!(
        "directive @join__field({field_arguments}) repeatable on FIELD_DEFINITION | \
         INPUT_FIELD_DEFINITION"
    ));
    for definition in [
        "directive @join__graph(name: String!, url: String!) on ENUM_VALUE",
        "directive @join__implements(graph: join__Graph!, interface: String!) repeatable on \
         OBJECT | INTERFACE",
        "directive @join__type(graph: join__Graph!, key: join__FieldSet, \
         extension: Boolean! = false, resolvable: Boolean! = true, \
         isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | \
         INPUT_OBJECT | SCALAR",
        "directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION",
        "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) \
         repeatable on SCHEMA",
    ] {
        definitions.push(definition.to_owned());
    }
    definitions
}

/// The types of `link` and `join` other than the enum of graphs, each with its name for sorting.
pub(crate) fn type_definitions(version: JoinVersion) -> Vec<(&'static str, &'static str)> {
    let mut definitions = vec![
        ("join__FieldSet", "scalar join__FieldSet"),
        ("link__Import", "scalar link__Import"),
        (
            "link__Purpose",
            "enum link__Purpose {\n  \"\"\"Needed to resolve fields securely.\"\"\"\n  SECURITY\n\n  \
             \"\"\"Needed to execute operations.\"\"\"\n  EXECUTION\n}",
        ),
    ];
    if version >= JoinVersion::V04 {
        definitions.push((
            "join__DirectiveArguments",
            "scalar join__DirectiveArguments",
        ));
    }
    if version >= JoinVersion::V05 {
        definitions.push((
            "join__ContextArgument",
            "input join__ContextArgument {\n  name: String!\n  type: String!\n  \
             context: String!\n  selection: join__FieldValue!\n}",
        ));
        definitions.push(("join__FieldValue", "scalar join__FieldValue"));
    }
    definitions
}
