//! `ROOT_QUERY_USED`, `ROOT_MUTATION_USED`, `ROOT_SUBSCRIPTION_USED`: root types are merged by their
//! usual names, so those with other names are renamed, as long as the name is free.

use apollo_compiler::ast::OperationType;
use diagnostics::{Code, Problems};
use schema::{Name, Type};

use crate::build::Definitions;

/// The fields of the query root that the federation machinery adds.
const MACHINERY_FIELDS: [&str; 2] = ["_entities", "_service"];

/// Renames the root types to `Query`, `Mutation` and `Subscription`, wherever they are mentioned,
/// and drops what only routers ask.
pub(crate) fn rename(definitions: &mut Definitions, problems: &mut Problems) {
    let roots = std::mem::take(&mut definitions.roots);
    for (operation, root) in &roots {
        let (usual, code) = match operation {
            OperationType::Query => ("Query", Code::RootQueryUsed),
            OperationType::Mutation => ("Mutation", Code::RootMutationUsed),
            OperationType::Subscription => ("Subscription", Code::RootSubscriptionUsed),
        };
        if root.name == usual {
            continue;
        }
        if let Some(other) = definitions.types.get(usual) {
            problems
                .error(
                    code,
                    usual,
                    format!(
                        "`{usual}` is not the {} root here: `{}` is.",
                        usual.to_lowercase(),
                        root.name
                    ),
                )
                .point_at(
                    other.span(),
                    format!("give this type another name than `{usual}`"),
                )
                .also_see(&root.span, "the root is set here");
            continue;
        }
        rename_type(definitions, &root.name, &Name::new(usual));
    }
    if let Some(query) = definitions.types.get_mut("Query") {
        query
            .fields
            .retain(|name, _| !MACHINERY_FIELDS.contains(&name.as_str()));
    }
}

fn rename_type(definitions: &mut Definitions, from: &Name, to: &Name) {
    let Some(index) = definitions.types.get_index_of(from) else {
        return;
    };
    let types = std::mem::take(&mut definitions.types);
    definitions.types = types
        .into_iter()
        .enumerate()
        .map(|(position, (name, mut ty))| {
            let name = if position == index { to.clone() } else { name };
            ty.name = name.clone();
            for field in ty.fields.values_mut() {
                rename_in(&mut field.ty, from, to);
            }
            for member in &mut ty.members {
                if member.name == *from {
                    member.name = to.clone();
                }
            }
            (name, ty)
        })
        .collect();
}

fn rename_in(ty: &mut Type, from: &Name, to: &Name) {
    match ty {
        Type::Named(name) if name == from => *name = to.clone(),
        Type::Named(_) => {}
        Type::List(of) | Type::NonNull(of) => rename_in(of, from, to),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_usual_root_name_is_reserved_for_the_root() {
        check(
            "schema { query: Q mutation: M } type Q { a: Int } type M { b: Int } type Mutation { c: Int }",
            &expect![[r#"
                ROOT_MUTATION_USED Mutation: `Mutation` is not the mutation root here: `M` is.
                  --> s:1:74 give this type another name than `Mutation`
                  see s:1:29 the root is set here
            "#]],
        );
    }
}

#[test]
fn roots_get_their_usual_names_everywhere() {
    let sdl =
        "schema { query: Q } type Q { self: Q! _service: S } type S { sdl: String } union U = Q";
    let subgraph = crate::Subgraph::parse("s", "", sdl).unwrap();
    let query = subgraph.type_named("Query").unwrap();
    assert_eq!(query.fields["self"].ty.to_string(), "Query!");
    assert!(!query.fields.contains_key("_service"));
    assert_eq!(subgraph.types["U"].members[0].name, "Query");
}
