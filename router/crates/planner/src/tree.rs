//! What is wanted: places, and the fields wanted at each.
//!
//! A place is where objects stand in the answer. At an abstract place a field is wanted either
//! at the place itself, when some subgraph resolves it on the abstract type, or once for each
//! object type, at the place *narrowed* to that type. That choice depends on the schema only, so
//! the tree of what the client wants is complete before any source is chosen. Keys and
//! requirements add wants later.
//!
//! A field with selections that is wanted at the place itself is seen only through views of the
//! abstract type; what is below it may need a key that just one object type has. When that
//! shows, the tree is built again with the field wanted type by type: see [`ByType`].

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use operation::{Operation, SelectionSet};
use query_graph::{NodeId, NodeKind, QueryGraph};
use schema::{FieldSet, FieldSetItem, Inclusion, Name, Type, TypeSet, Value};

use crate::{Options, PlanError};

/// Which of [`Tree::places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PlaceId(pub(crate) u32);

/// Which of [`Tree::wants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WantId(pub(crate) u32);

/// What a client's field is reached along: response keys and types, from the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Path(u64);

/// The fields of abstract places that are to be wanted type by type although a view resolves
/// them on the abstract type: what is below them cannot be had otherwise.
pub(crate) type ByType = HashSet<Path>;

/// Where objects stand.
#[derive(Debug)]
pub(crate) struct Place {
    /// The want it stands below; none for the root. A narrowed place has that of the whole place.
    pub(crate) below: Option<WantId>,
    /// For a place narrowed to one object type: the whole place.
    pub(crate) narrowed_from: Option<PlaceId>,
    /// The type that is declared here, or narrowed to.
    pub(crate) type_name: Name,
    /// The nodes at which an object here may be seen, whatever the price.
    pub(crate) views: Vec<NodeId>,
    /// Of these, the ones that come with the field above, not by a key.
    pub(crate) entry_views: Vec<NodeId>,
    /// What is wanted here.
    pub(crate) wants: Vec<WantId>,
    /// This place narrowed to object types.
    pub(crate) narrowed: Vec<(Name, PlaceId)>,
    /// What the client sees of it.
    pub(crate) answers: Vec<Answer>,
    /// The object types the client may see here.
    pub(crate) possible_types: Option<TypeSet>,
    /// How one gets here.
    path: Path,
}

/// A field wanted at a place.
#[derive(Debug)]
pub(crate) struct Want {
    /// Where.
    pub(crate) place: PlaceId,
    /// The field's name.
    pub(crate) name: Name,
    /// Its arguments.
    pub(crate) arguments: Vec<(Name, Value)>,
    /// The client's key for it; none when only the plan needs it.
    pub(crate) client_key: Option<Name>,
    /// When it is wanted, given that its place is.
    pub(crate) inclusion: Inclusion,
    /// Its type in the supergraph.
    pub(crate) ty: Type,
    /// The place below it, for a field with selections.
    pub(crate) target: Option<PlaceId>,
}

/// A place whose objects set a context for those below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContextPlace {
    pub(crate) place: PlaceId,
    /// The only object type that does; none for all.
    pub(crate) on: Option<Name>,
}

/// A field of the client's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) key: Name,
    pub(crate) parent_type: Name,
    pub(crate) name: Name,
    pub(crate) on: TypeSet,
    pub(crate) inclusion: Inclusion,
    pub(crate) ty: Type,
    pub(crate) value: AnswerValue,
}

/// Where a field of the answer comes from.
#[derive(Debug)]
pub(crate) enum AnswerValue {
    TypeName,
    Introspection,
    /// From this want, for every type the field is for.
    Want(WantId),
    /// From one want for each object type.
    ByType(Vec<(Name, WantId)>),
}

