//! The yardstick: on small random inputs, the least cost that any plan can have.
//!
//! An obligation is a want that must be asked for, or a view of a place that must be open. Each is
//! met in one of a few ways, which make further obligations. Every combination of ways is tried,
//! and its cost computed afterwards, from nothing but the dependencies: a view has the earliest
//! round its way allows, or any later one up to the last. So requests may wait to be shared.
//! Nothing here is shared with the planner but the tree of wants.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use operation::{ApiSchema, Limits};
use query_graph::{NodeId, QueryGraph};
use schema::{FieldSetItem, SubgraphId};

use crate::tree::{self, PlaceId, ROOT, Tree, WantId};
use crate::{Options, plan};

/// Something that must be had. Views entered with requirements are told apart by the want that
/// has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Obligation {
    Want(WantId),
    View(PlaceId, NodeId),
    Entered(WantId, NodeId),
}

/// How an obligation is met: in the request of another one, by a request for root fields, or by
/// an entity request after some others.
#[derive(Clone, Debug)]
enum Way {
    Within(Obligation),
    Root(SubgraphId),
    Entity(SubgraphId, Vec<Obligation>),
}

struct Search<'g> {
    tree: Tree<'g>,
    ways: BTreeMap<Obligation, Way>,
    best: Option<(u16, usize)>,
    steps: Cell<usize>,
}

/// More than this is not small.
const MAX_STEPS: usize = 20_000;

/// The least rounds and requests for the wants of `tree`; none when the search is too large.
fn least_cost(tree: Tree<'_>, wants: Vec<WantId>) -> Option<(u16, usize)> {
    let mut search = Search {
        tree,
        ways: BTreeMap::new(),
        best: None,
        steps: Cell::new(0),
    };
    let pending = wants.into_iter().map(Obligation::Want).collect();
    search.meet(pending);
    (search.steps.get() < MAX_STEPS)
        .then_some(search.best)
        .flatten()
}

