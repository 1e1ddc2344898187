//! The catalogue: every kind of change with its name and its level.
//!
//! Levels are those of graphql-js and graphql-inspector where they know the change. A rule has one
//! level: where a difference may be safe or not, there are two rules.

use std::fmt;

use crate::Level;

/// Declares the rules: variant, name, level, and why it has that level.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal, $level:ident;)+) => {
        /// A kind of change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name, as it stands in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// How grave a change of this kind is.
            pub fn level(self) -> Level {
                match self {
                    $(Self::$variant => Level::$level,)+
                }
            }

            /// Why it has this level, for those who ask.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc, " "),+).trim_ascii(),)+
                }
            }
        }
    };
}

rules! {
    /// Operations that name the type are refused.
    TypeRemoved, "TYPE_REMOVED", Breaking;
    /// Nobody knows the type yet.
    TypeAdded, "TYPE_ADDED", Safe;
    /// What is written about a type of one kind is refused for another.
    TypeKindChanged, "TYPE_KIND_CHANGED", Breaking;
    /// Descriptions are for people.
    TypeDescriptionChanged, "TYPE_DESCRIPTION_CHANGED", Safe;
    /// Values may come to look different although the scalar keeps its name.
    SpecifiedByChanged, "SPECIFIED_BY_CHANGED", Dangerous;

    /// Operations that select the field are refused.
    FieldRemoved, "FIELD_REMOVED", Breaking;
    /// Nobody selects the field yet.
    FieldAdded, "FIELD_ADDED", Safe;
    /// Clients read the old type.
    FieldTypeChanged, "FIELD_TYPE_CHANGED", Breaking;
    /// The new type promises more than the old one, so who reads the old one can read it.
    FieldTypeNarrowed, "FIELD_TYPE_NARROWED", Safe;
    /// Descriptions are for people.
    FieldDescriptionChanged, "FIELD_DESCRIPTION_CHANGED", Safe;
    /// The field still works.
    FieldDeprecated, "FIELD_DEPRECATED", Safe;
    /// The field still works.
    FieldDeprecationRemoved, "FIELD_DEPRECATION_REMOVED", Safe;
    /// Reasons are for people.
    FieldDeprecationReasonChanged, "FIELD_DEPRECATION_REASON_CHANGED", Safe;

    /// Operations that give the argument are refused.
    FieldArgumentRemoved, "FIELD_ARGUMENT_REMOVED", Breaking;
    /// Operations do not give the argument yet.
    RequiredFieldArgumentAdded, "REQUIRED_FIELD_ARGUMENT_ADDED", Breaking;
    /// What the field gives without the argument may be different from before.
    OptionalFieldArgumentAdded, "OPTIONAL_FIELD_ARGUMENT_ADDED", Dangerous;
    /// Values that were accepted are refused.
    FieldArgumentTypeChanged, "FIELD_ARGUMENT_TYPE_CHANGED", Breaking;
    /// Everything that was accepted still is.
    FieldArgumentTypeWidened, "FIELD_ARGUMENT_TYPE_WIDENED", Safe;
    /// Operations that leave the argument out are refused.
    FieldArgumentBecameRequired, "FIELD_ARGUMENT_BECAME_REQUIRED", Breaking;
    /// Operations that leave the argument out mean something else than before.
    FieldArgumentDefaultChanged, "FIELD_ARGUMENT_DEFAULT_CHANGED", Dangerous;
    /// Descriptions are for people.
    FieldArgumentDescriptionChanged, "FIELD_ARGUMENT_DESCRIPTION_CHANGED", Safe;

    /// Values that give the field are refused.
    InputFieldRemoved, "INPUT_FIELD_REMOVED", Breaking;
    /// Values do not give the field yet.
    RequiredInputFieldAdded, "REQUIRED_INPUT_FIELD_ADDED", Breaking;
    /// Values without the field mean what they meant.
    OptionalInputFieldAdded, "OPTIONAL_INPUT_FIELD_ADDED", Safe;
    /// Values without the field now mean the default.
    InputFieldWithDefaultAdded, "INPUT_FIELD_WITH_DEFAULT_ADDED", Dangerous;
    /// Values that were accepted are refused.
    InputFieldTypeChanged, "INPUT_FIELD_TYPE_CHANGED", Breaking;
    /// Everything that was accepted still is.
    InputFieldTypeWidened, "INPUT_FIELD_TYPE_WIDENED", Safe;
    /// Values that leave the field out are refused.
    InputFieldBecameRequired, "INPUT_FIELD_BECAME_REQUIRED", Breaking;
    /// Values that leave the field out mean something else than before.
    InputFieldDefaultChanged, "INPUT_FIELD_DEFAULT_CHANGED", Dangerous;
    /// Descriptions are for people.
    InputFieldDescriptionChanged, "INPUT_FIELD_DESCRIPTION_CHANGED", Safe;
    /// Values with several fields, or with null, are refused.
    OneOfAdded, "ONE_OF_ADDED", Breaking;
    /// Everything that was accepted still is.
    OneOfRemoved, "ONE_OF_REMOVED", Safe;

    /// Operations that give the value are refused.
    EnumValueRemoved, "ENUM_VALUE_REMOVED", Breaking;
    /// Clients that tell values apart meet one that they do not know.
    EnumValueAdded, "ENUM_VALUE_ADDED", Dangerous;
    /// Descriptions are for people.
    EnumValueDescriptionChanged, "ENUM_VALUE_DESCRIPTION_CHANGED", Safe;
    /// The value still works.
    EnumValueDeprecated, "ENUM_VALUE_DEPRECATED", Safe;
    /// The value still works.
    EnumValueDeprecationRemoved, "ENUM_VALUE_DEPRECATION_REMOVED", Safe;
    /// Reasons are for people.
    EnumValueDeprecationReasonChanged, "ENUM_VALUE_DEPRECATION_REASON_CHANGED", Safe;

    /// Fragments on the member are refused where the union stands.
    UnionMemberRemoved, "UNION_MEMBER_REMOVED", Breaking;
    /// Clients that tell members apart meet one that they do not know.
    UnionMemberAdded, "UNION_MEMBER_ADDED", Dangerous;
    /// Fragments on the type are refused where the interface stands.
    InterfaceRemoved, "INTERFACE_REMOVED", Breaking;
    /// Clients that tell implementations apart meet one that they do not know.
    InterfaceAdded, "INTERFACE_ADDED", Dangerous;

    /// Operations that apply the directive are refused.
    DirectiveRemoved, "DIRECTIVE_REMOVED", Breaking;
    /// Nobody applies the directive yet.
    DirectiveAdded, "DIRECTIVE_ADDED", Safe;
    /// Operations that apply the directive there are refused.
    DirectiveLocationRemoved, "DIRECTIVE_LOCATION_REMOVED", Breaking;
    /// Nobody applies the directive there yet.
    DirectiveLocationAdded, "DIRECTIVE_LOCATION_ADDED", Safe;
    /// Operations that give the argument are refused.
    DirectiveArgumentRemoved, "DIRECTIVE_ARGUMENT_REMOVED", Breaking;
    /// Operations do not give the argument yet.
    RequiredDirectiveArgumentAdded, "REQUIRED_DIRECTIVE_ARGUMENT_ADDED", Breaking;
    /// Applications without the argument stay valid.
    OptionalDirectiveArgumentAdded, "OPTIONAL_DIRECTIVE_ARGUMENT_ADDED", Safe;
    /// Values that were accepted are refused.
    DirectiveArgumentTypeChanged, "DIRECTIVE_ARGUMENT_TYPE_CHANGED", Breaking;
    /// Everything that was accepted still is.
    DirectiveArgumentTypeWidened, "DIRECTIVE_ARGUMENT_TYPE_WIDENED", Safe;
    /// Applications that leave the argument out are refused.
    DirectiveArgumentBecameRequired, "DIRECTIVE_ARGUMENT_BECAME_REQUIRED", Breaking;
    /// Applications that leave the argument out mean something else than before.
    DirectiveArgumentDefaultChanged, "DIRECTIVE_ARGUMENT_DEFAULT_CHANGED", Dangerous;
    /// Operations that apply it twice at one place are refused, but few do.
    DirectiveRepeatableRemoved, "DIRECTIVE_REPEATABLE_REMOVED", Dangerous;
    /// Everything that was accepted still is.
    DirectiveRepeatableAdded, "DIRECTIVE_REPEATABLE_ADDED", Safe;

    /// What it contributed to the API and nobody else does is reported by itself.
    SubgraphRemoved, "SUBGRAPH_REMOVED", Dangerous;
    /// What it contributes to the API is reported by itself.
    SubgraphAdded, "SUBGRAPH_ADDED", Safe;
    /// Requests go to another place from one moment to the next.
    RoutingUrlChanged, "ROUTING_URL_CHANGED", Dangerous;
    /// Every field can still be reached, but a router with the old graph still asks by this key.
    KeyRemoved, "KEY_REMOVED", Dangerous;
    /// One more way to reach the entity.
    KeyAdded, "KEY_ADDED", Safe;
    /// A router with the old graph still asks the subgraph for entities by this key.
    KeyNotResolvable, "KEY_NOT_RESOLVABLE", Dangerous;
    /// One more way to reach the entity.
    KeyResolvable, "KEY_RESOLVABLE", Safe;
    /// Which subgraph tells the concrete type of an object is different.
    InterfaceObjectChanged, "INTERFACE_OBJECT_CHANGED", Dangerous;
    /// The values come from other subgraphs than before, which have to agree with them.
    FieldMoved, "FIELD_MOVED", Dangerous;
    /// The others that resolve the field resolved it before.
    FieldSourceRemoved, "FIELD_SOURCE_REMOVED", Safe;
    /// Whether it resolves the field to the same values as the others is its promise.
    FieldSourceAdded, "FIELD_SOURCE_ADDED", Dangerous;
    /// For some or all requests the values come from another subgraph.
    OverrideChanged, "OVERRIDE_CHANGED", Dangerous;
    /// The subgraph is told other fields before it resolves this one.
    RequiresChanged, "REQUIRES_CHANGED", Dangerous;
    /// Only the number of requests can be different.
    ProvidesChanged, "PROVIDES_CHANGED", Safe;

    /// Clients that were let through are refused.
    AccessRestricted, "ACCESS_RESTRICTED", Breaking;
    /// Whom it is open to now is for people to judge.
    AccessChanged, "ACCESS_CHANGED", Dangerous;
    /// More clients than before can read it.
    AccessOpened, "ACCESS_OPENED", Dangerous;
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[test]
fn names_are_unique_and_explained() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert!(
            rule.as_str()
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        );
        assert!(rule.explanation().ends_with('.'), "{rule}");
    }
}
