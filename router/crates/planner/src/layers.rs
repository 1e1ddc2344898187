//! What has been chosen: layers, and the requests that make them.
//!
//! A layer is a place as one request sees it. For `{ me { name favourites } }`, with `name` in users
//! and `favourites` in music:
//! ```text
//! request        layer                    got to by                       selected
//! users, 0       root at (users Query)    the request's data              me
//! users, 0       me at (users User)       `me` of the layer above         id, name
//! music, 1       me at (music User)       its key, sending `id`           favourites
//! ```
//! Nothing here decides or searches: layers are only added, each by one want, key or narrowing, and
//! following `Origin` from any of them ends at a request's data or at what an entity request sends.

use std::collections::HashSet;

use query_graph::NodeId;
use schema::{Inclusion, Name, SubgraphId, Type, TypeSet};

use crate::tree::{PlaceId, Tree, WantId};

/// Which of [`Solution::layers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LayerId(pub(crate) u32);

/// Which of [`Solution::groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupId(pub(crate) u32);

/// A place seen at a node, by one request.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) place: PlaceId,
    pub(crate) node: NodeId,
    pub(crate) group: GroupId,
    pub(crate) origin: Origin,
    /// The wants that are asked for in it, each with the layer of the place below.
    pub(crate) selected: Vec<(WantId, Option<LayerId>)>,
    /// The layers that see the same objects narrowed to a type.
    pub(crate) narrowed: Vec<LayerId>,
    /// Whether it is needed whatever is selected in it: to learn what stands at the place.
    pub(crate) needed: bool,
}

/// How one gets to a layer.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// It is the data of its request.
    Data,
    /// By a want of the layer above.
    Field(LayerId),
    /// By narrowing the layer of the whole place.
    Narrowed(LayerId),
    /// By its key.
    Entity {
        /// What is sent: the key's fields, then requirements.
        sent: Vec<Sent>,
        /// The layer that says the type of the objects, where the one the key comes from does not.
        typed: Option<LayerId>,
        /// The arguments of its fields that are taken from objects above.
        contexts: Vec<ContextSent>,
    },
}

/// An argument that is taken from the nearest object above that has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ContextSent {
    /// The field.
    pub(crate) want: WantId,
    pub(crate) argument: Name,
    pub(crate) ty: Type,
    /// Nearest first: the place, the object types it is for, and the one value of each that is sent.
    pub(crate) sources: Vec<(PlaceId, Option<TypeSet>, Vec<Sent>)>,
}

/// A field of a representation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) name: Name,
    pub(crate) is_key: bool,
    /// The object types it is for, inside an abstract type.
    pub(crate) on: Option<TypeSet>,
    pub(crate) value: SentValue,
    /// What is sent of the object below; never empty for an object.
    pub(crate) below: Vec<Sent>,
}

/// What a field of a representation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentValue {
    /// The value of a want.
    Want(WantId),
    /// The name of the object's type, as this layer of its place says.
    TypeName(LayerId),
}

/// One request: everything that goes to one subgraph in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) subgraph: SubgraphId,
    pub(crate) round: u16,
    /// Which step of a mutation it belongs to; 0 for queries.
    pub(crate) step: u16,
    /// The place whose root fields it asks for: the root, or a field that returns the query root
    /// again. None for entities, of any places.
    pub(crate) root_of: Option<PlaceId>,
}

/// The layers and requests chosen so far. Cloned to try something and to go back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) layers: Vec<Layer>,
    pub(crate) groups: Vec<Group>,
    /// The open layers of each place.
    open: Vec<Vec<LayerId>>,
    /// The layers in which each want is asked for.
    sources: Vec<Vec<LayerId>>,
    /// The wants that are needed whatever the client skips: parts of keys and requirements.
    always: HashSet<WantId>,
}

/// The tree of wants with the layers that serve them.
#[derive(Debug)]
pub(crate) struct Solution<'g> {
    pub(crate) tree: Tree<'g>,
    pub(crate) chosen: Chosen,
    /// The step that is being solved, and the first round of its requests.
    pub(crate) step: u16,
    pub(crate) first_round: u16,
    /// The last round that the step needs; nothing is gained by being done before it.
    pub(crate) last_round: u16,
    /// The only subgraph whose root fields may be asked for: a mutation field runs in one.
    pub(crate) root_subgraph: Option<SubgraphId>,
}

impl<'g> Solution<'g> {
    pub(crate) fn new(tree: Tree<'g>) -> Self {
        Self {
            tree,
            chosen: Chosen::default(),
            step: 0,
            first_round: 0,
            last_round: u16::MAX,
            root_subgraph: None,
        }
    }

