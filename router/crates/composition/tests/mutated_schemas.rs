//! Whatever a schema says, composing it ends in a supergraph or in problems, never in a panic; and
//! every supergraph that comes out can be read back, prints the same again, does not depend on the
//! order of its subgraphs, and is valid GraphQL, as is its API schema.
//!
//! Small schemas that use everything are damaged at random, from a fixed seed: words are dropped,
//! doubled, swapped and replaced by others.

use composition::{Composition, compose};
use subgraph::Subgraph;
use supergraph::Supergraph;

/// How many damaged graphs are composed.
const ROUNDS: u32 = 80;

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides", "@external", "@tag", "@shareable", "@inaccessible", "@override", "@composeDirective", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize"])
"#;

const MUSIC: &str = r#"
"What there is to ask."
type Query { track(id: ID!, kind: Kind = LOUD): Track node: Node search(filter: Filter = {text: "x"}): [Result!]! @cost(weight: 5) }
interface Node @key(fields: "id") { id: ID! }
type Track implements Node @key(fields: "id") @context(name: "track") { id: ID! title: String @shareable artist: Artist @provides(fields: "name") plays: Int @tag(name: "stats") take: Take }
type Artist implements Node @key(fields: "id") @key(fields: "slug", resolvable: false) { id: ID! slug: String name: String @external tracks(first: Int = 10): [Track] @listSize(slicingArguments: ["first"]) }
type Take @key(fields: "id") { id: ID! mood(of: String @fromContext(field: "$track { title }")): String }
union Result = Track | Artist
enum Kind { LOUD QUIET @inaccessible }
input Filter { text: String = "a" kinds: [Kind!] }
scalar Date
"#;

const USERS: &str = r#"
type Query { me: User @authenticated result: Result }
type Mutation { rename(name: String!): User @requiresScopes(scopes: [["write"], ["admin"]]) }
type User @key(fields: "id organization { id }") { id: ID! organization: Organization secret: String @inaccessible email: String @external greeting: String @requires(fields: "email") @policy(policies: [["p"]]) title: String @override(from: "music", label: "percent(10)") }
type Organization @key(fields: "id") { id: ID! }
type Node @interfaceObject @key(fields: "id") { id: ID! likes: Int }
union Result = User
"#;

const ACCOUNTS: &str = r#"
type User @key(fields: "id organization { id }") { id: ID! organization: Organization email: String @policy(policies: [["p"]]) }
type Organization @key(fields: "id") @shareable { id: ID! name: String }
type Artist @key(fields: "id") { id: ID! name: String @shareable }
directive @log(level: Int) on FIELD
"#;

const OLD: &str = r#"
extend type Track @key(fields: "id") { id: ID! @external plays: Int @external rank: Int @requires(fields: "plays") }
type Date2 { day: Int month: Int }
type Subscription { started: Track }
"#;

/// A small generator (xorshift), for the same damage everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(self.0 % limit).unwrap_or(0)
    }
}

fn words(sdl: &str) -> Vec<String> {
    let joins = |character: char| character.is_alphanumeric() || "_@".contains(character);
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in sdl.chars() {
        if joins(character) {
            word.push(character);
        } else {
            words.extend([std::mem::take(&mut word), character.to_string()]);
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn damage(sdl: &str, random: &mut Random) -> String {
    let mut words = words(sdl);
    for _ in 0..random.below(4) {
        let (one, other) = (random.below(words.len()), random.below(words.len()));
        match random.below(4) {
            0 => {
                words.remove(one);
            }
            1 => words.insert(other, words[one].clone()),
            2 => words.swap(one, other),
            _ => words[one] = words[other].clone(),
        }
    }
    words.concat()
}

fn print(composition: &Composition) -> Option<String> {
    let supergraph = composition.supergraph.as_ref()?;
    Some(supergraph.model().print())
}

#[test]
fn damaged_schemas_end_in_a_supergraph_or_in_problems() {
    let mut random = Random(0x5EED_CAFE_F00D_0001);
    let linked = |sdl: &str| format!("{LINK}{sdl}");
    let originals = [
        ("accounts", linked(ACCOUNTS)),
        ("music", linked(MUSIC)),
        ("old", OLD.to_owned()),
        ("users", linked(USERS)),
    ];
    let (mut composed, mut refused, mut unread) = (0, 0, 0);
    for round in 0..ROUNDS {
        let mut parsed = Vec::new();
        for (name, sdl) in &originals {
            // Most subgraphs stay whole: damage to all of them hides what damage to one does.
            let sdl = if random.below(3) == 0 {
                damage(sdl, &mut random)
            } else {
                sdl.clone()
            };
            match Subgraph::parse(name, "http://example.org", &sdl) {
                Ok(subgraph) => parsed.push(subgraph),
                Err(problems) => {
                    assert!(problems.has_errors(), "round {round}");
                    unread += 1;
                }
            }
        }
        let forward = compose(&parsed);
        parsed.reverse();
        let backward = compose(&parsed);
        assert_eq!(forward.problems, backward.problems, "round {round}");
        assert_eq!(print(&forward), print(&backward), "round {round}");
        let Some(supergraph) = &forward.supergraph else {
            assert!(forward.problems.has_errors(), "round {round}");
            refused += 1;
            continue;
        };
        assert!(!forward.problems.has_errors(), "round {round}");
        let printed = supergraph.model().print();
        let again = Supergraph::read(&printed).unwrap_or_else(|error| panic!("{round}: {error}"));
        assert_eq!(printed, again.model().print(), "round {round}");
        let api = supergraph.model().api_sdl();
        assert_eq!(api, again.model().api_sdl(), "round {round}");
        for sdl in [&printed, &api] {
            if let Err(error) = operation::ApiSchema::parse(sdl) {
                panic!("{round}: {error}\n{sdl}");
            }
        }
        composed += 1;
    }
    // Damage that always, or never, matters would test nothing.
    assert!(
        composed > 5 && refused > 5 && unread > 5,
        "{composed} {refused} {unread}"
    );
}

#[test]
fn the_undamaged_schemas_compose() {
    let parse = |(name, sdl): (&str, String)| {
        Subgraph::parse(name, "", &sdl).unwrap_or_else(|problems| panic!("{problems}"))
    };
    let linked = |sdl: &str| format!("{LINK}{sdl}");
    let composition = compose(&[
        parse(("accounts", linked(ACCOUNTS))),
        parse(("music", linked(MUSIC))),
        parse(("old", OLD.to_owned())),
        parse(("users", linked(USERS))),
    ]);
    assert!(composition.supergraph.is_some(), "{}", composition.problems);
}
