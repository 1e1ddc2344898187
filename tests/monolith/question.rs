//! Random operations over a world, as a tree that can be printed and made smaller.

use std::collections::BTreeMap;
use std::fmt::Write;

use schema::Type;
use serde_json::{Map, Value as Json, json};

use super::random::Random;
use super::world::{Argument, Field, HIDDEN_HUE, Kind, World};

/// An operation with its variables.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) keyword: &'static str,
    pub(crate) picks: Vec<Pick>,
    pub(crate) variables: Vec<Variable>,
    /// Whether labelled overrides are in force.
    pub(crate) label_is_on: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    name: String,
    /// Its type, with a default value perhaps.
    declared: String,
    value: Option<Json>,
}

/// A selection.
#[derive(Clone, Debug)]
pub(crate) struct Pick {
    pub(crate) what: What,
    /// `@skip` and `@include`, with a space before each.
    pub(crate) directives: String,
    pub(crate) below: Vec<Pick>,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Alias, name and arguments as they are written.
    Field(String),
    Inline(Option<String>),
    /// Name and type condition.
    Spread(String, String),
}

impl Question {
    pub(crate) fn text(&self) -> String {
        let mut body = String::new();
        let mut fragments = BTreeMap::new();
        write_picks(&mut body, &self.picks, &mut fragments, 1);
        let mut tail = String::new();
        for fragment in fragments.values() {
            tail.push_str(fragment);
        }
        let used: Vec<String> = self
            .variables
            .iter()
            .filter(|it| {
                body.contains(&format!("${}", it.name)) || tail.contains(&format!("${}", it.name))
            })
            .map(|it| format!("${}: {}", it.name, it.declared))
            .collect();
        let declared = if used.is_empty() {
            String::new()
        } else {
            format!("({})", used.join(", "))
        };
        format!("{} Q{declared} {body}\n{tail}", self.keyword)
    }

    pub(crate) fn values(&self) -> Map<String, Json> {
        let text = self.text();
        let used = |it: &&Variable| text.contains(&format!("${}", it.name));
        let given = self.variables.iter().filter(used);
        given
            .filter_map(|it| Some((it.name.clone(), it.value.clone()?)))
            .collect()
    }

    /// Every question that has one selection less.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let count = count(&self.picks);
        let smaller = (0..2 * count).filter_map(|step| {
            let mut one = self.clone();
            let mut index = step / 2;
            remove(&mut one.picks, &mut index, step % 2 == 0);
            (!one.picks.is_empty()).then_some(one)
        });
        smaller.collect()
    }
}

fn count(picks: &[Pick]) -> usize {
    picks.iter().map(|it| 1 + count(&it.below)).sum()
}

/// Removes the selection at `index`, in the order they are written: all of it, or only the
/// fragment or the directives around what it holds. What holds nothing after that goes too.
fn remove(picks: &mut Vec<Pick>, index: &mut usize, whole: bool) -> bool {
    for at in 0..picks.len() {
        if *index == 0 {
            let pick = &mut picks[at];
            if whole {
                picks.remove(at);
            } else if !pick.directives.is_empty() {
                pick.directives.clear();
            } else if !matches!(pick.what, What::Field(_)) {
                let below = std::mem::take(&mut pick.below);
                picks.splice(at..=at, below);
            }
            return true;
        }
        *index -= 1;
        let had = !picks[at].below.is_empty();
        if remove(&mut picks[at].below, index, whole) {
            if had && picks[at].below.is_empty() {
                picks.remove(at);
            }
            return true;
        }
    }
    false
}

fn write_picks(
    text: &mut String,
    picks: &[Pick],
    fragments: &mut BTreeMap<String, String>,
    depth: usize,
) {
    text.push_str("{\n");
    for pick in picks {
        let indent = "  ".repeat(depth);
        let directives = &pick.directives;
        let _ = match &pick.what {
            What::Field(head) => write!(text, "{indent}{head}{directives}"),
            What::Inline(None) => write!(text, "{indent}...{directives}"),
            What::Inline(Some(on)) => write!(text, "{indent}... on {on}{directives}"),
            What::Spread(name, on) => {
                if !fragments.contains_key(name) {
                    fragments.insert(name.clone(), String::new());
                    let mut body = String::new();
                    write_picks(&mut body, &pick.below, fragments, 1);
                    fragments.insert(name.clone(), format!("fragment {name} on {on} {body}\n"));
                }
                let _ = writeln!(text, "{indent}...{name}{directives}");
                continue;
            }
        };
        if !pick.below.is_empty() {
            text.push(' ');
            write_picks(text, &pick.below, fragments, depth + 1);
        }
        text.push('\n');
    }
    text.push_str(&"  ".repeat(depth - 1));
    text.push('}');
}