impl Search<'_> {
    fn meet(&mut self, mut pending: Vec<Obligation>) {
        if self.is_too_large() {
            return;
        }
        while let Some(next) = pending.pop() {
            if self.ways.contains_key(&next) {
                continue;
            }
            for (way, needs) in self.ways_to(next) {
                self.ways.insert(next, way);
                let mut further = pending.clone();
                further.extend(needs);
                self.meet(further);
                self.ways.remove(&next);
            }
            return;
        }
        if let Some(cost) = self.cost()
            && self.best.is_none_or(|best| cost < best)
        {
            self.best = Some(cost);
        }
    }

    /// Counts a step.
    fn is_too_large(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() >= MAX_STEPS
    }

    /// The ways to meet an obligation, each with what it needs.
    fn ways_to(&mut self, obligation: Obligation) -> Vec<(Way, Vec<Obligation>)> {
        match obligation {
            Obligation::Want(want) => self.ways_to_want(want),
            Obligation::View(place, node) => self.ways_to_view(place, node),
            Obligation::Entered(want, node) => self.ways_to_enter(want, node),
        }
    }

    /// At any view that resolves the field; with requirements, entered with them.
    fn ways_to_want(&mut self, want: WantId) -> Vec<(Way, Vec<Obligation>)> {
        let it = self.tree.want(want);
        let views = self.tree.place(it.place).views.clone();
        let (place, name) = (it.place, it.name.clone());
        let mut ways = Vec::new();
        for view in views {
            let Some(field) = self.tree.field(view, &name) else {
                continue;
            };
            let need = match &field.requires {
                Some(_) => Obligation::Entered(want, view),
                None => Obligation::View(place, view),
            };
            ways.push((Way::Within(need), vec![need]));
        }
        ways
    }

    fn ways_to_view(&mut self, place: PlaceId, node: NodeId) -> Vec<(Way, Vec<Obligation>)> {
        let graph = self.tree.graph;
        let mut ways = Vec::new();
        if place == ROOT {
            return vec![(Way::Root(graph.node(node).subgraph), Vec::new())];
        }
        if let Some(want) = self.tree.place(place).below {
            let (above, name) = (
                self.tree.want(want).place,
                self.tree.want(want).name.clone(),
            );
            for view in self.tree.place(above).views.clone() {
                let Some(field) = self.tree.field(view, &name) else {
                    continue;
                };
                if field.target == Some(node) {
                    let need = match &field.requires {
                        Some(_) => Obligation::Entered(want, view),
                        None => Obligation::View(above, view),
                    };
                    ways.push((Way::Within(need), vec![need]));
                }
            }
        }
        for key in &graph.node(node).keys.clone() {
            let needs = self.needs_of(place, &key.items);
            ways.push((Way::Entity(graph.node(node).subgraph, needs.clone()), needs));
        }
        ways
    }

    fn ways_to_enter(&mut self, want: WantId, node: NodeId) -> Vec<(Way, Vec<Obligation>)> {
        let graph = self.tree.graph;
        let (place, name) = (
            self.tree.want(want).place,
            self.tree.want(want).name.clone(),
        );
        let requires = self
            .tree
            .field(node, &name)
            .and_then(|field| field.requires.clone());
        let required = requires
            .map(|set| self.needs_of(place, &set.items))
            .unwrap_or_default();
        let mut ways = Vec::new();
        for key in &graph.node(node).keys.clone() {
            let mut needs = self.needs_of(place, &key.items);
            needs.extend(required.iter().copied());
            ways.push((Way::Entity(graph.node(node).subgraph, needs.clone()), needs));
        }
        ways
    }

    /// The wants that a field set of object types selects.
    fn needs_of(&mut self, place: PlaceId, items: &[FieldSetItem]) -> Vec<Obligation> {
        let mut needs = Vec::new();
        for item in items {
            let FieldSetItem::Field(field) = item else {
                panic!("the schemas here have no fragments")
            };
            let want = self
                .tree
                .internal_want(place, &field.name, &field.arguments);
            let want = want.expect("within the limit").expect("the field is there");
            if field.items.is_empty() {
                needs.push(Obligation::Want(want));
            } else {
                let below = self.tree.place_below(want).expect("within the limit");
                needs.extend(self.needs_of(below, &field.items));
            }
        }
        needs
    }

    /// Rounds and requests of the ways chosen. None: they go round in circles.
    fn cost(&self) -> Option<(u16, usize)> {
        let mut earliest: HashMap<Obligation, u16> = HashMap::new();
        for obligation in self.ways.keys() {
            self.earliest(*obligation, &mut earliest, &mut BTreeSet::new())?;
        }
        let entities: Vec<(Obligation, SubgraphId)> = self
            .ways
            .iter()
            .filter_map(|(obligation, way)| match way {
                Way::Entity(subgraph, _) => Some((*obligation, *subgraph)),
                _ => None,
            })
            .collect();
        let roots: BTreeSet<SubgraphId> = self
            .ways
            .values()
            .filter_map(|way| match way {
                Way::Root(subgraph) => Some(*subgraph),
                _ => None,
            })
            .collect();
        let last = entities
            .iter()
            .filter_map(|(it, _)| earliest.get(it))
            .copied()
            .max()
            .unwrap_or(0);
        let mut least = usize::MAX;
        self.delay(&entities, last, &mut BTreeMap::new(), &mut least);
        (least != usize::MAX).then(|| (last + 1, roots.len() + least))
    }

    fn earliest(
        &self,
        obligation: Obligation,
        known: &mut HashMap<Obligation, u16>,
        open: &mut BTreeSet<Obligation>,
    ) -> Option<u16> {
        if let Some(round) = known.get(&obligation) {
            return Some(*round);
        }
        if !open.insert(obligation) {
            return None;
        }
        let round = match self.ways.get(&obligation)? {
            Way::Root(_) => 0,
            Way::Within(other) => self.earliest(*other, known, open)?,
            Way::Entity(_, needs) => {
                let mut round = 0;
                for need in needs {
                    round = round.max(self.earliest(*need, known, open)? + 1);
                }
                round.max(1)
            }
        };
        open.remove(&obligation);
        known.insert(obligation, round);
        Some(round)
    }

    /// Tries every round for every entity request, and keeps the fewest pairs of subgraph and round.
    fn delay(
        &self,
        entities: &[(Obligation, SubgraphId)],
        last: u16,
        rounds: &mut BTreeMap<Obligation, u16>,
        least: &mut usize,
    ) {
        if self.is_too_large() {
            return;
        }
        if let Some((obligation, _)) = entities.iter().find(|(it, _)| !rounds.contains_key(it)) {
            for round in 1..=last {
                rounds.insert(*obligation, round);
                self.delay(entities, last, rounds, least);
            }
            rounds.remove(obligation);
            return;
        }
        let in_time = entities.iter().all(|(obligation, _)| {
            let Some(Way::Entity(_, needs)) = self.ways.get(obligation) else {
                return true;
            };
            needs
                .iter()
                .all(|need| self.arrives(*need, rounds) < rounds[obligation])
        });
        if in_time {
            let pairs: BTreeSet<(SubgraphId, u16)> = entities
                .iter()
                .map(|(obligation, subgraph)| (*subgraph, rounds[obligation]))
                .collect();
            *least = (*least).min(pairs.len());
        }
    }

    fn arrives(&self, obligation: Obligation, rounds: &BTreeMap<Obligation, u16>) -> u16 {
        match &self.ways[&obligation] {
            Way::Root(_) => 0,
            Way::Within(other) => self.arrives(*other, rounds),
            Way::Entity(..) => rounds[&obligation],
        }
    }
}

/// xorshift64*: small, seeded, good enough to vary schemas.
struct Random(u64);

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

