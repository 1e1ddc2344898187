//! The answer to a request, from the universe: as a subgraph, or as one server that holds all.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::document::{self, Argument, Document, DocumentError, Field, Selection};
use crate::universe::{self, Kind, ObjectType, Universe, id_text, parse_id, seed};

/// How deep an answer may nest; fragments that contain themselves end here.
const MAX_DEPTH: usize = 64;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the body is no GraphQL request: {0}")]
    Body(#[from] serde_json::Error),
    #[error("the query cannot be read: {0}")]
    Document(#[from] DocumentError),
    #[error("the type `{on}` has no field `{field}`")]
    Field { on: String, field: String },
    #[error("there is no type `{0}`")]
    Type(String),
    #[error("there is no fragment `{0}`")]
    Fragment(String),
    #[error("`{0}` needs an argument that is not there or of the wrong kind")]
    Argument(String),
    #[error("the answer nests deeper than {MAX_DEPTH} levels")]
    Depth,
}

#[derive(Deserialize)]
struct Request {
    query: String,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
}

/// Answers the body of a GraphQL request, whichever subgraph it is meant for.
pub(crate) fn answer(universe: &'static Universe, body: &[u8]) -> Result<Bytes, AnswerError> {
    let request: Request = serde_json::from_slice(body)?;
    let document = document::parse(&request.query)?;
    let answerer = Answerer {
        universe,
        document: &document,
        variables: &request.variables.unwrap_or_default(),
    };
    let root = answerer.object_type("Query")?;
    let mut out = String::from("{\"data\":");
    answerer.object(root, 0, &[&document.selections], 0, &mut out)?;
    out.push('}');
    Ok(Bytes::from(out))
}

struct Answerer<'a> {
    universe: &'static Universe,
    document: &'a Document,
    variables: &'a Map<String, Value>,
}

/// Fields with one key, which GraphQL merges: the first, and what all select below.
struct Merged<'a> {
    field: &'a Field,
    below: Vec<&'a [Selection]>,
}

impl<'a> Answerer<'a> {
    fn object_type(&self, name: &str) -> Result<&'static ObjectType, AnswerError> {
        self.universe
            .object_type(name)
            .ok_or_else(|| AnswerError::Type(name.to_owned()))
    }

    fn object(
        &self,
        on: &'static ObjectType,
        id: u64,
        sets: &[&'a [Selection]],
        depth: usize,
        out: &mut String,
    ) -> Result<(), AnswerError> {
        let mut fields = Vec::new();
        for set in sets {
            self.collect(on, set, depth, &mut fields)?;
        }
        out.push('{');
        for (index, merged) in fields.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            let _ = write!(out, "\"{}\":", merged.field.key);
            self.field(on, id, merged, depth, out)?;
        }
        out.push('}');
        Ok(())
    }

    fn collect(
        &self,
        on: &ObjectType,
        set: &'a [Selection],
        depth: usize,
        into: &mut Vec<Merged<'a>>,
    ) -> Result<(), AnswerError> {
        if depth > MAX_DEPTH {
            return Err(AnswerError::Depth);
        }
        for selection in set {
            let (condition, below) = match selection {
                Selection::Field(field) => {
                    match into.iter_mut().find(|it| it.field.key == field.key) {
                        Some(merged) => merged.below.push(&field.selections),
                        None => into.push(Merged {
                            field,
                            below: vec![&field.selections],
                        }),
                    }
                    continue;
                }
                Selection::Inline { on, selections } => (on.as_ref(), selections),
                Selection::Spread(name) => {
                    let (on, selections) = self
                        .document
                        .fragments
                        .get(name)
                        .ok_or_else(|| AnswerError::Fragment(name.clone()))?;
                    (Some(on), selections)
                }
            };
            if condition.is_none_or(|it| it == on.name) {
                self.collect(on, below, depth + 1, into)?;
            }
        }
        Ok(())
    }

    fn field(
        &self,
        on: &'static ObjectType,
        id: u64,
        merged: &Merged<'a>,
        depth: usize,
        out: &mut String,
    ) -> Result<(), AnswerError> {
        let selected = merged.field;
        match selected.name.as_str() {
            "__typename" => return quoted(on.name, out),
            "id" if !on.is_root() => return quoted(&id_text(id), out),
            "_entities" if on.is_root() => return self.entities(merged, depth, out),
            _ => {}
        }
        let field = on.field(&selected.name).ok_or_else(|| AnswerError::Field {
            on: on.name.to_owned(),
            field: selected.name.clone(),
        })?;
        // A root field's object is the one that was asked for; its list belongs to that id.
        let asked = if on.is_root() {
            Some(self.id_argument(selected)?)
        } else {
            None
        };
        let seed = seed(on.name, asked.unwrap_or(id), field.name);
        match field.kind {
            Kind::One(name) => {
                let to = self.object_type(name)?;
                let child = asked.unwrap_or(seed) % to.population;
                self.object(to, child, &merged.below, depth + 1, out)
            }
            Kind::Many(name, count) => {
                let to = self.object_type(name)?;
                list(count, out, |index, out| {
                    let child = universe::mix(seed, index) % to.population;
                    self.object(to, child, &merged.below, depth + 1, out)
                })
            }
            leaf => write_leaf(leaf, seed, out),
        }
    }

    fn entities(
        &self,
        merged: &Merged<'a>,
        depth: usize,
        out: &mut String,
    ) -> Result<(), AnswerError> {
        let missing = || AnswerError::Argument("_entities".to_owned());
        let representations = self
            .argument(merged.field, "representations")
            .and_then(|value| value.as_array().cloned())
            .ok_or_else(missing)?;
        list(representations.len(), out, |index, out| {
            let representation = usize::try_from(index)
                .ok()
                .and_then(|index| representations.get(index))
                .ok_or_else(missing)?;
            let text = |key: &str| representation.get(key).and_then(Value::as_str);
            let on = self.object_type(text("__typename").ok_or_else(missing)?)?;
            let id = text("id").and_then(parse_id).ok_or_else(missing)?;
            self.object(on, id, &merged.below, depth + 1, out)
        })
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let (_, argument) = field.arguments.iter().find(|(it, _)| it == name)?;
        match argument {
            Argument::Variable(variable) => self.variables.get(variable).cloned(),
            Argument::Text(text) => Some(Value::String(text.clone())),
        }
    }

    fn id_argument(&self, field: &Field) -> Result<u64, AnswerError> {
        self.argument(field, "id")
            .as_ref()
            .and_then(Value::as_str)
            .and_then(parse_id)
            .ok_or_else(|| AnswerError::Argument(field.name.clone()))
    }
}