/// Makes one operation.
struct Asker<'w, 'r> {
    world: &'w World,
    random: &'r mut Random,
    variables: Vec<Variable>,
    /// For each field name, the first use of it without an alias: its arguments and shape.
    plain: BTreeMap<String, String>,
    /// Fragments to spread again, by type.
    fragments: Vec<(String, Pick)>,
    budget: usize,
    /// Whether aliases are chosen without care, so that the operation may be invalid.
    wild: bool,
    /// Whether a variable's default is being written. The reference execution does not fill in
    /// the defaults of input fields there.
    in_default: bool,
}

/// A random operation. One that is `wild` may be invalid, since its aliases clash.
pub(crate) fn question(world: &World, random: &mut Random, wild: bool) -> Question {
    let label_is_on = random.chance(50);
    let mutates = world.types.contains_key("Mutation") && random.chance(20);
    let mut asker = Asker {
        world,
        variables: Vec::new(),
        plain: BTreeMap::new(),
        fragments: Vec::new(),
        budget: random.between(6, 60),
        random,
        wild,
        in_default: false,
    };
    for index in 0..3 {
        let value = json!(asker.random.chance(50));
        asker.variables.push(Variable {
            name: format!("b{index}_"),
            declared: if asker.random.chance(80) {
                "Boolean!".to_owned()
            } else {
                "Boolean! = true".to_owned()
            },
            value: Some(value),
        });
    }
    let (keyword, root) = if mutates {
        ("mutation", "Mutation")
    } else {
        ("query", "Query")
    };
    let depth = asker.random.between(2, 5);
    let picks = asker.picks(root, depth);
    Question {
        keyword,
        picks,
        variables: asker.variables,
        label_is_on,
    }
}

impl Asker<'_, '_> {
    fn picks(&mut self, on: &str, depth: usize) -> Vec<Pick> {
        let mut picks = Vec::new();
        let wanted = self.random.between(1, 5);
        for _ in 0..wanted {
            if self.budget == 0 && !picks.is_empty() {
                break;
            }
            self.budget = self.budget.saturating_sub(1);
            let choice = self.random.below(100);
            let narrows = self.world.is_abstract(on);
            if choice < 12 {
                picks.push(self.type_name());
            } else if depth > 0 && (choice < 22 || (narrows && choice < 55)) {
                picks.extend(self.fragment(on, depth));
            } else {
                picks.extend(self.field(on, depth));
            }
        }
        if picks.is_empty() {
            picks.push(self.type_name());
        }
        picks
    }

    fn type_name(&mut self) -> Pick {
        let head = if self.random.chance(30) {
            "t: __typename"
        } else {
            "__typename"
        };
        Pick {
            what: What::Field(head.to_owned()),
            directives: self.directives(),
            below: Vec::new(),
        }
    }

    fn fragment(&mut self, on: &str, depth: usize) -> Option<Pick> {
        let here = self.world.objects_of(on);
        let overlapping: Vec<String> = self
            .world
            .types
            .iter()
            .filter(|(_, it)| it.kind != Kind::Root)
            .map(|(name, _)| name.clone())
            .filter(|name| {
                self.world
                    .objects_of(name)
                    .intersection(&here)
                    .next()
                    .is_some()
            })
            .collect();
        let condition = match self.random.pick(&overlapping) {
            Some(condition) if self.random.chance(85) => condition.clone(),
            _ => on.to_owned(),
        };
        let directives = self.directives();
        let again: Vec<Pick> = self
            .fragments
            .iter()
            .filter(|(it, _)| *it == condition)
            .map(|(_, it)| it.clone())
            .collect();
        if let (Some(again), true) = (self.random.pick(&again).cloned(), self.random.chance(30)) {
            return Some(Pick {
                directives,
                ..again
            });
        }
        let below = self.picks(&condition, depth - 1);
        if self.random.chance(25) {
            let name = format!("F{}", self.fragments.len());
            let pick = Pick {
                what: What::Spread(name, condition.clone()),
                directives,
                below,
            };
            self.fragments.push((condition, pick.clone()));
            return Some(pick);
        }
        let condition = if condition == on && self.random.chance(50) {
            None
        } else {
            Some(condition)
        };
        Some(Pick {
            what: What::Inline(condition),
            directives,
            below,
        })
    }

