//! The table of known directives: where each may stand, what arguments it takes, and since when.

use schema::Version;

use super::{ArgumentSpecification, DirectiveSpecification};
use crate::FederationDirective;

const fn argument(name: &'static str, ty: &'static str) -> ArgumentSpecification {
    ArgumentSpecification {
        name,
        ty,
        default: None,
        since: 0,
    }
}

pub(super) const EVERY_ELEMENT: &[&str] = &[
    "FIELD_DEFINITION",
    "OBJECT",
    "INTERFACE",
    "UNION",
    "ARGUMENT_DEFINITION",
    "SCALAR",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];
const EVERY_ELEMENT_AND_SCHEMA: &[&str] = &[
    "FIELD_DEFINITION",
    "OBJECT",
    "INTERFACE",
    "UNION",
    "ARGUMENT_DEFINITION",
    "SCALAR",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
    "SCHEMA",
];
const ACCESS_CONTROLLED: &[&str] = &["FIELD_DEFINITION", "OBJECT", "INTERFACE", "SCALAR", "ENUM"];
const FIELDS: &[ArgumentSpecification] = &[argument("fields", "*FieldSet!")];

pub(super) const PLAIN: DirectiveSpecification = DirectiveSpecification {
    directive: FederationDirective::Key,
    name: "",
    since: 0,
    in_federation_one: false,
    own_specification: None,
    arguments: &[],
    repeatable_since: None,
    locations: &[],
};

