//! Plans by operation text, name and override labels: each is made once, and the least used ones are
//! dropped.
//!
//! The key is hashed once and compared exactly. Requests for a plan that is being made wait for it,
//! and share its failure if there is none. The cache is bounded by number and by estimated size;
//! eviction is CLOCK: each entry has a mark that a hit sets, and the hand drops the first entry it
//! finds unmarked, taking marks on its way. What is still being made has no place on the clock, so
//! documents that turn out to be wrong push nothing out.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tokio::sync::OnceCell;

use super::override_labels::Variant;
use super::{PlanFailure, Planned};
use crate::telemetry::{CacheSize, Metrics};

/// So many locks, that requests seldom meet at one.
const SHARDS: usize = 16;
/// A shard smaller than this would drop plans that the others have room for.
const LEAST_PER_SHARD: usize = 32;

/// What a plan depends on, within one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlanKey<'k> {
    /// The document.
    pub(super) text: &'k str,
    /// Which of its operations.
    pub(super) operation_name: Option<&'k str>,
    /// Which override labels are on.
    pub(super) variant: Variant,
}

/// A plan that is there or being made.
#[derive(Debug)]
pub(super) struct Entry {
    text: Box<str>,
    operation_name: Option<Box<str>>,
    variant: Variant,
    hash: u64,
    /// Empty while the plan is being made.
    plan: OnceCell<Result<Arc<Planned>, PlanFailure>>,
    used: AtomicBool,
    /// Counted in the shard's total; 0 while the plan is being made.
    bytes: AtomicUsize,
}

/// A request's interest in an entry. When the last one is lost before there is a plan, the entry goes.
struct Interest<'c> {
    cache: &'c PlanCache,
    entry: Arc<Entry>,
}

/// The cache of one engine.
#[derive(Debug)]
pub(super) struct PlanCache {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    entries_per_shard: usize,
    bytes_per_shard: usize,
    size: Arc<CacheSize>,
}

/// The keys are hashes already.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[derive(Debug, Default)]
struct Shard {
    /// All entries by hash; several only when hashes collide.
    by_hash: HashMap<u64, SmallVec<[Arc<Entry>; 1]>, BuildHasherDefault<Identity>>,
    /// Every entry with a plan once, in the order of the clock.
    clock: VecDeque<Arc<Entry>>,
    bytes: usize,
}

impl PlanCache {
    /// A cache for so many plans, of so many bytes together.
    pub(super) fn new(entries: usize, bytes: usize) -> Self {
        let shards = (entries / LEAST_PER_SHARD).clamp(1, SHARDS);
        Self {
            hasher: RandomState::new(),
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            entries_per_shard: (entries / shards).max(1),
            bytes_per_shard: bytes / shards,
            size: Arc::default(),
        }
    }

    /// What it holds, kept up to date.
    pub(super) fn size(&self) -> Arc<CacheSize> {
        Arc::clone(&self.size)
    }

    /// The plan for a key; `make` is called when there is none yet, once for all who ask.
    pub(super) async fn get<F>(
        &self,
        key: PlanKey<'_>,
        metrics: &Metrics,
        make: impl FnOnce() -> F,
    ) -> Result<Arc<Planned>, PlanFailure>
    where
        F: Future<Output = Result<Planned, PlanFailure>>,
    {
        let interest = Interest {
            cache: self,
            entry: self.entry(key),
        };
        let entry = &interest.entry;
        if let Some(made) = entry.plan.get() {
            metrics.plan_cache_hits.increment();
            return made.clone();
        }
        metrics.plan_cache_misses.increment();
        let made = entry
            .plan
            .get_or_init(|| async { make().await.map(Arc::new) })
            .await;
        match made {
            Ok(plan) => self.settle(entry, plan.estimated_bytes(key.text)),
            // Documents that are wrong are not worth a place; the next one is told again.
            Err(_) => self.remove(entry),
        }
        made.clone()
    }

    /// Puts a plan in that was made without being asked for.
    pub(super) fn put(&self, key: PlanKey<'_>, plan: Planned) {
        let entry = self.entry(key);
        let bytes = plan.estimated_bytes(key.text);
        if entry.plan.set(Ok(Arc::new(plan))).is_ok() {
            self.settle(&entry, bytes);
        }
    }