    fn field(&mut self, on: &str, depth: usize) -> Option<Pick> {
        let world = self.world;
        let fields: Vec<(&String, &Field)> = world
            .composite(on)
            .fields
            .iter()
            .filter(|(_, it)| !it.hidden && (depth > 0 || !world.is_composite(it.ty.inner_name())))
            .collect();
        let (name, field) = *self.random.pick(&fields)?;
        let arguments = self.arguments(field);
        let key = self.key(name, &arguments, field);
        let head = match key {
            Some(alias) => format!("{alias}: {name}{arguments}"),
            None => format!("{name}{arguments}"),
        };
        let inner = field.ty.inner_name().to_string();
        let below = match world.is_composite(&inner) {
            true => self.picks(&inner, depth - 1),
            false => Vec::new(),
        };
        Some(Pick {
            what: What::Field(head),
            directives: self.directives(),
            below,
        })
    }

    /// The alias of a field, if it needs one: fields with one key have one shape and arguments.
    fn key(&mut self, name: &str, arguments: &str, field: &Field) -> Option<String> {
        if self.wild && self.random.chance(35) {
            let alias = *self
                .random
                .pick(&["a", "b", "k", "id", "c_1"])
                .expect("some");
            return (alias != name).then(|| alias.to_owned());
        }
        let shape = format!("{arguments} {}", self.shape(&field.ty));
        let first = self
            .plain
            .entry(name.to_owned())
            .or_insert_with(|| shape.clone());
        if *first == shape {
            return None;
        }
        let digits: String = shape
            .bytes()
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte))
            .to_string();
        Some(format!("{name}_{digits}"))
    }

    /// What fields with one key must agree on (GraphQL specification, `SameResponseShape`).
    fn shape(&self, ty: &Type) -> String {
        match ty {
            Type::NonNull(of) => format!("{}!", self.shape(of)),
            Type::List(of) => format!("[{}]", self.shape(of)),
            Type::Named(name) if self.world.is_composite(name) => "{}".to_owned(),
            Type::Named(name) => name.to_string(),
        }
    }

    fn directives(&mut self) -> String {
        let mut directives = String::new();
        for name in ["skip", "include"] {
            if self.random.chance(7) {
                let value = match self.random.below(5) {
                    0 => "true".to_owned(),
                    1 => "false".to_owned(),
                    index => format!("$b{}_", index - 2),
                };
                let _ = write!(directives, " @{name}(if: {value})");
            }
        }
        directives
    }

    fn arguments(&mut self, field: &Field) -> String {
        let given: Vec<String> = field
            .arguments
            .iter()
            .filter_map(|it| {
                let value = match self.random.below(10) {
                    0..3 => return None,
                    3..6 => self.variable(it),
                    _ => self.literal(&it.ty),
                };
                Some(format!("{}: {value}", it.name))
            })
            .collect();
        if given.is_empty() {
            String::new()
        } else {
            format!("({})", given.join(", "))
        }
    }

    fn variable(&mut self, argument: &Argument) -> String {
        let name = format!("v{}_", self.variables.len());
        self.in_default = true;
        let has_default = self.random.chance(30);
        let default = has_default.then(|| self.literal(&argument.ty));
        self.in_default = false;
        let value = match self.random.below(10) {
            0 | 1 => None,
            2 => Some(Json::Null),
            _ => Some(self.json(&argument.ty)),
        };
        self.variables.push(Variable {
            name: name.clone(),
            declared: match default {
                Some(default) => format!("{} = {default}", argument.ty),
                None => argument.ty.to_string(),
            },
            value,
        });
        format!("${name}")
    }

    fn literal(&mut self, ty: &Type) -> String {
        match self.json(ty) {
            Json::String(name) if ty.inner_name() == "Hue" => name,
            Json::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            other => other.to_string(),
        }
    }

    fn json(&mut self, ty: &Type) -> Json {
        let number = self.random.below(4);
        match ty {
            Type::NonNull(of) => self.json(of),
            Type::List(of) => (0..number).map(|_| self.json(of)).collect(),
            Type::Named(name) => match name.as_str() {
                "Int" => json!(number),
                "Float" => json!(number as f64 + 0.25),
                "Hue" if self.world.hides_hue.is_some() => json!(["RED", "BLUE"][number % 2]),
                "Hue" => json!(["RED", HIDDEN_HUE, "BLUE"][number % 3]),
                "Pin" if number == 0 && !self.in_default => json!({ "x": 1 }),
                "Pin" => json!({ "x": number, "y": "\"n" }),
                "Blob" => json!({ "deep": [number] }),
                _ => json!(format!("t{number}")),
            },
        }
    }
}
