//! A request's body, as bytes with holes.

use bytes::Bytes;
use plan::Fetch;
use schema::Name;

use crate::json_text;

/// The body of a fetch's request.
#[derive(Clone, Debug)]
pub(crate) struct RequestShape {
    /// All that stands before the first variable; everything when there is none.
    pub(crate) head: Bytes,
    /// The name of the operation that is sent.
    pub(crate) operation_name: Option<Name>,
    /// The client's variables.
    pub(crate) variables: Vec<Hole>,
    /// The variables that carry representations, in the order of the fetch's entities.
    pub(crate) representations: Vec<Hole>,
    /// What stands after the last variable.
    pub(crate) tail: &'static [u8],
}

/// Where the value of a variable goes.
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    /// The variable.
    pub(crate) name: Name,
    /// `"name":`
    pub(crate) key: Box<[u8]>,
}

impl Hole {
    fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            key: format!("\"{name}\":").into_bytes().into(),
        }
    }
}

/// The request of a fetch.
pub(crate) fn compile(fetch: &Fetch) -> RequestShape {
    let mut head = b"{\"query\":".to_vec();
    json_text::push_quoted(&mut head, &fetch.document);
    if let Some(name) = &fetch.operation_name {
        head.extend_from_slice(b",\"operationName\":");
        json_text::push_quoted(&mut head, name);
    }
    let has_holes = !fetch.variables.is_empty() || !fetch.entities.is_empty();
    head.extend_from_slice(if has_holes { b",\"variables\":{" } else { b"}" });
    RequestShape {
        head: head.into(),
        operation_name: fetch.operation_name.clone(),
        variables: fetch.variables.iter().map(Hole::new).collect(),
        representations: fetch
            .entities
            .iter()
            .map(|entities| Hole::new(&entities.variable))
            .collect(),
        tail: if has_holes { b"}}" } else { b"" },
    }
}

impl RequestShape {
    /// Whether every request has the same body.
    pub(crate) fn is_constant(&self) -> bool {
        self.variables.is_empty() && self.representations.is_empty()
    }

    /// Appends everything up to the representations. A variable without a value is left out, so
    /// that the subgraph applies its default.
    pub(crate) fn begin(&self, body: &mut Vec<u8>, values: &[(Name, Bytes)]) {
        body.extend_from_slice(&self.head);
        self.client_variables(body, values, |_| true);
    }

    /// Appends those of the client's variables that are used.
    pub(crate) fn client_variables(
        &self,
        body: &mut Vec<u8>,
        values: &[(Name, Bytes)],
        is_used: impl Fn(&Name) -> bool,
    ) {
        for hole in self.variables.iter().filter(|hole| is_used(&hole.name)) {
            if let Some((_, value)) = values.iter().find(|(name, _)| *name == hole.name) {
                separate(body);
                body.extend_from_slice(&hole.key);
                body.extend_from_slice(value);
            }
        }
    }
}

/// Appends a comma unless an object or a list has just been opened.
pub(crate) fn separate(body: &mut Vec<u8>) {
    if !matches!(body.last(), Some(b'{' | b'[')) {
        body.push(b',');
    }
}