    /// Texts and names of at most so many operations, those that were used again first.
    pub(super) fn in_use(&self, limit: usize) -> Vec<(Box<str>, Option<Box<str>>)> {
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            entries.extend(shard.clock.iter().cloned());
        }
        entries.sort_by_key(|entry| !entry.used.load(Ordering::Relaxed));
        let mut seen = HashSet::new();
        entries
            .iter()
            .map(|entry| (&entry.text, &entry.operation_name))
            .filter(|operation| seen.insert(*operation))
            .take(limit)
            .map(|(text, operation_name)| (text.clone(), operation_name.clone()))
            .collect()
    }

    fn entry(&self, key: PlanKey<'_>) -> Arc<Entry> {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash);
        if let Some(found) = shard
            .by_hash
            .get(&hash)
            .and_then(|entries| entries.iter().find(|entry| entry.key() == key))
        {
            found.used.store(true, Ordering::Relaxed);
            return Arc::clone(found);
        }
        let entry = Arc::new(Entry {
            text: key.text.into(),
            operation_name: key.operation_name.map(Into::into),
            variant: key.variant,
            hash,
            plan: OnceCell::new(),
            used: AtomicBool::new(false),
            bytes: AtomicUsize::new(0),
        });
        let entries = shard.by_hash.entry(hash).or_default();
        entries.push(Arc::clone(&entry));
        entry
    }

    /// Gives a plan that is there now its place on the clock, and makes room for it.
    fn settle(&self, entry: &Arc<Entry>, bytes: usize) {
        let mut shard = self.shard(entry.hash);
        // It may have been settled by another request, and even evicted, in the meantime.
        if !shard.holds(entry) || entry.bytes.swap(bytes, Ordering::Relaxed) != 0 {
            return;
        }
        while shard.clock.len() >= self.entries_per_shard {
            shard.evict_one(&self.size);
        }
        shard.clock.push_back(Arc::clone(entry));
        shard.bytes += bytes;
        self.size.entries.increment();
        self.size.bytes.add(bytes);
        while shard.bytes > self.bytes_per_shard && !shard.clock.is_empty() {
            shard.evict_one(&self.size);
        }
    }

    /// Takes out an entry that has no plan and will have none.
    fn remove(&self, entry: &Arc<Entry>) {
        self.shard(entry.hash).take_out(entry);
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        let index = (hash >> 32) as usize % self.shards.len();
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn key(&self) -> PlanKey<'_> {
        PlanKey {
            text: &self.text,
            operation_name: self.operation_name.as_deref(),
            variant: self.variant,
        }
    }
}

impl Shard {
    fn holds(&self, entry: &Arc<Entry>) -> bool {
        self.by_hash
            .get(&entry.hash)
            .is_some_and(|entries| entries.iter().any(|it| Arc::ptr_eq(it, entry)))
    }

    /// Moves the hand until an entry has gone. Ends, because each step takes a mark.
    fn evict_one(&mut self, size: &CacheSize) {
        while let Some(entry) = self.clock.pop_front() {
            if entry.used.swap(false, Ordering::Relaxed) {
                self.clock.push_back(entry);
            } else {
                self.forget(&entry, size);
                return;
            }
        }
    }

    /// Takes an entry that has left the clock out of the rest.
    fn forget(&mut self, entry: &Arc<Entry>, size: &CacheSize) {
        self.take_out(entry);
        let bytes = entry.bytes.load(Ordering::Relaxed);
        self.bytes = self.bytes.saturating_sub(bytes);
        size.bytes.subtract(bytes);
        size.entries.decrement();
    }

    fn take_out(&mut self, entry: &Arc<Entry>) {
        if let Some(entries) = self.by_hash.get_mut(&entry.hash) {
            entries.retain(|it| !Arc::ptr_eq(it, entry));
            if entries.is_empty() {
                self.by_hash.remove(&entry.hash);
            }
        }
    }
}

