//! Servers over a world: the one that holds everything, and the subgraphs.
//!
//! Both run the parser's reference execution. A subgraph complains of whatever a router must never
//! do: documents that are not valid, fields it cannot resolve at that place, representations that
//! lack a key or a requirement, or keys of no object.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use schema::Type;
use serde_json::{Map, Value as Json, json};

use super::context::{FromAbove, MARK};
use super::render;
use super::world::{
    Declared, DeclaredField, ENTITIES, Field, HIDDEN_HUE, Kind, Object, Select, Value, World,
    project_given, sorted,
};

/// Answers from a world.
#[derive(Debug)]
pub(crate) struct Server {
    world: Arc<World>,
    /// None for the server that holds everything.
    subgraph: Option<usize>,
    schema: Valid<Schema>,
    /// The mutation fields that were run, in order.
    pub(crate) journal: Arc<Mutex<Vec<String>>>,
    /// What the router did wrong.
    pub(crate) complaints: Arc<Mutex<Vec<String>>>,
    /// Whether labelled overrides are in force.
    pub(crate) label_is_on: Arc<AtomicBool>,
}

/// What the server that holds everything says of a field whose requirement fails. The subgraphs
/// say nothing: such a field is null, and the error is the requirement's.
pub(crate) const REQUIREMENT_FAILED: &str = "a requirement failed";

/// An object as a server sees it.
struct Node<'s> {
    server: &'s Server,
    object: Object,
    /// An interface's name where the server knows the interface as an object.
    type_name: String,
    provided: Vec<Select>,
    /// The representation it was asked for by.
    sent: Option<Arc<Json>>,
    /// For the server that holds everything: the mark of the nearest object above that has one.
    above: Json,
}

impl Server {
    pub(crate) fn whole(world: &Arc<World>) -> Result<Self, String> {
        Self::new(world, None, &render::whole(world))
    }

    /// A subgraph that writes in the journal of all of them, and looks at their label.
    pub(crate) fn subgraph(
        world: &Arc<World>,
        subgraph: usize,
        journal: &Arc<Mutex<Vec<String>>>,
        label_is_on: &Arc<AtomicBool>,
    ) -> Result<Self, String> {
        let mut server = Self::new(world, Some(subgraph), &render::executable(world, subgraph))?;
        server.journal = journal.clone();
        server.label_is_on = label_is_on.clone();
        Ok(server)
    }

    /// Whether the subgraph resolves a field as it declares it, at this moment.
    fn resolves(&self, declared: &DeclaredField) -> bool {
        let is_on = self.label_is_on.load(Ordering::Relaxed);
        if declared.labelled {
            return declared.overridden != is_on;
        }
        !declared.overridden
    }

    fn new(world: &Arc<World>, subgraph: Option<usize>, sdl: &str) -> Result<Self, String> {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|invalid| format!("{invalid}\n{sdl}"))?;
        Ok(Self {
            world: world.clone(),
            subgraph,
            schema,
            journal: Arc::default(),
            complaints: Arc::default(),
            label_is_on: Arc::default(),
        })
    }

    pub(crate) fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    fn name(&self) -> &str {
        self.subgraph
            .map_or("whole", |index| &self.world.subgraphs[index].name)
    }

    fn complain(&self, complaint: &str) -> FieldError {
        let message = format!("{}: {complaint}", self.name());
        self.complaints
            .lock()
            .expect("one thread")
            .push(message.clone());
        FieldError { message }
    }

    /// Answers a document as a GraphQL server would.
    pub(crate) fn answer(&self, text: &str, variables: &JsonMap) -> Json {
        let document =
            match ExecutableDocument::parse_and_validate(&self.schema, text, "sent.graphql") {
                Ok(document) => document,
                Err(invalid) => {
                    let error = self.complain(&format!("refuses\n{text}\n{invalid}"));
                    return json!({ "errors": [{ "message": error.message }] });
                }
            };
        let operation = document.operations.iter().next().expect("one operation");
        let root = Node {
            server: self,
            object: Object {
                type_name: operation.object_type().to_string(),
                number: 0,
            },
            type_name: operation.object_type().to_string(),
            provided: Vec::new(),
            sent: None,
            above: Json::Null,
        };
        let executed = Execution::new(&self.schema, &document)
            .raw_variable_values(variables)
            .execute_sync(&root);
        match executed {
            Ok(response) => serde_json::to_value(response).expect("JSON"),
            Err(error) => {
                let error = self.complain(&format!("{}\n{text}", error.message()));
                json!({ "errors": [{ "message": error.message }] })
            }
        }
    }

    fn declared(&self, type_name: &str) -> Option<&Declared> {
        self.world.subgraphs[self.subgraph?].types.get(type_name)
    }

    /// The object that a representation stands for.
    fn find(&self, sent: &Json) -> Result<Option<Node<'_>>, FieldError> {
        let type_name = sent["__typename"].as_str().unwrap_or_default();
        let Some(declared) = self.declared(type_name) else {
            return Err(self.complain(&format!("knows no type of {sent}")));
        };
        let mut is_told = false;
        for (key, _) in declared.keys.iter().filter(|(_, resolvable)| *resolvable) {
            let Ok(given) = project_given(sent, key) else {
                continue;
            };
            is_told = true;
            for object in self.world.objects_of(type_name) {
                if self.world.composite(&object).kind != Kind::Entity {
                    continue;
                }
                for number in 0..ENTITIES {
                    let object = Object {
                        type_name: object.clone(),
                        number,
                    };
                    let own = self.world.project(&object, key);
                    if own.is_some_and(|own| sorted(&own) == sorted(&given)) {
                        let seen_as = if declared.interface_object {
                            type_name
                        } else {
                            &object.type_name
                        };
                        return Ok(Some(Node {
                            server: self,
                            type_name: seen_as.to_owned(),
                            object,
                            provided: Vec::new(),
                            sent: Some(Arc::new(sent.clone())),
                            above: Json::Null,
                        }));
                    }
                }
            }
        }
        let what = if is_told {
            "has no object for"
        } else {
            "cannot be asked by"
        };
        Err(self.complain(&format!("{what} {sent}")))
    }
}