/// All places and wants.
#[derive(Debug)]
pub(crate) struct Tree<'g> {
    pub(crate) graph: &'g QueryGraph,
    pub(crate) options: &'g Options,
    pub(crate) places: Vec<Place>,
    pub(crate) wants: Vec<Want>,
    by_type: &'g ByType,
    /// The wants of a place by name, so that keys find what the client asks for already.
    by_name: HashMap<(PlaceId, Name), Vec<WantId>>,
}

pub(crate) const ROOT: PlaceId = PlaceId(0);

/// How many alternatives a formula may have that is only kept to find contradictions.
const MAX_ALTERNATIVES: usize = 32;

/// The tree of what `operation` wants.
pub(crate) fn build<'g>(
    graph: &'g QueryGraph,
    operation: &Operation,
    options: &'g Options,
    by_type: &'g ByType,
) -> Result<Tree<'g>, PlanError> {
    let mut tree = Tree {
        graph,
        options,
        by_type,
        places: Vec::new(),
        wants: Vec::new(),
        by_name: HashMap::new(),
    };
    let root_type = Name::from(operation.kind.root_type());
    let views = graph.nodes_of(&root_type).to_vec();
    tree.places
        .push(Place::new(None, None, root_type, views.clone(), views));
    tree.want_selections(ROOT, &operation.selections, &Inclusion::always())?;
    Ok(tree)
}

impl Place {
    fn new(
        below: Option<WantId>,
        narrowed_from: Option<PlaceId>,
        type_name: Name,
        entry_views: Vec<NodeId>,
        views: Vec<NodeId>,
    ) -> Self {
        Self {
            below,
            narrowed_from,
            type_name,
            views,
            entry_views,
            wants: Vec::new(),
            narrowed: Vec::new(),
            answers: Vec::new(),
            possible_types: None,
            path: Path(0),
        }
    }
}

