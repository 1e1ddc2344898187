//! Random subgraphs over a few entity types, and a query over them. Not all of them compose.

use std::fmt::Write;

/// xorshift64*: small, seeded, good enough to vary schemas.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let wide = u128::from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D));
        usize::try_from((wide * bound as u128) >> 64).expect("below the bound")
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

/// Subgraphs by name and schema, and an operation.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) schemas: Vec<(String, String)>,
    pub(super) query: String,
}

/// What the whole graph has.
struct Shape {
    subgraphs: usize,
    types: usize,
    fields: usize,
    /// Whether the types are members of something abstract, and of what.
    abstraction: Option<Abstraction>,
    /// Whether the root field is one of a mutation, which just the first subgraph has.
    is_mutation: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Abstraction {
    Union,
    Interface,
}

impl Case {
    pub(super) fn random(random: &mut Random) -> Self {
        let shape = Shape {
            subgraphs: 2 + random.below(2),
            types: 1 + random.below(2),
            fields: 2 + random.below(2),
            abstraction: match random.below(5) {
                0 => Some(Abstraction::Union),
                1 => Some(Abstraction::Interface),
                _ => None,
            },
            is_mutation: random.one_in(8),
        };
        let schemas: Vec<(String, String)> = (0..shape.subgraphs)
            .map(|subgraph| (format!("s{subgraph}"), shape.subgraph(random, subgraph)))
            .collect();
        let query = shape.query(random, &schemas);
        Self { schemas, query }
    }
}

impl Shape {
    fn subgraph(&self, random: &mut Random, subgraph: usize) -> String {
        let mut sdl = String::new();
        let keys: Vec<Vec<&str>> = (0..self.types)
            .map(|_| match random.below(6) {
                0 => vec!["id"],
                1 => vec!["code"],
                2 => vec!["id code"],
                _ => vec!["id", "code"],
            })
            .collect();
        let all_have_ids = keys.iter().all(|keys| keys.concat().contains("id"));
        let abstraction = self
            .abstraction
            .filter(|it| *it == Abstraction::Union || all_have_ids);
        if subgraph == 0 || random.one_in(3) {
            self.roots(random, &mut sdl, abstraction.is_some());
        }
        if subgraph == 0 && self.is_mutation {
            sdl.push_str("type Mutation { make: T0 }\n");
        }
        for (ty, keys) in keys.iter().enumerate() {
            let implements = abstraction == Some(Abstraction::Interface);
            let implements = if implements { " implements Any" } else { "" };
            let _ = write!(sdl, "type T{ty}{implements}");
            for key in keys {
                let _ = write!(sdl, " @key(fields: \"{key}\")");
            }
            sdl.push_str(" {");
            for key in ["id", "code"] {
                if keys.concat().contains(key) {
                    let _ = write!(sdl, " {key}: ID!");
                }
            }
            self.fields(random, &mut sdl, (subgraph, ty));
            sdl.push_str(" }\n");
        }
        match abstraction {
            Some(Abstraction::Union) => {
                let members: Vec<String> = (0..self.types).map(|ty| format!("T{ty}")).collect();
                let _ = writeln!(sdl, "union Any = {}", members.join(" | "));
            }
            Some(Abstraction::Interface) => sdl.push_str("interface Any { id: ID! }\n"),
            None => {}
        }
        sdl
    }

    fn roots(&self, random: &mut Random, sdl: &mut String, has_any: bool) {
        sdl.push_str("type Query {");
        if !has_any || random.one_in(2) {
            sdl.push_str(" root: T0 @shareable");
        }
        if has_any {
            sdl.push_str(" any: Any @shareable");
        }
        sdl.push_str(" }\n");
    }

    /// Scalars that several subgraphs may have, one that needs another, one that is there only
    /// below a relation, and the relation.
    fn fields(&self, random: &mut Random, sdl: &mut String, (subgraph, ty): (usize, usize)) {
        let mut required: Option<usize> = None;
        let mut missing: Option<usize> = None;
        for field in 0..self.fields {
            if random.one_in(2) {
                let _ = write!(sdl, " f{field}: Int @shareable");
            } else if required.is_none() && random.one_in(3) {
                required = Some(field);
            } else {
                missing = Some(field);
            }
        }
        if let Some(field) = required {
            let _ = write!(
                sdl,
                " f{field}: Int @external r{subgraph}x{ty}: Int @requires(fields: \"f{field}\")"
            );
        }
        if !random.one_in(2) {
            return;
        }
        let next = (ty + 1) % self.types;
        // With a single type the field provided would be its own.
        match missing.filter(|_| next == ty && random.one_in(3)) {
            Some(field) => {
                let _ = write!(
                    sdl,
                    " f{field}: Int @external next: T{next} @shareable @provides(fields: \"f{field}\")"
                );
            }
            None => {
                let _ = write!(sdl, " next: T{next} @shareable");
            }
        }
    }

    fn query(&self, random: &mut Random, schemas: &[(String, String)]) -> String {
        let has_any = schemas.iter().any(|(_, sdl)| sdl.contains(" any: Any"));
        if has_any && !self.is_mutation {
            let mut query = "{ any {".to_owned();
            if self.abstraction == Some(Abstraction::Interface) && random.one_in(2) {
                query.push_str(" id");
            }
            for ty in 0..self.types {
                let _ = write!(
                    query,
                    " ... on T{ty} {{ {} }}",
                    self.select(random, schemas, ty)
                );
            }
            query.push_str(" } }");
            return query;
        }
        let root = if self.is_mutation {
            "mutation { make"
        } else {
            "{ root"
        };
        let mut query = format!("{root} {{ {}", self.select(random, schemas, 0));
        let has_next = schemas.iter().any(|(_, sdl)| sdl.contains("next"));
        if has_next && random.one_in(2) {
            let next = self.select(random, schemas, 1 % self.types);
            let _ = write!(query, " next {{ {next} }}");
        }
        query.push_str(" } }");
        query
    }

    fn select(&self, random: &mut Random, schemas: &[(String, String)], ty: usize) -> String {
        let mut wanted: Vec<String> = Vec::new();
        for field in 0..self.fields {
            if random.one_in(2) {
                wanted.push(format!("f{field}"));
            }
        }
        for (subgraph, (_, sdl)) in schemas.iter().enumerate() {
            let name = format!("r{subgraph}x{ty}");
            if sdl.contains(&format!("{name}:")) && random.one_in(2) {
                wanted.push(name);
            }
        }
        if wanted.is_empty() {
            "__typename".to_owned()
        } else {
            wanted.join(" ")
        }
    }
}