fn list(
    count: usize,
    out: &mut String,
    mut item: impl FnMut(u64, &mut String) -> Result<(), AnswerError>,
) -> Result<(), AnswerError> {
    out.push('[');
    for index in 0..count {
        if index > 0 {
            out.push(',');
        }
        item(index as u64, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_leaf(kind: Kind, seed: u64, out: &mut String) -> Result<(), AnswerError> {
    match kind {
        Kind::Text(characters) => quoted(&universe::text(seed, characters), out),
        Kind::Integer => {
            let _ = write!(out, "{}", seed % 2_000_000_000);
            Ok(())
        }
        Kind::Float => {
            // The last digit is no zero, so that a float stays the same text when it is rewritten.
            let _ = write!(
                out,
                "{}.{:02}{}",
                seed % 10_000,
                (seed >> 16) % 100,
                (seed >> 32) % 9 + 1
            );
            Ok(())
        }
        Kind::Flag => {
            out.push_str(if seed.is_multiple_of(2) {
                "true"
            } else {
                "false"
            });
            Ok(())
        }
        Kind::Floats(count) => list(count, out, |index, out| {
            write_leaf(Kind::Float, universe::mix(seed, index), out)
        }),
        // Objects are written by their selections.
        Kind::One(name) | Kind::Many(name, _) => Err(AnswerError::Type(name.to_owned())),
    }
}

/// Writes a JSON string. Our texts and names have no control characters.
fn quoted(text: &str, out: &mut String) -> Result<(), AnswerError> {
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads;

    fn check(body: &str) -> Value {
        let universe = workloads::find("joined").unwrap().universe;
        serde_json::from_slice(&answer(universe, body.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn an_entity_is_the_same_wherever_it_is_met() {
        let whole = check(
            r#"{"query":"query($id:ID!){playlist(id:$id){owner{id name}}}","variables":{"id":"0000000000000001"}}"#,
        );
        let owner = &whole["data"]["playlist"]["owner"];
        let entity = check(&format!(
            r#"{{"query":"query($r:[_Any!]!){{_entities(representations:$r){{...on Listener{{id}} ...on Listener{{name}} ...on Track{{title}}}}}}","variables":{{"r":[{{"__typename":"Listener","id":{}}}]}}}}"#,
            owner["id"]
        ));
        assert_eq!(&entity["data"]["_entities"][0], owner);
    }

    #[test]
    fn answers_are_json_and_not_all_alike() {
        let one = check(r#"{"query":"{playlist(id:\"1\"){id title}}"}"#);
        let other = check(r#"{"query":"{playlist(id:\"2\"){id title}}"}"#);
        assert_eq!(one["data"]["playlist"]["id"], "0000000000000001");
        assert_ne!(
            one["data"]["playlist"]["title"],
            other["data"]["playlist"]["title"]
        );
    }

    #[test]
    fn bad_requests_say_what_is_wrong() {
        let universe = workloads::find("joined").unwrap().universe;
        let message = |body: &str| answer(universe, body.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            message(r#"{"query":"{nope}"}"#),
            "the type `Query` has no field `nope`"
        );
        assert_eq!(
            message(r#"{"query":"{playlist{id}}"}"#),
            "`playlist` needs an argument that is not there or of the wrong kind"
        );
        assert_eq!(
            message(r#"{"query":"{...F} fragment F on Query{...F}"}"#),
            "the answer nests deeper than 64 levels"
        );
        assert!(message("nonsense").starts_with("the body is no GraphQL request: "));
    }
}
