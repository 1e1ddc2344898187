//! Data without a database: what the fields of an object hold follows from its type and id.
//!
//! Every subgraph, and whoever computes the expected answer, thus agrees on all data without
//! keeping any. Ids are numbers below the type's population, so that the same object is met again
//! at many places, as it is in real graphs.

use std::time::Duration;

/// A federated graph and its data, as plain facts.
#[derive(Debug)]
pub(crate) struct Universe {
    /// The subgraphs' names.
    pub(crate) graphs: &'static [&'static str],
    /// A subgraph that takes its time, and how long that is.
    pub(crate) slow: Option<(&'static str, Duration)>,
    /// The object types; the one called `Query` is the root.
    pub(crate) types: &'static [ObjectType],
}

/// An object type. Each but `Query` is an entity with the key `id: ID!`, which is not listed.
#[derive(Debug)]
pub(crate) struct ObjectType {
    pub(crate) name: &'static str,
    /// How many objects of the type there are.
    pub(crate) population: u64,
    pub(crate) fields: &'static [Field],
}

/// A field, resolved by one subgraph. Those of `Query` take an argument `id: ID!`.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The subgraph that resolves it.
    pub(crate) graph: &'static str,
    pub(crate) kind: Kind,
}

/// What a field holds. Nothing is ever null.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A string of so many characters.
    Text(usize),
    /// A 32-bit integer.
    Integer,
    /// A number with three decimals.
    Float,
    /// True or false.
    Flag,
    /// A list of so many floats.
    Floats(usize),
    /// An object.
    One(&'static str),
    /// A list of so many objects.
    Many(&'static str, usize),
}

impl Universe {
    /// How long a subgraph, given by its place, waits before it answers.
    pub(crate) fn delay(&self, graph: usize) -> Option<Duration> {
        let (slow, delay) = self.slow?;
        (self.graphs.get(graph) == Some(&slow)).then_some(delay)
    }

    pub(crate) fn object_type(&self, name: &str) -> Option<&'static ObjectType> {
        self.types.iter().find(|it| it.name == name)
    }
}

impl ObjectType {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|it| it.name == name)
    }

    pub(crate) fn is_root(&self) -> bool {
        self.name == "Query"
    }
}

impl Kind {
    /// The type that the field's objects have, if it holds objects.
    pub(crate) fn object(self) -> Option<&'static str> {
        match self {
            Self::One(name) | Self::Many(name, _) => Some(name),
            _ => None,
        }
    }

    /// The field's type in SDL.
    pub(crate) fn sdl(self) -> String {
        match self {
            Self::Text(_) => "String!".to_owned(),
            Self::Integer => "Int!".to_owned(),
            Self::Float => "Float!".to_owned(),
            Self::Flag => "Boolean!".to_owned(),
            Self::Floats(_) => "[Float!]!".to_owned(),
            Self::One(name) => format!("{name}!"),
            Self::Many(name, _) => format!("[{name}!]!"),
        }
    }
}

/// A number that looks random and follows from the path to a value.
pub(crate) fn seed(owner: &str, id: u64, field: &str) -> u64 {
    mix(mix(hash(owner), id), hash(field))
}

/// The `index`th number that follows from a seed.
pub(crate) fn mix(seed: u64, index: u64) -> u64 {
    let mut mixed = seed
        .rotate_left(23)
        .wrapping_add(index)
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The FNV-1a hash of a name.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// An id as clients see it. All are of one length, and so are the answers to similar requests.
pub(crate) fn id_text(id: u64) -> String {
    format!("{id:016x}")
}

/// The id behind its text.
pub(crate) fn parse_id(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// Words as they stand in catalogues: most are plain, some have a quote or an accent.
const WORDS: [&str; 32] = [
    "amber", "bridge", "café", "delta", "early", "field", "garden", "harbour", "island", "june",
    "kite", "lantern", "\"live\"", "meadow", "north", "orange", "paper", "quiet", "river",
    "silver", "thunder", "umbra", "velvet", "winter", "yonder", "zenith", "echo", "föhn",
    "granite", "hollow", "ivory", "jasper",
];

/// Words of so many characters together.
pub(crate) fn text(seed: u64, characters: usize) -> String {
    let mut text = String::with_capacity(characters + 16);
    let mut index = 0;
    while text.chars().count() < characters {
        let word = mix(seed, index) % WORDS.len() as u64;
        text.push_str(WORDS[usize::try_from(word).unwrap_or_default()]);
        text.push(' ');
        index += 1;
    }
    text.chars().take(characters).collect()
}

#[test]
fn values_depend_on_every_part_of_their_place() {
    let one = seed("Track", 1, "title");
    assert_ne!(one, seed("Track", 2, "title"));
    assert_ne!(one, seed("Album", 1, "title"));
    assert_ne!(one, seed("Track", 1, "genre"));
    assert_eq!(one, seed("Track", 1, "title"));
}

#[test]
fn text_has_the_wished_length() {
    for length in [0, 1, 5, 6, 80] {
        assert_eq!(text(7, length).chars().count(), length);
    }
}

#[test]
fn ids_are_read_back() {
    assert_eq!(parse_id(&id_text(48_879)), Some(48_879));
    assert_eq!(parse_id("x"), None);
}