impl Path {
    fn then(self, step: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (self.0, step).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl<'g> Tree<'g> {
    pub(crate) fn place(&self, id: PlaceId) -> &Place {
        &self.places[id.0 as usize]
    }

    pub(crate) fn place_mut(&mut self, id: PlaceId) -> &mut Place {
        &mut self.places[id.0 as usize]
    }

    pub(crate) fn want(&self, id: WantId) -> &Want {
        &self.wants[id.0 as usize]
    }

    fn want_mut(&mut self, id: WantId) -> &mut Want {
        &mut self.wants[id.0 as usize]
    }

    /// The place itself, or the whole place it is narrowed from.
    pub(crate) fn whole(&self, id: PlaceId) -> PlaceId {
        self.place(id).narrowed_from.unwrap_or(id)
    }

    /// The move along `name` from `node`, under the labels that are on.
    pub(crate) fn field(&self, node: NodeId, name: &str) -> Option<&'g query_graph::Field> {
        self.graph
            .node(node)
            .field(name)
            .filter(|field| match &field.label {
                None => true,
                Some(label) => self.options.labels_on.contains(&label.label) == label.when,
            })
    }

    /// Adds what the client selects at `place`, which is only there when `within` holds.
    fn want_selections(
        &mut self,
        place: PlaceId,
        set: &SelectionSet,
        within: &Inclusion,
    ) -> Result<(), PlanError> {
        if self.graph.is_abstract(&self.place(place).type_name) {
            self.place_mut(place).possible_types = Some(set.possible_types.clone());
        }
        for field in &set.fields {
            let mut inclusion = within.and(&field.inclusion);
            // Nobody ever sees it, so nobody is asked for it.
            if inclusion.is_never() {
                continue;
            }
            // A formula that grows without end is only good for telling what nobody sees.
            if inclusion.alternatives().len() > MAX_ALTERNATIVES {
                inclusion = field.inclusion.clone();
            }
            let value = match field.name.as_str() {
                "__typename" => AnswerValue::TypeName,
                "__schema" | "__type" => AnswerValue::Introspection,
                _ => self.want_client_field(place, field, &inclusion)?,
            };
            self.place_mut(place).answers.push(Answer {
                key: field.response_key.clone(),
                parent_type: field.parent_type.clone(),
                name: field.name.clone(),
                on: field.on.clone(),
                inclusion: field.inclusion.clone(),
                ty: field.ty.clone(),
                value,
            });
        }
        Ok(())
    }

    fn want_client_field(
        &mut self,
        place: PlaceId,
        field: &operation::Field,
        inclusion: &Inclusion,
    ) -> Result<AnswerValue, PlanError> {
        let path = self.place(place).path.then(&field.response_key);
        let apart = field.selections.is_some() && self.by_type.contains(&path);
        if !apart && self.resolved_whole(place, &field.name, Some(&field.on)) {
            return Ok(AnswerValue::Want(
                self.want_client_field_at(place, field, inclusion)?,
            ));
        }
        let mut by_type = Vec::with_capacity(field.on.len());
        for object in &field.on {
            let narrowed = self.narrow(place, object);
            by_type.push((
                object.clone(),
                self.want_client_field_at(narrowed, field, inclusion)?,
            ));
        }
        Ok(AnswerValue::ByType(by_type))
    }

    fn want_client_field_at(
        &mut self,
        place: PlaceId,
        field: &operation::Field,
        inclusion: &Inclusion,
    ) -> Result<WantId, PlanError> {
        let want = self.add_want(Want {
            place,
            name: field.name.clone(),
            arguments: field.arguments.clone(),
            client_key: Some(field.response_key.clone()),
            inclusion: field.inclusion.clone(),
            ty: field.ty.clone(),
            target: None,
        })?;
        if let Some(selections) = &field.selections {
            let target = self.place_below(want)?;
            self.want_selections(target, selections, inclusion)?;
        }
        Ok(want)
    }

    /// Whether a field wanted at `place` is wanted of the place as a whole: always at an object
    /// type; at an abstract one when a view that comes with the field above resolves it on the
    /// abstract type, for just the object types it is wanted for (or none of the others come).
    pub(crate) fn resolved_whole(&self, place: PlaceId, name: &str, on: Option<&TypeSet>) -> bool {
        let it = self.place(place);
        if !self.graph.is_abstract(&it.type_name) {
            return true;
        }
        it.entry_views.iter().any(|view| {
            let node = self.graph.node(*view);
            self.field(*view, name)
                .is_some_and(|field| field.requires.is_none())
                && on.is_none_or(|on| node.runtime_types.is_subset(on))
        })
    }

    /// The fields above `place` that a client wants of an abstract place as a whole, nearest first:
    /// what cannot be had at `place` may be had when one of them is wanted type by type.
    pub(crate) fn wanted_whole_above(&self, place: PlaceId) -> Vec<Path> {
        let mut fields = Vec::new();
        let mut next = self.place(place).below;
        while let Some(id) = next {
            let want = self.want(id);
            let parent = self.place(want.place);
            if let Some(key) = &want.client_key
                && self.graph.is_abstract(&parent.type_name)
            {
                fields.push(parent.path.then(key));
            }
            next = parent.below;
        }
        fields
    }

    /// The want for this field at `place`, made if nobody wanted it yet. None: there is no such field.
    pub(crate) fn internal_want(
        &mut self,
        place: PlaceId,
        name: &Name,
        arguments: &[(Name, Value)],
    ) -> Result<Option<WantId>, PlanError> {
        if let Some(known) = self.find_want(place, name, arguments) {
            return Ok(Some(known));
        }
        let type_name = &self.place(place).type_name;
        let ty = self
            .graph
            .type_facts(type_name)
            .and_then(|facts| facts.field_types.get(name))
            .cloned();
        let Some(ty) = ty else { return Ok(None) };
        let want = self.add_want(Want {
            place,
            name: name.clone(),
            arguments: arguments.to_vec(),
            client_key: None,
            inclusion: Inclusion::always(),
            ty,
            target: None,
        })?;
        Ok(Some(want))
    }

    /// The object types at `place` that a fragment `... on condition` covers.
    pub(crate) fn covered(&self, place: PlaceId, condition: &Name) -> TypeSet {
        let possible = |name: &str| {
            self.graph
                .type_facts(name)
                .map(|facts| facts.possible_types.clone())
        };
        match (possible(&self.place(place).type_name), possible(condition)) {
            (Some(here), Some(covered)) => here.intersection(&covered),
            _ => TypeSet::from_iter([]),
        }
    }

    /// The first want for this field at `place`, the client's included.
    pub(crate) fn find_want(
        &self,
        place: PlaceId,
        name: &Name,
        arguments: &[(Name, Value)],
    ) -> Option<WantId> {
        let named = self.by_name.get(&(place, name.clone()))?;
        named
            .iter()
            .copied()
            .find(|id| self.want(*id).arguments == arguments)
    }

    fn add_want(&mut self, want: Want) -> Result<WantId, PlanError> {
        if self.wants.len() >= self.options.max_wants {
            return Err(PlanError::TooLarge {
                limit: self.options.max_wants,
            });
        }
        let id = WantId(u32::try_from(self.wants.len()).unwrap_or(u32::MAX));
        self.by_name
            .entry((want.place, want.name.clone()))
            .or_default()
            .push(id);
        self.place_mut(want.place).wants.push(id);
        self.wants.push(want);
        Ok(id)
    }

    /// The place below a want with selections.
    pub(crate) fn place_below(&mut self, want: WantId) -> Result<PlaceId, PlanError> {
        if let Some(known) = self.want(want).target {
            return Ok(known);
        }
        if self.places.len() >= self.options.max_wants {
            return Err(PlanError::TooLarge {
                limit: self.options.max_wants,
            });
        }
        let it = self.want(want);
        let parent = self.place(it.place);
        let type_name = it.ty.inner_name().clone();
        let mut entry_views: Vec<NodeId> = parent
            .views
            .iter()
            .filter_map(|view| self.field(*view, &it.name)?.target)
            .collect();
        entry_views.sort_unstable();
        entry_views.dedup();
        let mut views = entry_views.clone();
        if type_name == "Query" {
            views.extend(self.graph.nodes_of(&type_name));
        }
        views.extend(self.graph.entries(&type_name));
        views.sort_unstable();
        views.dedup();
        let path = match &it.client_key {
            Some(key) => parent.path.then(key),
            None => parent.path.then((&it.name, it.arguments.len())),
        };
        let mut place = Place::new(Some(want), None, type_name, entry_views, views);
        place.path = path;
        let id = self.add_place(place);
        self.want_mut(want).target = Some(id);
        Ok(id)
    }

    /// `place` narrowed to an object type; itself when that is its type already.
    pub(crate) fn narrow(&mut self, place: PlaceId, object: &Name) -> PlaceId {
        let it = self.place(place);
        if it.type_name == *object {
            return place;
        }
        if let Some((_, known)) = it.narrowed.iter().find(|(name, _)| name == object) {
            return *known;
        }
        let narrow = |views: &[NodeId]| -> Vec<NodeId> {
            let mut narrowed: Vec<NodeId> = views
                .iter()
                .filter_map(|view| self.narrowed_view(*view, object))
                .collect();
            narrowed.sort_unstable();
            narrowed.dedup();
            narrowed
        };
        let entry_views = narrow(&it.entry_views);
        let mut views = narrow(&it.views);
        if !views.is_empty() {
            views.extend(self.graph.entries(object));
            views.sort_unstable();
            views.dedup();
        }
        let (below, path) = (it.below, it.path.then(object));
        let mut narrowed = Place::new(below, Some(place), object.clone(), entry_views, views);
        narrowed.path = path;
        let id = self.add_place(narrowed);
        self.place_mut(place).narrowed.push((object.clone(), id));
        id
    }

    /// The whole place of a narrowed one, where the field above may come from a subgraph that knows
    /// the interface as an object and so cannot tell the type.
    pub(crate) fn whole_of_unknown_type(&self, place: PlaceId) -> Option<PlaceId> {
        let whole = self.place(place).narrowed_from?;
        let mut views = self.place(whole).entry_views.iter();
        views
            .any(|view| self.graph.node(*view).kind == NodeKind::InterfaceObject)
            .then_some(whole)
    }

    /// What an entity request for `want` at `node` has to send besides a key. None: it need not be an
    /// entity request.
    ///
    /// A subgraph that knows an interface as an object cannot be asked for a field of just some
    /// types: it resolves it on all objects that it is asked for. If it fails on one that the client
    /// does not ask, and null may not stand there, then more is null than should be. So such a field
    /// is only asked for of objects that were told apart before: by key. The key itself is there
    /// wherever the object is.
    pub(crate) fn sent_for(&self, want: WantId, node: NodeId) -> Option<&'g [FieldSetItem]> {
        let it = self.want(want);
        let field = self.field(node, &it.name)?;
        if let Some(requires) = &field.requires {
            return Some(&requires.items);
        }
        if !field.context.is_empty() {
            return Some(&[]);
        }
        let at = self.graph.node(node);
        let is_key = |key: &Arc<FieldSet>| {
            key.items
                .iter()
                .any(|item| matches!(item, FieldSetItem::Field(field) if field.name == it.name))
        };
        let asks_too_many = field.ty.is_non_null()
            && at.kind == NodeKind::InterfaceObject
            && !at.keys.is_empty()
            && !at.keys.iter().any(is_key)
            && !self.wanted_of_all(want, node);
        asks_too_many.then_some(&[])
    }