impl Drop for Interest<'_> {
    fn drop(&mut self) {
        if self.entry.plan.initialized() {
            return;
        }
        // Nobody gets hold of it while the shard is locked: besides this there is only the shard's.
        let mut shard = self.cache.shard(self.entry.hash);
        if Arc::strong_count(&self.entry) <= 2 {
            shard.take_out(&self.entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engine::Graph;
    use crate::engine::override_labels::OverrideLabels;

    const SUPERGRAPH: &str = r#"
        schema
          @link(url: "https://specs.apollo.dev/link/v1.0")
          @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
        { query: Query }
        directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
        directive @join__graph(name: String!, url: String!) on ENUM_VALUE
        directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
        directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
        scalar link__Import
        enum link__Purpose { SECURITY EXECUTION }
        scalar join__FieldSet
        enum join__Graph { A @join__graph(name: "a", url: "http://a") }
        type Query @join__type(graph: A) { now: Int }
    "#;

    fn graph() -> Graph {
        Graph::new(&supergraph::Supergraph::read(SUPERGRAPH).unwrap()).unwrap()
    }

    fn make(graph: &Graph, text: &str) -> Result<Planned, PlanFailure> {
        Planned::make(
            graph,
            &operation::Limits::default(),
            text,
            None,
            BTreeSet::default(),
            None,
        )
    }

    impl PlanCache {
        /// The entries it holds, with a plan or without.
        fn held(&self) -> usize {
            let held = |shard: &Mutex<Shard>| shard.lock().unwrap().by_hash.len();
            self.shards.iter().map(held).sum()
        }
    }

    fn key<'k>(text: &'k str, operation_name: Option<&'k str>) -> PlanKey<'k> {
        PlanKey {
            text,
            operation_name,
            variant: Variant::default(),
        }
    }

    #[tokio::test]
    async fn a_plan_is_made_once_for_all_who_ask_at_once() {
        let graph = graph();
        let cache = PlanCache::new(100, 1_000_000);
        let metrics = Metrics::default();
        let made = AtomicUsize::new(0);
        let ask = || {
            cache.get(key("{ now }", None), &metrics, || async {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                make(&graph, "{ now }")
            })
        };
        let (a, b) = tokio::join!(ask(), ask());
        assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
        ask().await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert_eq!(cache.size.entries.get(), 1);
        assert!(cache.size.bytes.get() > 0);
        assert_eq!(metrics.plan_cache_hits.get(), 1);
    }

    #[tokio::test]
    async fn names_tell_equal_texts_apart_and_failures_are_not_kept() {
        let graph = graph();
        let cache = PlanCache::new(100, 1_000_000);
        let metrics = Metrics::default();
        for name in [None, Some("A"), Some("A")] {
            let _ = cache
                .get(key("query A { now }", name), &metrics, || async {
                    make(&graph, "query A { now }")
                })
                .await
                .unwrap();
        }
        assert_eq!(cache.size.entries.get(), 2);
        let failed = cache
            .get(key("{ nonsense }", None), &metrics, || async {
                make(&graph, "{ nonsense }")
            })
            .await;
        assert!(matches!(failed, Err(PlanFailure::Request(_))));
        assert_eq!(cache.size.entries.get(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_all_who_wait_for_it() {
        let graph = graph();
        let cache = PlanCache::new(100, 1_000_000);
        let metrics = Metrics::default();
        let made = AtomicUsize::new(0);
        let ask = || {
            cache.get(key("{ nonsense }", None), &metrics, || async {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                make(&graph, "{ nonsense }")
            })
        };
        let (a, b) = tokio::join!(ask(), ask());
        assert!(a.is_err() && b.is_err());
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(ask().await.is_err());
        assert_eq!(made.load(Ordering::Relaxed), 2);
        assert_eq!(cache.held(), 0);
    }

    #[tokio::test]
    async fn wrong_documents_push_nothing_out() {
        let graph = graph();
        let cache = PlanCache::new(10, 1_000_000);
        let metrics = Metrics::default();
        cache.put(key("{ now }", None), make(&graph, "{ now }").unwrap());
        for index in 0..100 {
            let text = format!("{{ nonsense{index} }}");
            let asked = cache.get(key(&text, None), &metrics, || async { make(&graph, &text) });
            assert!(asked.await.is_err());
        }
        assert_eq!(cache.in_use(10), [("{ now }".into(), None)]);
        assert_eq!(cache.held(), 1);
    }

    #[tokio::test]
    async fn who_goes_away_hands_over_to_the_next_or_leaves_nothing() {
        let graph = graph();
        let cache = PlanCache::new(100, 1_000_000);
        let metrics = Metrics::default();
        let never = || cache.get(key("{ now }", None), &metrics, std::future::pending);
        let mut first = Box::pin(never());
        assert!(futures_util::poll!(&mut first).is_pending());
        assert_eq!(cache.held(), 1);
        let mut second = Box::pin(cache.get(key("{ now }", None), &metrics, || async {
            make(&graph, "{ now }")
        }));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        second.await.unwrap();
        assert_eq!(cache.size.entries.get(), 1);
        let other = PlanCache::new(100, 1_000_000);
        let mut alone = Box::pin(other.get(key("{ now }", None), &metrics, std::future::pending));
        assert!(futures_util::poll!(&mut alone).is_pending());
        drop(alone);
        assert_eq!(other.held(), 0);
    }

    #[tokio::test]
    async fn labels_tell_plans_apart_but_not_operations() {
        let graph = graph();
        let cache = PlanCache::new(100, 1_000_000);
        let labels = OverrideLabels::new(&["percent(50)".to_owned()].into(), &[].into());
        for variant in labels.variants().chain(labels.variants()) {
            let key = PlanKey {
                variant,
                ..key("{ now }", None)
            };
            cache.put(key, make(&graph, "{ now }").unwrap());
        }
        assert_eq!(cache.size.entries.get(), 2);
        assert_eq!(cache.in_use(10), [("{ now }".into(), None)]);
    }

    #[tokio::test]
    async fn the_bounds_hold_and_what_is_used_stays() {
        let graph = graph();
        let metrics = Metrics::default();
        let cache = PlanCache::new(10, 1_000_000_000);
        for index in 0..100 {
            for text in ["{ now }".to_owned(), format!("{{ a{index}: now }}")] {
                cache
                    .get(key(&text, None), &metrics, || async { make(&graph, &text) })
                    .await
                    .unwrap();
            }
        }
        assert_eq!(cache.size.entries.get(), 10);
        // The one that was asked for all the time was planned once.
        assert_eq!(metrics.plan_cache_hits.get(), 99);
        let small = PlanCache::new(10, 10_000);
        let metrics = Metrics::default();
        for index in 0..100 {
            let text = format!("{{ a{index}: now }}");
            small
                .get(key(&text, None), &metrics, || async { make(&graph, &text) })
                .await
                .unwrap();
        }
        assert!(small.size.bytes.get() <= 10_000);
        assert!(small.size.entries.get() >= 1);
    }
}
