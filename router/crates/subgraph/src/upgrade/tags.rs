//! Tags on external fields repeated those of the definition; only the definition's count.

use schema::Name;

use super::Upgrade;
use crate::model::Directives;
use crate::{FederationDirective, FieldDefinition};

impl Upgrade<'_> {
    /// Drops tags of external fields that another definition carries too.
    pub(super) fn drop_repeated_tags(&mut self) {
        let mut repeated: Vec<(Name, Name, Vec<String>)> = Vec::new();
        for ty in self.subgraph.types.values() {
            for field in ty.fields.values().filter(|it| it.marks.external) {
                let elsewhere: Vec<String> = self
                    .elsewhere(&ty.name)
                    .filter_map(|other| other.fields.get(&field.name))
                    .filter(|it| !it.directives.has(FederationDirective::External))
                    .flat_map(tags)
                    .collect();
                if tags(field).any(|tag| elsewhere.contains(&tag)) {
                    repeated.push((ty.name.clone(), field.name.clone(), elsewhere));
                }
            }
        }
        for (ty, field, elsewhere) in repeated {
            let field = self
                .subgraph
                .types
                .get_mut(&ty)
                .and_then(|ty| ty.fields.get_mut(&field));
            if let Some(field) = field {
                field.directives.retain(|it| {
                    let tag = it.argument("name").and_then(|it| it.as_str());
                    it.meaning != Some(FederationDirective::Tag)
                        || !tag.is_some_and(|tag| elsewhere.iter().any(|known| known == tag))
                });
            }
        }
    }
}

fn tags(field: &FieldDefinition) -> impl Iterator<Item = String> + '_ {
    field
        .directives
        .iter()
        .filter(|it| it.meaning == Some(FederationDirective::Tag))
        .filter_map(|it| Some(it.argument("name")?.as_str()?.to_owned()))
}