    /// When a want is asked for, given that its place is.
    pub(crate) fn inclusion(&self, want: WantId) -> Inclusion {
        if self.chosen.always.contains(&want) {
            Inclusion::always()
        } else {
            self.tree.want(want).inclusion.clone()
        }
    }

    /// When objects can stand at a place at all.
    pub(crate) fn place_inclusion(&self, place: PlaceId) -> Inclusion {
        let mut inclusion = Inclusion::always();
        let mut next = self.tree.place(place).below;
        while let Some(want) = next {
            inclusion = inclusion.and(&self.inclusion(want));
            next = self.tree.place(self.tree.want(want).place).below;
        }
        inclusion
    }

    /// Makes a want unconditional: a key or requirement is needed whatever the client skips.
    pub(crate) fn want_always(&mut self, want: WantId) {
        self.chosen.always.insert(want);
    }

    pub(crate) fn layer(&self, id: LayerId) -> &Layer {
        &self.chosen.layers[id.0 as usize]
    }

    pub(crate) fn layer_mut(&mut self, id: LayerId) -> &mut Layer {
        &mut self.chosen.layers[id.0 as usize]
    }

    pub(crate) fn group(&self, id: GroupId) -> &Group {
        &self.chosen.groups[id.0 as usize]
    }

    /// The round in which a layer's objects arrive.
    pub(crate) fn round(&self, layer: LayerId) -> u16 {
        self.group(self.layer(layer).group).round
    }

    /// The open layers of a place that belong to the step being solved.
    pub(crate) fn open_layers(&self, place: PlaceId) -> impl Iterator<Item = LayerId> + '_ {
        self.chosen
            .open
            .get(place.0 as usize)
            .into_iter()
            .flatten()
            .copied()
            .filter(|layer| self.group(self.layer(*layer).group).step == self.step)
    }

    /// The layers in which a want is asked for.
    pub(crate) fn sources(&self, want: WantId) -> &[LayerId] {
        self.chosen
            .sources
            .get(want.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// The request for this subgraph, round and purpose in the step being solved, if there is one.
    pub(crate) fn find_group(
        &self,
        subgraph: SubgraphId,
        round: u16,
        root_of: Option<PlaceId>,
    ) -> Option<GroupId> {
        let index = self.chosen.groups.iter().position(|group| {
            group.subgraph == subgraph
                && group.round == round
                && group.step == self.step
                && group.root_of == root_of
        })?;
        Some(GroupId(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub(crate) fn find_or_add_group(
        &mut self,
        subgraph: SubgraphId,
        round: u16,
        root_of: Option<PlaceId>,
    ) -> GroupId {
        if let Some(known) = self.find_group(subgraph, round, root_of) {
            return known;
        }
        let id = GroupId(u32::try_from(self.chosen.groups.len()).unwrap_or(u32::MAX));
        self.chosen.groups.push(Group {
            subgraph,
            round,
            step: self.step,
            root_of,
        });
        id
    }

    pub(crate) fn add_layer(
        &mut self,
        place: PlaceId,
        node: NodeId,
        group: GroupId,
        origin: Origin,
    ) -> LayerId {
        let id = LayerId(u32::try_from(self.chosen.layers.len()).unwrap_or(u32::MAX));
        self.chosen.layers.push(Layer {
            place,
            node,
            group,
            origin,
            selected: Vec::new(),
            narrowed: Vec::new(),
            needed: false,
        });
        let index = place.0 as usize;
        if self.chosen.open.len() <= index {
            self.chosen.open.resize_with(index + 1, Vec::new);
        }
        self.chosen.open[index].push(id);
        id
    }

    /// Asks for `want` in `layer`, which must see the place at which it is wanted.
    pub(crate) fn select(&mut self, layer: LayerId, want: WantId, below: Option<LayerId>) {
        self.layer_mut(layer).selected.push((want, below));
        let index = want.0 as usize;
        if self.chosen.sources.len() <= index {
            self.chosen.sources.resize_with(index + 1, Vec::new);
        }
        self.chosen.sources[index].push(layer);
    }

    /// Whether a layer is entered with more than a key. If something else that is sent cannot be had,
    /// its objects cannot; so only fields that need it are asked for there.
    pub(crate) fn needs_more_than_a_key(&self, layer: LayerId) -> bool {
        match &self.layer(layer).origin {
            Origin::Entity { sent, contexts, .. } => {
                !contexts.is_empty() || sent.iter().any(|one| !one.is_key)
            }
            _ => false,
        }
    }

    /// The layer whose objects a layer's objects are: that of the whole place for a narrowed one.
    pub(crate) fn whole_layer(&self, mut layer: LayerId) -> LayerId {
        while let Origin::Narrowed(whole) = self.layer(layer).origin {
            layer = whole;
        }
        layer
    }
}
