//! What can be worked out before the first request: names become numbers and bytes.

pub(crate) mod as_it_stands;
pub(crate) mod contexts;
pub(crate) mod fetches;
pub(crate) mod positions;
pub(crate) mod read;
pub(crate) mod representations;
pub(crate) mod request;
pub(crate) mod types;
pub(crate) mod write;

use schema::Type;

/// Where null may stand in a value of this type: the value itself, then the items of its list,
/// and so on inwards. One entry more than there are lists.
pub(crate) fn nullability(ty: &Type) -> Box<[bool]> {
    let mut levels = Vec::new();
    let mut next = Some(ty);
    while let Some(ty) = next {
        levels.push(!ty.is_non_null());
        next = ty.list_item();
    }
    levels.into()
}

#[test]
fn nullability_is_listed_from_the_outside_in() {
    let item = Type::NonNull(Box::new(Type::Named("Track".into())));
    let ty = Type::List(Box::new(item));
    assert_eq!(*nullability(&ty), [true, false]);
}
