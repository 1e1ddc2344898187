//! Equal queries that are in flight at the same time share one request.
//!
//! Whoever asks first leads: the request is sent, and its answer told to all who came with the same
//! question meanwhile. Nobody waits under a lock, and a question that nobody else asks costs one hash
//! of its body and two visits to a small map. When a leader goes away without an answer, because its
//! client left or its time was up, each of its followers comes again; the first of them leads.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use tokio::sync::oneshot;

/// Requests come from all threads: they seldom want the same part of the map at once.
const SHARDS: usize = 8;

/// What makes two requests to one subgraph the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// The JSON of the request.
    pub(super) body: Bytes,
    /// What comes from the client and can change the answer: its token, its language.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The questions to one subgraph that are in flight, with answers of type `A`.
#[derive(Debug)]
pub(super) struct Sharing<A> {
    /// Seeded anew in each process, so that nobody can look for questions with the same hash.
    hasher: foldhash::fast::RandomState,
    shards: [Mutex<Shard<A>>; SHARDS],
}

/// Flights by the hash of their question.
type Shard<A> = HashMap<u64, Flight<A>, BuildHasherDefault<Hashed>>;

/// A request on its way.
#[derive(Debug)]
struct Flight<A> {
    question: Question,
    followers: Vec<oneshot::Sender<A>>,
}

/// What one who asks is to do.
#[derive(Debug)]
pub(super) enum Part<'s, A> {
    /// Ask, and tell the others.
    Lead(Lead<'s, A>),
    /// Wait for the answer; an error means that the leader is gone, and the question is to be
    /// put again.
    Follow(oneshot::Receiver<A>),
    /// Ask without telling anybody: another question has the same hash.
    Alone,
}

/// The duty of a leader. When it is dropped, those who follow are free.
#[derive(Debug)]
pub(super) struct Lead<'s, A> {
    sharing: &'s Sharing<A>,
    hash: u64,
    has_landed: bool,
}

impl<A> Default for Sharing<A> {
    fn default() -> Self {
        Self {
            hasher: foldhash::fast::RandomState::default(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl<A> Sharing<A> {
    /// Says what one who has this question is to do.
    pub(super) fn join(&self, question: &Question) -> Part<'_, A> {
        let hash = self.hasher.hash_one(question);
        match self.shard(hash).entry(hash) {
            Entry::Vacant(vacant) => {
                vacant.insert(Flight {
                    question: question.clone(),
                    followers: Vec::new(),
                });
                Part::Lead(Lead {
                    sharing: self,
                    hash,
                    has_landed: false,
                })
            }
            Entry::Occupied(mut flight) if flight.get().question == *question => {
                let (tell, answer) = oneshot::channel();
                flight.get_mut().followers.push(tell);
                Part::Follow(answer)
            }
            Entry::Occupied(_) => Part::Alone,
        }
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<A>> {
        // The map itself looks at the low and at the highest bits.
        let index = (hash >> 32) as usize % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> Lead<'_, A> {
    /// Ends the flight and gives the answer to all who follow.
    pub(super) fn tell(mut self, answer: &A)
    where
        A: Clone,
    {
        for follower in self.land() {
            // Who does not wait any more need not be told.
            let _ = follower.send(answer.clone());
        }
    }

    /// Takes the flight from the map: whoever asks from now on leads again.
    fn land(&mut self) -> Vec<oneshot::Sender<A>> {
        // Once landed, what stands in the map under this hash is somebody else's flight.
        if std::mem::replace(&mut self.has_landed, true) {
            return Vec::new();
        }
        let flight = self.sharing.shard(self.hash).remove(&self.hash);
        flight.map(|flight| flight.followers).unwrap_or_default()
    }
}

impl<A> Drop for Lead<'_, A> {
    fn drop(&mut self) {
        drop(self.land());
    }
}

/// The hash of a key that is a hash.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys are `u64`, which come by the method above.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(body: &'static str, token: Option<&'static str>) -> Question {
        let header = |value| (http::header::AUTHORIZATION, HeaderValue::from_static(value));
        Question {
            body: Bytes::from_static(body.as_bytes()),
            headers: token.map(header).into_iter().collect(),
        }
    }

    fn leads<'s>(sharing: &'s Sharing<u32>, question: &Question) -> Option<Lead<'s, u32>> {
        match sharing.join(question) {
            Part::Lead(lead) => Some(lead),
            Part::Follow(_) | Part::Alone => None,
        }
    }

    fn follows(sharing: &Sharing<u32>, question: &Question) -> Option<oneshot::Receiver<u32>> {
        match sharing.join(question) {
            Part::Follow(answer) => Some(answer),
            Part::Lead(_) | Part::Alone => None,
        }
    }

    fn is_empty(sharing: &Sharing<u32>) -> bool {
        sharing
            .shards
            .iter()
            .all(|it| it.lock().unwrap().is_empty())
    }

    #[tokio::test]
    async fn all_who_ask_the_same_get_the_leaders_answer() {
        let sharing = Sharing::default();
        let lead = leads(&sharing, &question("a", None)).unwrap();
        let first = follows(&sharing, &question("a", None)).unwrap();
        let second = follows(&sharing, &question("a", None)).unwrap();
        lead.tell(&7);
        assert_eq!((first.await, second.await), (Ok(7), Ok(7)));
        assert!(is_empty(&sharing));
    }

    #[test]
    fn other_bodies_and_other_headers_are_other_questions() {
        let sharing = Sharing::default();
        let _lead = leads(&sharing, &question("a", None)).unwrap();
        let _other = leads(&sharing, &question("b", None)).unwrap();
        let _mine = leads(&sharing, &question("a", Some("mine"))).unwrap();
        let _yours = leads(&sharing, &question("a", Some("yours"))).unwrap();
        assert!(follows(&sharing, &question("a", Some("mine"))).is_some());
    }

    #[tokio::test]
    async fn one_who_follows_a_leader_that_went_away_may_lead() {
        let sharing = Sharing::default();
        let asked = question("a", None);
        let lead = leads(&sharing, &asked).unwrap();
        let follower = follows(&sharing, &asked).unwrap();
        drop(lead);
        assert!(follower.await.is_err());
        assert!(leads(&sharing, &asked).is_some());
        assert!(is_empty(&sharing));
    }

    #[test]
    fn a_flight_that_ended_does_not_end_the_next_one() {
        let sharing = Sharing::default();
        let asked = question("a", None);
        let first = leads(&sharing, &asked).unwrap();
        first.tell(&1);
        let _second = leads(&sharing, &asked).unwrap();
        assert!(follows(&sharing, &asked).is_some());
    }

    #[test]
    fn a_question_with_the_hash_of_another_goes_alone() {
        let sharing = Sharing::<u32>::default();
        let asked = question("a", None);
        let hash = sharing.hasher.hash_one(&asked);
        sharing.shard(hash).insert(
            hash,
            Flight {
                question: question("b", None),
                followers: Vec::new(),
            },
        );
        assert!(matches!(sharing.join(&asked), Part::Alone));
    }
}
