//! The stable codes of problems, and their levels.

use std::fmt;

/// How bad a problem is. The worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is composed until it is fixed.
    Error,
    /// Something is lost or surprising.
    Warn,
    /// Worth knowing.
    Info,
    /// Only of interest when looking closely.
    Debug,
}

impl Level {
    /// The level's name in capital letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares the codes in one table: variant, text, level as a hint (`Error` for codes that are
/// always errors), and what it means.
macro_rules! codes {
    ($($variant:ident = $text:literal, $level:ident, $summary:literal;)*) => {
        /// What kind of problem it is. Codes are stable: tools match on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as people and tools see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it means, in one clause.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// The level of hints with this code.
            pub fn hint_level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)* }
            }
        }
    };
}

codes! {
    InvalidGraphql = "INVALID_GRAPHQL", Error, "the schema breaks a rule of the GraphQL specification";
    DirectiveDefinitionInvalid = "DIRECTIVE_DEFINITION_INVALID", Error, "a federation directive is redefined in a way that does not fit its specification";
    TypeDefinitionInvalid = "TYPE_DEFINITION_INVALID", Error, "a federation type is redefined in a way that does not fit its specification";
    UnsupportedLinkedFeature = "UNSUPPORTED_LINKED_FEATURE", Error, "the supergraph links a specification that must be understood and is not";
    UnknownFederationLinkVersion = "UNKNOWN_FEDERATION_LINK_VERSION", Error, "the linked version of the federation specification does not exist";
    UnknownLinkVersion = "UNKNOWN_LINK_VERSION", Error, "the linked version of the link specification does not exist";
    InvalidLinkDirectiveUsage = "INVALID_LINK_DIRECTIVE_USAGE", Error, "`@link` has arguments or imports that do not make sense";
    InvalidLinkIdentifier = "INVALID_LINK_IDENTIFIER", Error, "the URL or version in a `@link` is malformed";
    LinkImportNameMismatch = "LINK_IMPORT_NAME_MISMATCH", Error, "subgraphs know the same composed directive by different names";
    InvalidSubgraphName = "INVALID_SUBGRAPH_NAME", Error, "the subgraph's name cannot be used";
    UnsupportedFeature = "UNSUPPORTED_FEATURE", Error, "the schema uses something this composition does not do";
    RootQueryUsed = "ROOT_QUERY_USED", Error, "a type that is not the query root is called `Query`";
    RootMutationUsed = "ROOT_MUTATION_USED", Error, "a type that is not the mutation root is called `Mutation`";
    RootSubscriptionUsed = "ROOT_SUBSCRIPTION_USED", Error, "a type that is not the subscription root is called `Subscription`";
    KeyInvalidFieldsType = "KEY_INVALID_FIELDS_TYPE", Error, "the `fields` of a `@key` is no string";
    RequiresInvalidFieldsType = "REQUIRES_INVALID_FIELDS_TYPE", Error, "the `fields` of a `@requires` is no string";
    ProvidesInvalidFieldsType = "PROVIDES_INVALID_FIELDS_TYPE", Error, "the `fields` of a `@provides` is no string";
    KeyInvalidFields = "KEY_INVALID_FIELDS", Error, "the `fields` of a `@key` is no valid selection";
    RequiresInvalidFields = "REQUIRES_INVALID_FIELDS", Error, "the `fields` of a `@requires` is no valid selection";
    ProvidesInvalidFields = "PROVIDES_INVALID_FIELDS", Error, "the `fields` of a `@provides` is no valid selection";
    KeyDirectiveInFieldsArg = "KEY_DIRECTIVE_IN_FIELDS_ARG", Error, "the `fields` of a `@key` applies a directive";
    RequiresDirectiveInFieldsArg = "REQUIRES_DIRECTIVE_IN_FIELDS_ARG", Error, "the `fields` of a `@requires` applies a directive";
    ProvidesDirectiveInFieldsArg = "PROVIDES_DIRECTIVE_IN_FIELDS_ARG", Error, "the `fields` of a `@provides` applies a directive";
    KeyFieldsHasArgs = "KEY_FIELDS_HAS_ARGS", Error, "a field selected by a `@key` takes arguments";
    ProvidesFieldsHasArgs = "PROVIDES_FIELDS_HAS_ARGS", Error, "a field selected by a `@provides` takes arguments";
    RequiresFieldsMissingExternal = "REQUIRES_FIELDS_MISSING_EXTERNAL", Error, "a leaf of a `@requires` is not `@external`";
    ProvidesFieldsMissingExternal = "PROVIDES_FIELDS_MISSING_EXTERNAL", Error, "a leaf of a `@provides` is not `@external`";
    KeyUnsupportedOnInterface = "KEY_UNSUPPORTED_ON_INTERFACE", Error, "`@key` stands on an interface, which this federation version does not allow";
    RequiresUnsupportedOnInterface = "REQUIRES_UNSUPPORTED_ON_INTERFACE", Error, "`@requires` stands on a field of an interface";
    ProvidesUnsupportedOnInterface = "PROVIDES_UNSUPPORTED_ON_INTERFACE", Error, "`@provides` stands on a field of an interface";
    KeyFieldsSelectInvalidType = "KEY_FIELDS_SELECT_INVALID_TYPE", Error, "a `@key` selects a list, union or interface";
    ProvidesOnNonObjectField = "PROVIDES_ON_NON_OBJECT_FIELD", Error, "`@provides` stands on a field that returns no object";
    ExternalUnused = "EXTERNAL_UNUSED", Error, "an `@external` field is used by nothing";
    TypeWithOnlyUnusedExternal = "TYPE_WITH_ONLY_UNUSED_EXTERNAL", Error, "all fields of a type are `@external` and unused";
    ExternalOnInterface = "EXTERNAL_ON_INTERFACE", Error, "a field of an interface is `@external`";
    ExternalMissingOnBase = "EXTERNAL_MISSING_ON_BASE", Error, "a field is `@external` in every subgraph that has it";
    ExternalTypeMismatch = "EXTERNAL_TYPE_MISMATCH", Error, "an `@external` field has another type than where it is defined";
    ExternalArgumentMissing = "EXTERNAL_ARGUMENT_MISSING", Error, "an `@external` field lacks an argument of its definition";
    ExternalArgumentTypeMismatch = "EXTERNAL_ARGUMENT_TYPE_MISMATCH", Error, "an argument of an `@external` field has another type than where it is defined";
    ExternalArgumentDefaultMismatch = "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", Error, "an argument of an `@external` field has another default than where it is defined";
    ExternalCollisionWithAnotherDirective = "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE", Error, "`@external` stands together with a directive that contradicts it";
    MergedDirectiveApplicationOnExternal = "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", Error, "a directive that would be merged stands on an `@external` field";
    TypeKindMismatch = "TYPE_KIND_MISMATCH", Error, "subgraphs disagree on what kind of type it is";
    ExtensionWithNoBase = "EXTENSION_WITH_NO_BASE", Error, "a type is extended and defined nowhere";
    FieldTypeMismatch = "FIELD_TYPE_MISMATCH", Error, "subgraphs disagree on the type of a field";
    FieldArgumentTypeMismatch = "FIELD_ARGUMENT_TYPE_MISMATCH", Error, "subgraphs disagree on the type of an argument";
    FieldArgumentDefaultMismatch = "FIELD_ARGUMENT_DEFAULT_MISMATCH", Error, "subgraphs disagree on the default of an argument";
    InputFieldDefaultMismatch = "INPUT_FIELD_DEFAULT_MISMATCH", Error, "subgraphs disagree on the default of an input field";
    RequiredArgumentMissingInSomeSubgraph = "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", Error, "an argument is required in one subgraph and absent in another";
    RequiredInputFieldMissingInSomeSubgraph = "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", Error, "an input field is required in one subgraph and absent in another";
    EmptyMergedInputType = "EMPTY_MERGED_INPUT_TYPE", Error, "no input field is common to all subgraphs";
    EmptyMergedEnumType = "EMPTY_MERGED_ENUM_TYPE", Error, "no enum value is common to all subgraphs";
    EnumValueMismatch = "ENUM_VALUE_MISMATCH", Error, "an enum used as input and output has different values in different subgraphs";
    InvalidFieldSharing = "INVALID_FIELD_SHARING", Error, "several subgraphs resolve a field and not all say `@shareable`";
    InvalidShareableUsage = "INVALID_SHAREABLE_USAGE", Error, "`@shareable` stands where it means nothing";
    NoQueries = "NO_QUERIES", Error, "no subgraph has a query";
    InterfaceFieldNoImplem = "INTERFACE_FIELD_NO_IMPLEM", Error, "a type lacks a field of an interface that it implements";
    DirectiveCompositionError = "DIRECTIVE_COMPOSITION_ERROR", Error, "`@composeDirective` is used wrongly";
    OverrideFromSelfError = "OVERRIDE_FROM_SELF_ERROR", Error, "a field overrides itself";
    OverrideSourceHasOverride = "OVERRIDE_SOURCE_HAS_OVERRIDE", Error, "a field overrides one that overrides another";
    OverrideCollisionWithAnotherDirective = "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", Error, "`@override` meets a directive that contradicts it";
    OverrideOnInterface = "OVERRIDE_ON_INTERFACE", Error, "`@override` stands on a field of an interface";
    OverrideLabelInvalid = "OVERRIDE_LABEL_INVALID", Error, "the label of an `@override` is malformed";
    InterfaceObjectUsageError = "INTERFACE_OBJECT_USAGE_ERROR", Error, "`@interfaceObject` is used wrongly";
    InterfaceKeyNotOnImplementation = "INTERFACE_KEY_NOT_ON_IMPLEMENTATION", Error, "an implementation lacks the `@key` of its interface";
    InterfaceKeyMissingImplementationType = "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", Error, "a subgraph resolves an interface by key and does not know all implementations";
    ReferencedInaccessible = "REFERENCED_INACCESSIBLE", Error, "something visible refers to something inaccessible";
    DefaultValueUsesInaccessible = "DEFAULT_VALUE_USES_INACCESSIBLE", Error, "a visible default value uses something inaccessible";
    QueryRootTypeInaccessible = "QUERY_ROOT_TYPE_INACCESSIBLE", Error, "the query root is inaccessible";
    RequiredInaccessible = "REQUIRED_INACCESSIBLE", Error, "something inaccessible is required";
    ImplementedByInaccessible = "IMPLEMENTED_BY_INACCESSIBLE", Error, "a field that an interface demands is inaccessible";
    DisallowedInaccessible = "DISALLOWED_INACCESSIBLE", Error, "`@inaccessible` stands on something that cannot be hidden";
    OnlyInaccessibleChildren = "ONLY_INACCESSIBLE_CHILDREN", Error, "a visible type has nothing visible in it";
    ContextNameInvalid = "CONTEXT_NAME_INVALID", Error, "the name of a context is malformed";
    ContextNotSet = "CONTEXT_NOT_SET", Error, "a context is read and never set";
    NoContextInSelection = "NO_CONTEXT_IN_SELECTION", Error, "a `@fromContext` names no context";
    ContextInvalidSelection = "CONTEXT_INVALID_SELECTION", Error, "the selection of a `@fromContext` is invalid";
    ContextNoResolvableKey = "CONTEXT_NO_RESOLVABLE_KEY", Error, "a type reads a context and has no resolvable key";
    ContextualArgumentNotContextualInAllSubgraphs = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", Info, "an argument comes from a context in some subgraphs only";
    CostAppliedToInterfaceField = "COST_APPLIED_TO_INTERFACE_FIELD", Error, "`@cost` stands on a field of an interface";
    ListSizeAppliedToNonList = "LIST_SIZE_APPLIED_TO_NON_LIST", Error, "`@listSize` stands on a field that is no list";
    ListSizeInvalidAssumedSize = "LIST_SIZE_INVALID_ASSUMED_SIZE", Error, "an assumed list size is negative";
    ListSizeInvalidSlicingArgument = "LIST_SIZE_INVALID_SLICING_ARGUMENT", Error, "a slicing argument is absent or no integer";
    ListSizeInvalidSizedField = "LIST_SIZE_INVALID_SIZED_FIELD", Error, "a sized field is absent or no list";
    AuthRequirementsAppliedOnInterface = "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", Error, "an access requirement stands on an interface";
    MissingTransitiveAuthRequirements = "MISSING_TRANSITIVE_AUTH_REQUIREMENTS", Error, "a field requires data that need more access than the field itself";
    SatisfiabilityError = "SATISFIABILITY_ERROR", Error, "a query of the API cannot be answered by the subgraphs";
    ShareableHasMismatchedRuntimeTypes = "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", Error, "subgraphs share a field and can never return the same type";
    MaxValidationSubgraphPathsExceeded = "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED", Error, "the graph has more ways through it than can be checked";
    InvalidFederationSupergraph = "INVALID_FEDERATION_SUPERGRAPH", Error, "the text is no supergraph";
    InvalidTagName = "INVALID_TAG_NAME", Warn, "the name of a tag is malformed";
    InconsistentInputObjectField = "INCONSISTENT_INPUT_OBJECT_FIELD", Warn, "an input field is dropped because some subgraphs lack it";
    InconsistentEnumValueForInputEnum = "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", Warn, "an enum value is dropped because some subgraphs lack it";
    InconsistentArgumentPresence = "INCONSISTENT_ARGUMENT_PRESENCE", Warn, "an argument is dropped because some subgraphs lack it";
    InconsistentDefaultValuePresence = "INCONSISTENT_DEFAULT_VALUE_PRESENCE", Warn, "a default is dropped because some subgraphs lack it";
    InconsistentDescription = "INCONSISTENT_DESCRIPTION", Warn, "subgraphs describe the same thing differently";
    InconsistentExecutableDirectivePresence = "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", Warn, "an executable directive is dropped because some subgraphs lack it";
    InconsistentExecutableDirectiveRepeatable = "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", Warn, "an executable directive is repeatable in some subgraphs only";
    InconsistentExecutableDirectiveLocations = "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", Warn, "an executable directive has different locations in different subgraphs";
    NoExecutableDirectiveIntersection = "NO_EXECUTABLE_DIRECTIVE_INTERSECTION", Warn, "an executable directive is dropped because no location is common to all subgraphs";
    InconsistentNonRepeatableDirectiveArguments = "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", Warn, "subgraphs apply a directive with different arguments";
    FromSubgraphDoesNotExist = "FROM_SUBGRAPH_DOES_NOT_EXIST", Warn, "an `@override` names a subgraph that does not exist";
    DirectiveCompositionWarn = "DIRECTIVE_COMPOSITION_WARN", Warn, "a composed directive has something odd";
    InconsistentRuntimeTypesForShareableReturn = "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", Warn, "subgraphs share a field and can return different types";
    InconsistentButCompatibleFieldType = "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", Info, "a field has different, compatible types in different subgraphs";
    InconsistentButCompatibleArgumentType = "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE", Info, "an argument has different, compatible types in different subgraphs";
    InconsistentEntity = "INCONSISTENT_ENTITY", Info, "a type has a `@key` in some subgraphs only";
    OverriddenFieldCanBeRemoved = "OVERRIDDEN_FIELD_CAN_BE_REMOVED", Info, "a field is overridden and can be removed";
    OverrideDirectiveCanBeRemoved = "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", Info, "an `@override` has nothing left to override";
    OverrideMigrationInProgress = "OVERRIDE_MIGRATION_IN_PROGRESS", Info, "a field is being migrated by a labelled `@override`";
    MergedNonRepeatableDirectiveArguments = "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", Info, "the arguments of a directive are combined";
    DirectiveCompositionInfo = "DIRECTIVE_COMPOSITION_INFO", Info, "`@composeDirective` names a directive that is composed anyway";
    ImplicitlyUpgradedFederationVersion = "IMPLICITLY_UPGRADED_FEDERATION_VERSION", Info, "a subgraph uses something newer than the federation version it links";
    FederationOneUpgraded = "FEDERATION_ONE_UPGRADED", Info, "a Federation 1 schema was upgraded";
    InconsistentObjectValueTypeField = "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", Debug, "a field of an object type exists in some subgraphs only";
    InconsistentInterfaceValueTypeField = "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", Debug, "a field of an interface exists in some subgraphs only";
    InconsistentUnionMember = "INCONSISTENT_UNION_MEMBER", Debug, "a member of a union exists in some subgraphs only";
    InconsistentEnumValueForOutputEnum = "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", Debug, "a value of an enum exists in some subgraphs only";
    UnusedEnumType = "UNUSED_ENUM_TYPE", Debug, "an enum is used nowhere";
    InconsistentTypeSystemDirectiveRepeatable = "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE", Debug, "a type-system directive is repeatable in some subgraphs only";
    InconsistentTypeSystemDirectiveLocations = "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS", Debug, "a type-system directive has different locations in different subgraphs";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[test]
fn no_two_codes_have_the_same_text() {
    let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Code::ALL.len());
}
