//! A subgraph that answers from rows, by the parser's own reference execution.
//!
//! Rows are JSON: `{"Query": {…}, "Mutation": {…}, "User": [{…}, …]}`. A field's value is the row's
//! value of that name. An object value with only some fields of a row (its key, say) stands for
//! that row. Special values:
//!
//! - `{"error": "text"}` with nothing else: the field fails with that message;
//! - `{"by": {"arg": {"value": result, …}}}`: chosen by an argument's value;
//! - `{"sent": "price"}`: what the representation brought under that name, for `@requires`.
//!
//! Of the `Subscription` type there is a list of rows, one for each event.
//!
//! `{"down": true}` is a subgraph that cannot be reached, and `{"says": …}` one that answers
//! everything with that.
//!
//! Documents are validated first: what the planner sends must be valid in the subgraph.

use std::sync::Arc;

use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use executor::SendError;
use serde_json::{Map, Value, json};

/// A subgraph with what it holds.
pub(crate) struct CannedSubgraph {
    schema: Valid<Schema>,
    rows: Value,
}

/// An object of a canned subgraph.
struct Object<'r> {
    type_name: String,
    /// The fields at hand: a row, a value in one, or a representation over its row.
    fields: Map<String, Value>,
    /// What a representation brought.
    sent: Option<Arc<Map<String, Value>>>,
    rows: &'r Value,
}

impl CannedSubgraph {
    pub(crate) fn new(sdl: &str, rows: &str) -> Result<Self, String> {
        let rows = serde_json::from_str(rows).map_err(|error| format!("rows: {error}"))?;
        let entities = entity_types(sdl);
        let mut extra = "scalar _Any\nextend type Query { _service: String }\n".to_owned();
        if !entities.is_empty() {
            extra.push_str(&format!("union _Entity = {}\n", entities.join(" | ")));
            extra.push_str(
                "extend type Query { _entities(representations: [_Any!]!): [_Entity]! }\n",
            );
        }
        let schema = Schema::builder()
            .adopt_orphan_extensions()
            .parse(sdl, "subgraph.graphql")
            .parse(extra, "federation.graphql")
            .build()
            .unwrap_or_else(|failed| failed.partial);
        // The federation directives are not defined here, which is all that is wrong with it.
        Ok(Self {
            schema: Valid::assume_valid(schema),
            rows,
        })
    }

    /// Answers a request as a GraphQL server would.
    pub(crate) fn answer(&self, body: &[u8]) -> Result<Bytes, SendError> {
        if let Some(says) = self.rows.get("says") {
            return Ok(Bytes::from(says.to_string()));
        }
        if self.rows.get("down").is_some() {
            return Err(SendError::Connect {
                reason: "it is down".to_owned(),
            });
        }
        Ok(self.execute(body, |root| self.rows.get(root)))
    }

    /// The events of the stream that a request opens.
    pub(crate) fn events(&self, body: &[u8]) -> Vec<Bytes> {
        let rows = self.rows["Subscription"].as_array();
        rows.expect("a list of events")
            .iter()
            .map(|row| self.execute(body, |_| Some(row)))
            .collect()
    }

    /// Executes a request over the row of its root type.
    fn execute<'r>(&'r self, body: &[u8], row: impl Fn(&str) -> Option<&'r Value>) -> Bytes {
        let request: Value = serde_json::from_slice(body).expect("the executor sends JSON");
        let text = request["query"].as_str().expect("a document");
        let document = ExecutableDocument::parse_and_validate(&self.schema, text, "sent.graphql")
            .unwrap_or_else(|invalid| panic!("the subgraph refuses\n{text}\n{invalid}"));
        let variables: JsonMap = serde_json::from_value(
            request
                .get("variables")
                .cloned()
                .unwrap_or_else(|| json!({})),
        )
        .expect("variables are an object");
        let operation = document.operations.iter().next().expect("one operation");
        let root_name = operation.object_type().to_string();
        let root = Object {
            fields: row(&root_name)
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            type_name: root_name,
            sent: None,
            rows: &self.rows,
        };
        let response = Execution::new(&self.schema, &document)
            .raw_variable_values(&variables)
            .execute_sync(&root)
            .unwrap_or_else(|error| panic!("{}\n{text}", error.message()));
        Bytes::from(serde_json::to_vec(&response).expect("a response is JSON"))
    }
}