/// Every known directive.
pub(super) static DIRECTIVES: [DirectiveSpecification; 22] = {
    use FederationDirective as D;
    [
        DirectiveSpecification {
            directive: D::Key,
            name: "key",
            in_federation_one: true,
            arguments: &[
                argument("fields", "*FieldSet!"),
                ArgumentSpecification {
                    name: "resolvable",
                    ty: "Boolean",
                    default: Some("true"),
                    since: 0,
                },
            ],
            repeatable_since: Some(0),
            locations: &["OBJECT", "INTERFACE"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Requires,
            name: "requires",
            in_federation_one: true,
            arguments: FIELDS,
            locations: &["FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Provides,
            name: "provides",
            in_federation_one: true,
            arguments: FIELDS,
            locations: &["FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::External,
            name: "external",
            in_federation_one: true,
            arguments: &[argument("reason", "String")],
            locations: &["OBJECT", "FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Extends,
            name: "extends",
            in_federation_one: true,
            locations: &["OBJECT", "INTERFACE"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Tag,
            name: "tag",
            in_federation_one: true,
            own_specification: Some(("tag", Version::new(0, 3))),
            arguments: &[argument("name", "String!")],
            repeatable_since: Some(0),
            locations: EVERY_ELEMENT_AND_SCHEMA,
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Shareable,
            name: "shareable",
            repeatable_since: Some(2),
            locations: &["OBJECT", "FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Inaccessible,
            name: "inaccessible",
            own_specification: Some(("inaccessible", Version::new(0, 2))),
            locations: EVERY_ELEMENT,
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Override,
            name: "override",
            arguments: &[
                argument("from", "String!"),
                ArgumentSpecification {
                    name: "label",
                    ty: "String",
                    default: None,
                    since: 7,
                },
            ],
            locations: &["FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::ComposeDirective,
            name: "composeDirective",
            since: 1,
            arguments: &[argument("name", "String")],
            repeatable_since: Some(0),
            locations: &["SCHEMA"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::InterfaceObject,
            name: "interfaceObject",
            since: 3,
            locations: &["OBJECT"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Authenticated,
            name: "authenticated",
            since: 5,
            own_specification: Some(("authenticated", Version::new(0, 1))),
            locations: ACCESS_CONTROLLED,
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::RequiresScopes,
            name: "requiresScopes",
            since: 5,
            own_specification: Some(("requiresScopes", Version::new(0, 1))),
            arguments: &[argument("scopes", "[[*Scope!]!]!")],
            locations: ACCESS_CONTROLLED,
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Policy,
            name: "policy",
            since: 6,
            own_specification: Some(("policy", Version::new(0, 1))),
            arguments: &[argument("policies", "[[*Policy!]!]!")],
            locations: ACCESS_CONTROLLED,
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Context,
            name: "context",
            since: 8,
            own_specification: Some(("context", Version::new(0, 1))),
            arguments: &[argument("name", "String!")],
            repeatable_since: Some(0),
            locations: &["INTERFACE", "OBJECT", "UNION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::FromContext,
            name: "fromContext",
            since: 8,
            own_specification: Some(("context", Version::new(0, 1))),
            arguments: &[argument("field", "*ContextFieldValue")],
            locations: &["ARGUMENT_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Cost,
            name: "cost",
            since: 9,
            own_specification: Some(("cost", Version::new(0, 1))),
            arguments: &[argument("weight", "Int!")],
            locations: &[
                "ARGUMENT_DEFINITION",
                "ENUM",
                "FIELD_DEFINITION",
                "INPUT_FIELD_DEFINITION",
                "OBJECT",
                "SCALAR",
            ],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::ListSize,
            name: "listSize",
            since: 9,
            own_specification: Some(("cost", Version::new(0, 1))),
            arguments: &[
                argument("assumedSize", "Int"),
                argument("slicingArguments", "[String!]"),
                argument("sizedFields", "[String!]"),
                ArgumentSpecification {
                    name: "requireOneSlicingArgument",
                    ty: "Boolean",
                    default: Some("true"),
                    since: 0,
                },
            ],
            locations: &["FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::CacheTag,
            name: "cacheTag",
            since: 12,
            own_specification: Some(("cacheTag", Version::new(0, 1))),
            arguments: &[argument("format", "String!")],
            repeatable_since: Some(0),
            locations: &["OBJECT", "FIELD_DEFINITION"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Connect,
            name: "connect",
            since: u32::MAX,
            own_specification: Some(("connect", Version::new(0, 3))),
            arguments: &[
                argument("source", "String"),
                argument("id", "String"),
                argument("http", "*ConnectHTTP"),
                argument("batch", "*ConnectBatch"),
                argument("errors", "*ConnectorErrors"),
                argument("isSuccess", "*JSONSelection"),
                argument("selection", "*JSONSelection!"),
                argument("entity", "Boolean"),
            ],
            repeatable_since: Some(0),
            locations: &["FIELD_DEFINITION", "OBJECT"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Source,
            name: "source",
            since: u32::MAX,
            own_specification: Some(("connect", Version::new(0, 3))),
            arguments: &[
                argument("name", "String!"),
                argument("http", "*SourceHTTP!"),
                argument("errors", "*ConnectorErrors"),
                argument("isSuccess", "*JSONSelection"),
            ],
            repeatable_since: Some(0),
            locations: &["SCHEMA"],
            ..PLAIN
        },
        DirectiveSpecification {
            directive: D::Link,
            name: "link",
            since: u32::MAX,
            arguments: &[
                argument("url", "String"),
                argument("as", "String"),
                argument("for", "*Purpose"),
                argument("import", "[*Import]"),
            ],
            repeatable_since: Some(0),
            locations: &["SCHEMA"],
            ..PLAIN
        },
    ]
};

/// The input types of the connectors' specification, with their fields as in [`DIRECTIVES`]. Which of
/// the fields are required is not said: that is for those to judge who read connectors.
pub(super) static CONNECT_INPUTS: [(&str, &[(&str, &str)]); 5] = [
    (
        "ConnectHTTP",
        &[
            ("GET", "*URLTemplate"),
            ("POST", "*URLTemplate"),
            ("PUT", "*URLTemplate"),
            ("PATCH", "*URLTemplate"),
            ("DELETE", "*URLTemplate"),
            ("body", "*JSONSelection"),
            ("headers", "[*HTTPHeaderMapping!]"),
            ("path", "*JSONSelection"),
            ("queryParams", "*JSONSelection"),
        ],
    ),
    (
        "SourceHTTP",
        &[
            ("baseURL", "String"),
            ("headers", "[*HTTPHeaderMapping!]"),
            ("path", "*JSONSelection"),
            ("queryParams", "*JSONSelection"),
        ],
    ),
    (
        "HTTPHeaderMapping",
        &[("name", "String"), ("from", "String"), ("value", "String")],
    ),
    ("ConnectBatch", &[("maxSize", "Int")]),
    (
        "ConnectorErrors",
        &[
            ("message", "*JSONSelection"),
            ("extensions", "*JSONSelection"),
        ],
    ),
];
