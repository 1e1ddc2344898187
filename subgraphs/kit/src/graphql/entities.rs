//! Answers `_entities` one representation at a time, as federation asks.
//!
//! async-graphql resolves representations together, gives all of them the same error path, and
//! fails the whole list when one of them fails. A router asks for the entities of many users'
//! requests in one list, so here each representation stands alone: it gets its own index in
//! the path, and one that is unknown or fails is null with an error of its own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Any, ContainerType, Context, ContextSelectionSet, ErrorExtensionValues, ObjectType, OutputType,
    Pos, Positioned, ServerError, ServerResult, Value,
};

use super::completion::Wreckage;
use crate::errors::Code;

/// Wraps a query root so that each representation is answered by itself.
#[derive(Clone, Copy, Debug)]
pub struct Entities<Query>(pub Query);

/// Which index each representation has, per `_entities` field of one request.
///
/// async-graphql hands out representations without saying which one it is. Equal ones have
/// equal answers, so it is enough that each index is given out once.
#[derive(Debug, Default)]
pub struct Positions(Mutex<HashMap<Pos, Waiting>>);

/// The indexes of equal representations, by their text; the next one to give out is the last.
type Waiting = HashMap<String, Vec<usize>>;

impl Positions {
    fn next(&self, ctx: &Context<'_>, representation: &Value) -> ServerResult<Option<usize>> {
        let mut fields = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = match fields.entry(ctx.item.pos) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let (_, all) = ctx.param_value::<Vec<Any>>("representations", None)?;
                let mut waiting = Waiting::new();
                for (index, one) in all.iter().enumerate().rev() {
                    waiting.entry(one.0.to_string()).or_default().push(index);
                }
                new.insert(waiting)
            }
        };
        // None is left when one fragment with `_entities` is spread twice; the answers are
        // merged then, and the first ones have the index.
        Ok(waiting
            .get_mut(&representation.to_string())
            .and_then(Vec::pop))
    }
}

impl<Query: ObjectType> Entities<Query> {
    /// Finds one entity; a failure is reported where it belongs, and the answer is null.
    async fn find_one(&self, ctx: &Context<'_>, representation: &Value) -> Value {
        match self.0.find_entity(ctx, representation).await {
            Ok(Some(entity)) => {
                let broken = match (&ctx.path_node, ctx.data_opt::<Wreckage>()) {
                    (Some(path), Some(wreckage)) => wreckage.take(path),
                    _ => false,
                };
                if broken { Value::Null } else { entity }
            }
            Ok(None) => {
                let mut error = ServerError::new(explain(ctx, representation), Some(ctx.item.pos));
                let mut extensions = ErrorExtensionValues::default();
                extensions.set("code", Code::BadUserInput.as_str());
                error.extensions = Some(extensions);
                ctx.add_error(ctx.set_error_path(error));
                Value::Null
            }
            Err(error) => {
                let error = if error.path.is_empty() {
                    ctx.set_error_path(error)
                } else {
                    error
                };
                ctx.add_error(error);
                Value::Null
            }
        }
    }
}

/// Says why no resolver took a representation.
fn explain(ctx: &Context<'_>, representation: &Value) -> String {
    let Value::Object(fields) = representation else {
        return "A representation must be an object with `__typename` and a key".to_owned();
    };
    let Some(Value::String(type_name)) = fields.get("__typename") else {
        return "A representation must have a `__typename`".to_owned();
    };
    let keys = ctx
        .schema_env
        .registry
        .types
        .get(type_name)
        .and_then(|it| match it {
            async_graphql::registry::MetaType::Object { keys, .. } => keys.as_ref(),
            _ => None,
        });
    match keys {
        Some(keys) => format!(
            "A representation of `{type_name}` must have its key, of the right type: {}",
            keys.join(", or "),
        ),
        None => format!("`{type_name}` is not an entity of this service"),
    }
}

impl<Query: ObjectType> ContainerType for Entities<Query> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.resolve_field(ctx).await
    }

    async fn find_entity(
        &self,
        ctx: &Context<'_>,
        representation: &Value,
    ) -> ServerResult<Option<Value>> {
        let index = match ctx.data_opt::<Positions>() {
            Some(positions) => positions.next(ctx, representation)?,
            None => None,
        };
        let entity = match index {
            Some(index) => self.find_one(&ctx.with_index(index), representation).await,
            None => self.find_one(ctx, representation).await,
        };
        Ok(Some(entity))
    }
}

