//! Members of unions and implementations of interfaces.

use supergraph::TypeKind;

use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (old_ty, new_ty) in pair.types() {
        if let (TypeKind::Union(old), TypeKind::Union(new)) = (&old_ty.kind, &new_ty.kind) {
            let members = difference(old, new, |it| &it.name);
            for member in members.removed {
                let message = format!("`{}` is no member of the union any more", member.name);
                changes.add(Rule::UnionMemberRemoved, &*old_ty.name, message);
            }
            for member in members.added {
                let message = format!("`{}` became a member of the union", member.name);
                changes.add(Rule::UnionMemberAdded, &*old_ty.name, message);
            }
        }
    }
    for (ty, old, new) in pair.composites() {
        let interfaces = difference(&old.implements, &new.implements, |it| &it.interface);
        for removed in interfaces.removed {
            let message = format!("the type no longer implements `{}`", removed.interface);
            changes.add(Rule::InterfaceRemoved, &**ty, message);
        }
        for added in interfaces.added {
            // An interface that is new itself is known to nobody.
            if pair.old_api.type_named(&added.interface).is_some() {
                let message = format!("the type implements `{}` now", added.interface);
                changes.add(Rule::InterfaceAdded, &**ty, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    fn sdl(types: &str) -> String {
        format!(
            "type Query @join__type(graph: A) {{ a: U i: I }}
             interface I @join__type(graph: A) {{ a: Int }} {types}"
        )
    }

    #[test]
    fn members_of_a_union() {
        let types = |graph_a: &str| {
            sdl(&format!(
                "union U @join__type(graph: A) {graph_a}
                 type X @join__type(graph: A) {{ a: Int }} type Y @join__type(graph: A) {{ a: Int }} type Z @join__type(graph: A) {{ a: Int }}"
            ))
        };
        let member = |name: &str| format!("@join__unionMember(graph: A, member: \"{name}\")");
        check(
            &types(&format!("{} {} = X | Y", member("X"), member("Y"))),
            &types(&format!("{} {} = Y | Z", member("Y"), member("Z"))),
            &expect![[r#"
                breaking UNION_MEMBER_REMOVED U: `X` is no member of the union any more
                dangerous UNION_MEMBER_ADDED U: `Z` became a member of the union"#]],
        );
    }

    #[test]
    fn implementations_of_an_interface() {
        let implements = "implements I @join__implements(graph: A, interface: \"I\")";
        let types = |x: &str, y: &str| {
            sdl(&format!(
                "union U @join__type(graph: A) @join__unionMember(graph: A, member: \"X\") = X
                 type X {x} @join__type(graph: A) {{ a: Int }} type Y {y} @join__type(graph: A) {{ a: Int }}"
            ))
        };
        check(
            &types(implements, ""),
            &types("", implements),
            &expect![[r#"
                breaking INTERFACE_REMOVED X: the type no longer implements `I`
                dangerous INTERFACE_ADDED Y: the type implements `I` now"#]],
        );
    }
}
