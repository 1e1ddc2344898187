//! Makes every answer complete: a field that failed is null, and where null may not stand,
//! the nearest parent that may be null is (GraphQL specification, section 6.4.4).
//!
//! async-graphql leaves a failed field out of its object instead, also when it is non-null.
//! A router reads positions, not hopes, so this extension repairs the answer on its way up:
//! each field, when it is done, looks at what failed below it.
//!
//! ```text
//! users ─ edges ─ 0 ─ node ─ name   fails, and is `String!`
//!                      ▲ `User!`: may not be null, so the mark moves up
//!                 ▲ `UserEdge`: may be null, so it is, and the mark is gone
//! ```
//!
//! Errors that async-graphql raises itself get their code here too.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextPrepareRequest,
    NextResolve, NextValidation, ResolveInfo,
};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    QueryPathNode, QueryPathSegment, Request, Response, ServerError, ServerResult,
    ValidationResult, Value, Variables,
};

use super::entities::Positions;
use super::sdl;
use crate::errors::Code;

/// Installs the completion of answers in a schema.
#[derive(Clone, Copy, Debug)]
pub struct Completion;

/// What went wrong so far in one request, shared by its fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Wreckage(Arc<WreckageInner>);

#[derive(Debug, Default)]
struct WreckageInner {
    /// Set once anything failed, so that the usual request takes no lock.
    any: AtomicBool,
    /// Paths of values that may not stand, because something non-null in them failed.
    broken: Mutex<HashSet<Vec<String>>>,
    /// Paths of fields whose list has an item that may not stand.
    broken_items: Mutex<HashSet<Vec<String>>>,
    /// Errors of fields that were replaced by null.
    errors: Mutex<Vec<ServerError>>,
}

impl Wreckage {
    /// Notes that the value at `path` may not stand.
    fn mark(&self, path: Vec<String>) {
        lock(&self.0.broken).insert(path);
        self.0.any.store(true, Ordering::Release);
    }

    /// Whether the value at `path` may not stand; asking clears the mark.
    pub(super) fn take(&self, path: &QueryPathNode<'_>) -> bool {
        self.0.any.load(Ordering::Acquire) && lock(&self.0.broken).remove(&path.to_string_vec())
    }

    fn mark_item_of(&self, field: Vec<String>) {
        lock(&self.0.broken_items).insert(field);
        self.0.any.store(true, Ordering::Release);
    }

    fn take_items(&self, path: &QueryPathNode<'_>) -> bool {
        self.0.any.load(Ordering::Acquire)
            && lock(&self.0.broken_items).remove(&path.to_string_vec())
    }

    fn take_root(&self) -> bool {
        self.0.any.load(Ordering::Acquire) && lock(&self.0.broken).remove(&Vec::new())
    }

    fn add_error(&self, error: ServerError) {
        lock(&self.0.errors).push(error);
    }
}

impl ExtensionFactory for Completion {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Completion)
    }
}

#[async_trait]
impl Extension for Completion {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let request = request.data(Wreckage::default()).data(Positions::default());
        next.run(ctx, request).await
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let parsed = next.run(ctx, query, variables).await;
        parsed.map_err(|error| with_code(error, Code::GraphqlParseFailed))
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let coded = |error| with_code(error, Code::GraphqlValidationFailed);
        let validated = next.run(ctx).await;
        validated.map_err(|errors| errors.into_iter().map(coded).collect())
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        if let Some(wreckage) = ctx.data_opt::<Wreckage>() {
            if wreckage.take_root() {
                response.data = Value::Null;
            }
            response.errors.append(&mut lock(&wreckage.0.errors));
        }
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let Some(wreckage) = ctx.data_opt::<Wreckage>() else {
            return next.run(ctx, info).await;
        };
        let path = *info.path_node;
        if matches!(path.segment, QueryPathSegment::Index(_)) {
            return resolve_item(wreckage, &path, next.run(ctx, info).await);
        }
        let may_be_null = !info.return_type.ends_with('!');
        let items_may_be_null = !innermost(info.return_type).ends_with('!');
        let is_sdl = info.name == "sdl" && info.parent_type == "_Service";
        let resolved = next.run(ctx, info).await;
        let items_broken = wreckage.take_items(&path) && !items_may_be_null;
        let broken = wreckage.take(&path) || items_broken;
        match resolved {
            Err(error) if may_be_null => {
                wreckage.add_error(error);
                Ok(Some(Value::Null))
            }
            Err(error) => {
                wreckage.mark(parent_of(&path));
                Err(error)
            }
            Ok(_) if broken => {
                if !may_be_null {
                    wreckage.mark(parent_of(&path));
                }
                Ok(Some(Value::Null))
            }
            // A router may read the schema here or from where it was printed to.
            Ok(Some(Value::String(raw))) if is_sdl => Ok(Some(Value::String(sdl::tidy(&raw)))),
            Ok(value) => Ok(value),
        }
    }
}