impl<Query: ObjectType> OutputType for Entities<Query> {
    fn type_name() -> Cow<'static, str> {
        Query::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Query::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<Query: ObjectType> ObjectType for Entities<Query> {}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, ID, Object, Request, SimpleObject, Variables};
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::super::build;
    use crate::config::RequestArgs;
    use crate::{Failure, Result};

    struct Thing(String);

    #[Object]
    impl Thing {
        async fn id(&self) -> ID {
            ID(self.0.clone())
        }
        async fn name(&self) -> Result<String> {
            match self.0.as_str() {
                "nameless" => Err(Failure::not_found("it has no name")),
                id => Ok(id.to_uppercase()),
            }
        }
    }

    #[derive(SimpleObject)]
    struct NoEntity {
        ok: bool,
    }

    struct Query;

    #[Object]
    impl Query {
        async fn no_entity(&self) -> NoEntity {
            NoEntity { ok: true }
        }
        #[graphql(entity)]
        async fn thing_by_id(&self, id: ID) -> Result<Option<Thing>> {
            match id.as_str() {
                "missing" => Ok(None),
                "cursed" => Err(Failure::forbidden("do not touch")),
                id => Ok(Some(Thing(id.to_owned()))),
            }
        }
    }

    async fn check(representations: serde_json::Value, expected: Expect) {
        let schema = build(Query, EmptyMutation, &RequestArgs::default()).finish();
        let request = Request::new(
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { name } } }",
        )
        .variables(Variables::from_json(json!({ "r": representations })));
        let response = schema.execute(request).await;
        let mut lines: Vec<_> = response
            .errors
            .iter()
            .map(|error| {
                let path = serde_json::to_string(&error.path).expect("a path is JSON");
                format!("{path} {}", error.message)
            })
            .collect();
        lines.sort();
        lines.insert(
            0,
            response
                .data
                .into_json()
                .expect("data are JSON")
                .to_string(),
        );
        expected.assert_eq(&lines.join("\n"));
    }

    fn thing(id: &str) -> serde_json::Value {
        json!({ "__typename": "Thing", "id": id })
    }

    #[tokio::test]
    async fn an_entity_that_is_missing_is_null_without_an_error() {
        check(
            json!([thing("a"), thing("missing"), thing("b")]),
            expect![[r#"{"_entities":[{"name":"A"},null,{"name":"B"}]}"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_representation_that_fails_costs_only_itself() {
        check(
            json!([thing("a"), thing("cursed"), thing("nameless"), thing("b")]),
            expect![[r#"
                {"_entities":[{"name":"A"},null,null,{"name":"B"}]}
                ["_entities",1] do not touch
                ["_entities",2,"name"] it has no name"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_no_representation_is_told_so_one_by_one() {
        check(
            json!([
                thing("a"),
                7,
                { "id": "a" },
                { "__typename": "Thing" },
                { "__typename": "Thing", "id": { "deep": true } },
                { "__typename": "NoEntity", "id": "a" },
                { "__typename": "Nothing", "id": "a" },
            ]),
            expect![[r#"
                {"_entities":[{"name":"A"},null,null,null,null,null,null]}
                ["_entities",1] A representation must be an object with `__typename` and a key
                ["_entities",2] "__typename" must be an existing string.
                ["_entities",3] A representation of `Thing` must have its key, of the right type: id
                ["_entities",4] A representation of `Thing` must have its key, of the right type: id
                ["_entities",5] `NoEntity` is not an entity of this service
                ["_entities",6] `Nothing` is not an entity of this service"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn equal_representations_have_an_index_each() {
        check(
            json!([thing("cursed"), thing("a"), thing("cursed"), thing("a")]),
            expect![[r#"
                {"_entities":[null,{"name":"A"},null,{"name":"A"}]}
                ["_entities",0] do not touch
                ["_entities",2] do not touch"#]],
        )
        .await;
    }
}