    /// The places from which an object at `place` may have a context that `set_on` sets, nearest first,
    /// each for the object types there that do. None: nobody above sets it.
    pub(crate) fn context_places(&self, place: PlaceId, set_on: &TypeSet) -> Vec<ContextPlace> {
        let mut found = Vec::new();
        let mut next = self.place(self.whole(place)).below;
        while let Some(want) = next {
            let place = self.want(want).place;
            let type_name = &self.place(place).type_name;
            let facts = self.graph.type_facts(type_name);
            let Some(possible) = facts.map(|facts| &facts.possible_types) else {
                break;
            };
            if possible.is_subset(set_on) {
                found.push(ContextPlace { place, on: None });
                break;
            }
            let some = possible.intersection(set_on);
            found.extend(some.iter().map(|object| ContextPlace {
                place,
                on: Some(object.clone()),
            }));
            next = self.place(self.whole(place)).below;
        }
        found
    }

    /// Whether a field wanted of one object type is wanted alike of all that `node` stands for.
    fn wanted_of_all(&self, want: WantId, node: NodeId) -> bool {
        let it = self.want(want);
        let Some(whole) = self.place(it.place).narrowed_from else {
            return true;
        };
        let whole = self.place(whole);
        let alike = |other: &WantId| {
            let other = self.want(*other);
            other.name == it.name
                && other.arguments == it.arguments
                && other.inclusion == it.inclusion
        };
        let mut possible = self.graph.node(node).runtime_types.iter();
        possible.all(|object| {
            let narrowed = whole.narrowed.iter().find(|(name, _)| name == object);
            narrowed.is_some_and(|(_, place)| self.place(*place).wants.iter().any(alike))
        })
    }

    /// The node at which an object of type `object` is seen that is seen at `view`.
    pub(crate) fn narrowed_view(&self, view: NodeId, object: &str) -> Option<NodeId> {
        let node = self.graph.node(view);
        match node.kind {
            NodeKind::InterfaceObject => node.runtime_types.contains(object).then_some(view),
            _ => node.casts.get(object).copied(),
        }
    }

    fn add_place(&mut self, place: Place) -> PlaceId {
        let id = PlaceId(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        self.places.push(place);
        id
    }
}