/// Subgraphs over a few entity types with one or two keys, shared fields, and requirements; and a
/// query. Not all of them compose.
fn random_case(random: &mut Random) -> (Vec<(String, String)>, String) {
    let (subgraphs, types, fields) = (
        2 + random.below(2),
        1 + random.below(2),
        2 + random.below(2),
    );
    let mut schemas = Vec::new();
    for subgraph in 0..subgraphs {
        let mut sdl = String::new();
        if subgraph == 0 || random.one_in(3) {
            sdl.push_str("type Query { root: T0 @shareable }\n");
        }
        for ty in 0..types {
            let keys = match random.below(4) {
                0 => vec!["id"],
                1 => vec!["code"],
                _ => vec!["id", "code"],
            };
            let _ = write!(sdl, "type T{ty}");
            for key in &keys {
                let _ = write!(sdl, " @key(fields: \"{key}\")");
            }
            sdl.push_str(" {");
            for key in &keys {
                let _ = write!(sdl, " {key}: ID!");
            }
            let mut required: Option<usize> = None;
            for field in 0..fields {
                if random.one_in(2) {
                    let _ = write!(sdl, " f{field}: Int @shareable");
                } else if required.is_none() && random.one_in(3) {
                    required = Some(field);
                }
            }
            if let Some(field) = required {
                let _ = write!(
                    sdl,
                    " f{field}: Int @external r{subgraph}x{ty}: Int @requires(fields: \"f{field}\")"
                );
            }
            if random.one_in(2) {
                let _ = write!(sdl, " next: T{} @shareable", (ty + 1) % types);
            }
            sdl.push_str(" }\n");
        }
        schemas.push((format!("s{subgraph}"), sdl));
    }
    let select = |random: &mut Random, ty: usize| -> String {
        let mut wanted: Vec<String> = Vec::new();
        for field in 0..fields {
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
    };
    let has_next = schemas.iter().any(|(_, sdl)| sdl.contains("next"));
    let mut query = format!("{{ root {{ {}", select(random, 0));
    if has_next && random.one_in(2) {
        let _ = write!(query, " next {{ {} }}", select(random, 1 % types));
    }
    query.push_str(" } }");
    (schemas, query)
}

/// How many random cases are looked at; about a third can be compared.
const CASES: usize = 500;

#[test]
fn small_plans_cost_what_the_best_plan_costs() {
    let mut random = Random(0x005E_ED0F_3A5E);
    let (mut compared, mut dearer) = (0, Vec::new());
    for _ in 0..CASES {
        let (schemas, query) = random_case(&mut random);
        let Some((ours, best)) = costs(&schemas, &query) else {
            continue;
        };
        compared += 1;
        assert!(
            ours >= best,
            "cheaper than the best: {ours:?} < {best:?}\n{schemas:#?}\n{query}"
        );
        if ours > best {
            dearer.push((ours, best, schemas, query));
        }
    }
    assert!(compared > 100, "only {compared} cases could be compared");
    assert!(
        dearer.is_empty(),
        "{} of {compared} are dearer, such as {:#?}",
        dearer.len(),
        dearer[0]
    );
}

/// Rounds and requests of our plan and of the best one. None: the schemas do not compose, the
/// query does not fit them, or the case is not small.
fn costs(schemas: &[(String, String)], query: &str) -> Option<((u16, usize), (u16, usize))> {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", \
                import: [\"@key\", \"@shareable\", \"@external\", \"@requires\"])\n";
    let parsed: Vec<subgraph::Subgraph> = schemas
        .iter()
        .map(|(name, sdl)| subgraph::Subgraph::parse(name, "", &format!("{sdl}{link}")))
        .collect::<Result<_, _>>()
        .ok()?;
    let supergraph = composition::compose(&parsed).supergraph?;
    let model = supergraph.model();
    let graph = QueryGraph::build(model);
    let api = ApiSchema::parse(&model.api_sdl()).expect("a valid API schema");
    let prepared = operation::prepare(&api, query, None, &Limits::default()).ok()?;
    let options = Options::default();
    let ours = plan(&graph, &prepared.operation, &options).expect("what composes can be planned");
    let rounds = ours
        .fetches
        .iter()
        .map(|fetch| fetch.round + 1)
        .max()
        .unwrap_or(0);
    let by_type = tree::ByType::new();
    let tree =
        tree::build(&graph, &prepared.operation, &options, &by_type).expect("within the limit");
    let leaves = (0..tree.wants.len())
        .map(|index| WantId(u32::try_from(index).expect("few wants")))
        .filter(|want| tree.want(*want).target.is_none())
        .collect();
    // A place of which only `__typename` is asked has no leaf to stand for it.
    if query.contains("__typename") {
        return None;
    }
    let best = least_cost(tree, leaves)?;
    Some(((rounds, ours.fetches.len()), best))
}