/// An item of a list does not know whether it may be null (async-graphql reports all as
/// non-null), but its field does: the item becomes null, and the field decides.
fn resolve_item(
    wreckage: &Wreckage,
    path: &QueryPathNode<'_>,
    resolved: ServerResult<Option<Value>>,
) -> ServerResult<Option<Value>> {
    if !wreckage.take(path) {
        return resolved;
    }
    let mut field = path;
    while let (QueryPathSegment::Index(_), Some(parent)) = (&field.segment, field.parent) {
        field = parent;
    }
    wreckage.mark_item_of(field.to_string_vec());
    resolved.map(|_| Some(Value::Null))
}

/// The type of the items of a list, or the type itself: `User!` of `[User!]`.
fn innermost(type_name: &str) -> &str {
    let mut inner = type_name;
    while let Some((_, items)) = inner.split_once('[') {
        inner = items.rsplit_once(']').map_or(items, |(items, _)| items);
    }
    inner
}

fn parent_of(path: &QueryPathNode<'_>) -> Vec<String> {
    let mut names = path.to_string_vec();
    names.pop();
    names
}

fn with_code(mut error: ServerError, code: Code) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, Object};
    use expect_test::{Expect, expect};

    use super::super::build;
    use crate::config::RequestArgs;
    use crate::{Failure, Result};

    struct Node;

    #[Object]
    impl Node {
        async fn fine(&self) -> i32 {
            1
        }
        async fn maybe(&self) -> Result<Option<i32>> {
            Err(Failure::not_found("maybe"))
        }
        async fn must(&self) -> Result<i32> {
            Err(Failure::not_found("must"))
        }
        async fn child(&self) -> Node {
            Node
        }
        async fn may_have_child(&self) -> Option<Node> {
            Some(Node)
        }
        async fn children(&self) -> Option<Vec<Node>> {
            Some(vec![Node, Node])
        }
        async fn loose_children(&self) -> Vec<Option<Node>> {
            vec![Some(Node)]
        }
    }

    async fn check(query: &str, expected: Expect) {
        let schema = build(Node, EmptyMutation, &RequestArgs::default()).finish();
        let response = schema.execute(query).await;
        // Fields finish in any order, so the keys of an object are compared sorted.
        let mut data: serde_json::Value = response.data.into_json().expect("data are JSON");
        data.sort_all_objects();
        let mut lines = vec![data.to_string()];
        for error in &response.errors {
            let path = serde_json::to_string(&error.path).expect("a path is JSON");
            let code = error
                .extensions
                .as_ref()
                .and_then(|it| it.get("code"))
                .cloned();
            lines.push(format!(
                "{path} {} {}",
                code.unwrap_or_default(),
                error.message
            ));
        }
        lines.sort();
        expected.assert_eq(&lines.join("\n"));
    }

    #[tokio::test]
    async fn a_nullable_field_that_fails_is_null_and_its_siblings_stay() {
        check(
            "{ fine maybe }",
            expect![[r#"
                ["maybe"] "NOT_FOUND" maybe
                {"fine":1,"maybe":null}"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_non_null_field_that_fails_takes_its_parent_along() {
        check(
            "{ fine mayHaveChild { fine must } }",
            expect![[r#"
                ["mayHaveChild","must"] "NOT_FOUND" must
                {"fine":1,"mayHaveChild":null}"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn null_climbs_through_several_non_null_parents_up_to_the_root() {
        check(
            "{ fine child { child { must } } }",
            expect![[r#"
                ["child","child","must"] "NOT_FOUND" must
                null"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn null_climbs_through_a_list_whose_items_are_non_null() {
        check(
            "{ fine children { fine child { must } } }",
            expect![[r#"
                ["children",0,"child","must"] "NOT_FOUND" must
                ["children",1,"child","must"] "NOT_FOUND" must
                {"children":null,"fine":1}"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn null_stops_at_a_nullable_item_of_a_list() {
        check(
            "{ fine looseChildren { fine child { must } } }",
            expect![[r#"
                ["looseChildren",0,"child","must"] "NOT_FOUND" must
                {"fine":1,"looseChildren":[null]}"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn the_alias_of_a_failed_field_is_where_null_stands() {
        check(
            "{ other: maybe fine }",
            expect![[r#"
                ["other"] "NOT_FOUND" maybe
                {"fine":1,"other":null}"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn errors_before_execution_have_codes() {
        check(
            "{ fine",
            expect![[r#"
                [] "GRAPHQL_PARSE_FAILED"  --> 1:7
                  |
                1 | { fine
                  |       ^---
                  |
                  = expected selection_set, selection, directive, or arguments
                null"#]],
        )
        .await;
        check(
            "{ unheardOf }",
            expect![[r#"
                [] "GRAPHQL_VALIDATION_FAILED" Unknown field "unheardOf" on type "Node".
                null"#]],
        )
        .await;
    }
}
