//! A type reference: a named type inside any number of lists and non-null marks.

use std::fmt;

use crate::Name;

/// A type reference (GraphQL specification, section 2.11).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `T`: nullable.
    Named(Name),
    /// `[T]`: nullable.
    List(Box<Type>),
    /// `T!`. Never directly inside another `NonNull`.
    NonNull(Box<Type>),
}

impl Type {
    /// The name at the core, without lists and non-null marks.
    pub fn inner_name(&self) -> &Name {
        match self {
            Self::Named(name) => name,
            Self::List(of) | Self::NonNull(of) => of.inner_name(),
        }
    }

    /// Whether the outermost mark is `!`.
    pub fn is_non_null(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }

    /// The type without its outermost `!`, if it has one.
    pub fn nullable(&self) -> &Type {
        match self {
            Self::NonNull(of) => of,
            other => other,
        }
    }

    /// The item type when this is a list, nullable or not.
    pub fn list_item(&self) -> Option<&Type> {
        match self.nullable() {
            Self::List(item) => Some(item),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::List(of) => write!(f, "[{of}]"),
            Self::NonNull(of) => write!(f, "{of}!"),
        }
    }
}

#[test]
fn a_type_prints_as_it_is_written() {
    let ty = Type::NonNull(Box::new(Type::List(Box::new(Type::Named("Track".into())))));
    assert_eq!(ty.to_string(), "[Track]!");
    assert_eq!(ty.inner_name(), "Track");
    assert_eq!(
        ty.list_item().map(ToString::to_string),
        Some("Track".to_owned())
    );
}