impl ObjectValue for Node<'_> {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let name = info.field_name();
        let arguments = serde_json::to_value(info.arguments()).expect("JSON");
        let mut arguments = arguments.as_object().cloned().unwrap_or_default();
        match name {
            "_service" => return Ok(ResolvedValue::null()),
            "_entities" => return self.entities(&arguments),
            _ => {}
        }
        let field = &self.server.world.composite(&self.object.type_name).fields[name];
        let declared = self
            .server
            .declared(&self.type_name)
            .and_then(|it| it.fields.get(name));
        let from_above = self.server.world.from_above.as_ref();
        let told = match from_above.filter(|it| it.is(&self.object.type_name, name)) {
            None => self.told(name, field, declared)?,
            Some(_) if self.server.subgraph.is_none() => self.above.clone(),
            Some(_) => {
                self.told(name, field, declared)?;
                arguments.remove("above").unwrap_or_default()
            }
        };
        if self.type_name == "Mutation" {
            let mut journal = self.server.journal.lock().expect("one thread");
            journal.push(format!(
                "{name} {}",
                sorted(&Json::Object(arguments.clone()))
            ));
        }
        let mut provided: Vec<Select> = declared.map(|it| it.provides.clone()).unwrap_or_default();
        for item in self.provided_here(name) {
            provided.extend(item.items.iter().cloned());
        }
        let value = self
            .server
            .world
            .value(&self.object, name, &arguments, &told);
        self.resolved(value, &field.ty, &provided)
    }
}

impl Node<'_> {
    fn entities<'a>(
        &'a self,
        arguments: &Map<String, Json>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let list = arguments["representations"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let found = list
            .into_iter()
            .map(|it| self.server.find(&it).map(ResolvedValue::nullable_object));
        Ok(ResolvedValue::List(Box::new(found)))
    }

    /// The mark that objects below find nearest.
    fn above_its_fields(&self) -> Json {
        let world = &self.server.world;
        let from_above = world.from_above.as_ref();
        let sets_it = |it: &&FromAbove| it.setters.contains(&self.object.type_name);
        if from_above.filter(sets_it).is_none() {
            return self.above.clone();
        }
        match world.value(&self.object, MARK, &Map::new(), &Json::Null) {
            Value::Leaf(mark) => mark,
            _ => Json::Null,
        }
    }

    fn provided_here(&self, name: &str) -> impl Iterator<Item = &Select> {
        self.provided.iter().filter(move |it| {
            let on = it.on.as_ref().map(|on| self.server.world.objects_of(on));
            it.name == name && on.is_none_or(|on| on.contains(&self.object.type_name))
        })
    }

    /// What the field requires: from the data for the whole, as it was told for a subgraph.
    fn told(
        &self,
        name: &str,
        field: &Field,
        declared: Option<&DeclaredField>,
    ) -> Result<Json, FieldError> {
        let Some(declared) = declared else {
            return self.told_by_the_data(field);
        };
        let at = format!("{}.{name}", self.type_name);
        if !self.server.resolves(declared)
            || (declared.external && self.provided_here(name).next().is_none())
        {
            return Err(self.server.complain(&format!("does not resolve {at} here")));
        }
        if declared.requires.is_empty() {
            return self.told_by_the_data(field);
        }
        let Some(sent) = &self.sent else {
            return Err(self
                .server
                .complain(&format!("is told no requirements of {at}")));
        };
        match project_given(sent, &declared.requires) {
            Ok(told) => Ok(sorted(&told)),
            Err(lack) => Err(self.server.complain(&format!("{lack} for {at} in {sent}"))),
        }
    }

    fn told_by_the_data(&self, field: &Field) -> Result<Json, FieldError> {
        let told = self.server.world.told(&self.object, field);
        told.ok_or_else(|| FieldError {
            message: REQUIREMENT_FAILED.to_owned(),
        })
    }

    fn resolved<'a>(
        &'a self,
        value: Value,
        declared: &Type,
        provided: &[Select],
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match value {
            Value::Error => Err(FieldError {
                message: "it fails".to_owned(),
            }),
            Value::Leaf(json) => {
                let world = &self.server.world;
                let is_hidden = self.server.subgraph.is_none()
                    && world.hides_hue.is_some()
                    && declared.inner_name() == "Hue"
                    && json == HIDDEN_HUE;
                Ok(ResolvedValue::leaf(match is_hidden {
                    true => Json::Null,
                    false => json,
                }))
            }
            Value::Object(object) => {
                let inner = declared.inner_name().as_str();
                let as_object = self
                    .server
                    .declared(inner)
                    .is_some_and(|it| it.interface_object);
                Ok(ResolvedValue::object(Node {
                    server: self.server,
                    type_name: if as_object {
                        inner.to_owned()
                    } else {
                        object.type_name.clone()
                    },
                    object,
                    provided: provided.to_vec(),
                    sent: None,
                    above: self.above_its_fields(),
                }))
            }
            Value::List(items) => {
                let items: Vec<_> = items
                    .into_iter()
                    .map(|item| self.resolved(item, declared, provided))
                    .collect();
                Ok(ResolvedValue::List(Box::new(items.into_iter())))
            }
        }
    }
}