/// The types with a key, read off the text: enough for cases.
fn entity_types(sdl: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (position, _) in sdl.match_indices("@key(") {
        let head = sdl[..position]
            .rfind("type ")
            .into_iter()
            .chain(sdl[..position].rfind("interface "))
            .max();
        let Some(head) = head else { continue };
        let mut words = sdl[head..].split_whitespace();
        if let (Some("type"), Some(name)) = (words.next(), words.next())
            && !found.iter().any(|known| known == name)
        {
            found.push(name.to_owned());
        }
    }
    found
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        if info.field_name() == "_entities" {
            let representations = info.arguments().get("representations");
            let list = representations
                .and_then(|it| it.as_array())
                .cloned()
                .unwrap_or_default();
            let entities = list
                .into_iter()
                .map(|it| self.entity(serde_json::to_value(it).expect("JSON")));
            return Ok(ResolvedValue::list(entities.collect::<Vec<_>>()));
        }
        let value = self
            .fields
            .get(info.field_name())
            .cloned()
            .unwrap_or(Value::Null);
        let value = match value
            .get("by")
            .and_then(Value::as_object)
            .and_then(|by| by.iter().next())
        {
            Some((argument, choices)) => {
                let given = info.arguments().get(argument.as_str());
                let given = given.map_or_else(
                    || "null".to_owned(),
                    |it| match it.as_str() {
                        Some(text) => text.to_owned(),
                        None => serde_json::to_string(it).expect("JSON"),
                    },
                );
                choices.get(&given).cloned().unwrap_or(Value::Null)
            }
            None => value,
        };
        self.resolve(value, info.field_definition().ty.inner_named_type())
    }
}

impl<'r> Object<'r> {
    fn resolve<'a>(
        &'a self,
        value: Value,
        declared: &str,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match value {
            Value::Array(items) => {
                let items: Vec<_> = items
                    .into_iter()
                    .map(|item| self.resolve(item, declared))
                    .collect();
                Ok(ResolvedValue::List(Box::new(items.into_iter())))
            }
            Value::Object(fields) => {
                if let (1, Some(Value::String(message))) = (fields.len(), fields.get("error")) {
                    return Err(FieldError {
                        message: message.clone(),
                    });
                }
                if let (1, Some(Value::String(name))) = (fields.len(), fields.get("sent")) {
                    let sent = self
                        .sent
                        .as_ref()
                        .and_then(|sent| sent.get(name))
                        .cloned()
                        .unwrap_or(Value::Null);
                    return Ok(ResolvedValue::leaf(sent));
                }
                if fields.contains_key("scalar") {
                    return Ok(ResolvedValue::leaf(fields["scalar"].clone()));
                }
                Ok(ResolvedValue::object(self.object(fields, declared)))
            }
            leaf => Ok(ResolvedValue::leaf(leaf)),
        }
    }

    fn object(&self, mut fields: Map<String, Value>, declared: &str) -> Object<'r> {
        let named = fields.get("__typename").and_then(Value::as_str);
        let type_name = named.unwrap_or(declared).to_owned();
        if let Some(row) = find_row(self.rows, &type_name, &fields) {
            for (name, value) in row {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Object {
            type_name,
            fields,
            sent: None,
            rows: self.rows,
        }
    }

    fn entity<'a>(&'a self, representation: Value) -> ResolvedValue<'a> {
        let Value::Object(sent) = representation else {
            return ResolvedValue::null();
        };
        let type_name = sent
            .get("__typename")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        // An interface has no rows of its own: its object is among those of the other types.
        let is_asked_by_interface = self.rows.get(&type_name).is_none();
        let mut candidates = self.rows.as_object().into_iter().flat_map(Map::keys);
        let type_name = if is_asked_by_interface {
            candidates
                .find(|name| find_row(self.rows, name, &sent).is_some())
                .cloned()
        } else {
            Some(type_name)
        };
        let Some((type_name, row)) =
            type_name.and_then(|name| Some((name.clone(), find_row(self.rows, &name, &sent)?)))
        else {
            return ResolvedValue::null();
        };
        let fields = row.clone();
        ResolvedValue::object(Object {
            type_name,
            fields,
            sent: Some(Arc::new(sent)),
            rows: self.rows,
        })
    }
}

/// The row of a type that agrees with every field both have.
fn find_row<'r>(
    rows: &'r Value,
    type_name: &str,
    with: &Map<String, Value>,
) -> Option<&'r Map<String, Value>> {
    rows.get(type_name)?
        .as_array()?
        .iter()
        .filter_map(Value::as_object)
        .find(|row| {
            let mut shared = with
                .iter()
                .filter(|(name, _)| row.contains_key(*name) && *name != "__typename")
                .peekable();
            shared.peek().is_some() && shared.all(|(name, value)| agrees(&row[name], value))
        })
}

/// Whether a row's value agrees with what is asked for: objects by the fields both have.
fn agrees(row: &Value, asked: &Value) -> bool {
    match (row, asked) {
        (Value::Object(row), Value::Object(asked)) => asked
            .iter()
            .all(|(name, value)| row.get(name).is_none_or(|row| agrees(row, value))),
        (row, asked) => row == asked,
    }
}
