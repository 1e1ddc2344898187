//! Reads facts and acts upon them, for as long as the service runs.
//!
//! ```text
//! cursor ─▶ read what follows ─▶ ask for the countries of whom it is about ─▶ effects and cursor
//!    ▲                                                                         in one transaction
//!    └──────────────── after a failure: wait, and begin again at the cursor ◀──────────┘
//! ```
//!
//! Each replica does so by itself. What another one has acted upon is passed over, and nobody has to
//! take the place of one that ended. The country that is written with a fact was asked for after the
//! fact was there; so whichever replica writes the last fact of a user writes what is true.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::Utc;
use kit::server::Stop;

use super::backoff::Backoff;
use super::compare::{self, Compared};
use super::fact::{Fact, What};
use super::feed::{Batch, Feed, ReadError};
use super::numbers::Numbers;
use super::users::UsersService;
use crate::ids::UserId;
use crate::store::Store;
use crate::store::facts::{Consequence, Effect, Reached};

/// How long the feed waits when there is nothing.
const WAIT: Duration = Duration::from_secs(5);

/// Follows the facts.
#[derive(Debug)]
pub struct Consumer<F> {
    store: Store,
    feed: F,
    users: UsersService,
    numbers: Option<Numbers>,
    /// Whether facts that were forgotten have been made up for, and the feed is read from its
    /// beginning until something comes.
    from_the_oldest: bool,
    /// Whether it was asked from where those listen of whom something was kept before the first fact.
    countries_noted: bool,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Facts that had not been acted upon.
    pub acted_upon: usize,
    /// Facts that are there still.
    pub remaining: u64,
}

impl<F: Feed> Consumer<F> {
    /// A consumer that reports in these numbers.
    pub(super) fn new(
        store: Store,
        feed: F,
        users: UsersService,
        numbers: Option<Numbers>,
    ) -> Self {
        Consumer {
            store,
            feed,
            users,
            numbers,
            from_the_oldest: false,
            countries_noted: false,
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Compares what is kept of users with the graph.
    pub(super) async fn compare(&mut self) -> anyhow::Result<Compared> {
        compare::compare(&self.store, &self.users).await
    }

    /// Follows until the service ends.
    pub async fn run(mut self, mut stop: Stop) {
        let mut backoff = Backoff::default();
        while !stop.is_requested() {
            // What is given up in the middle is rolled back, and read again at the next start.
            let step = tokio::select! {
                () = stop.requested() => return,
                step = self.step(WAIT) => step,
            };
            match step {
                Ok(_) => backoff.reset(),
                Err(error) => {
                    let error = kit::errors::chain(error.as_ref());
                    tracing::warn!(error, "the facts about users cannot be followed");
                    if let Some(numbers) = &self.numbers {
                        numbers.failures.increase();
                        numbers.lag();
                    }
                    stop.sleep(backoff.after_failure()).await;
                }
            }
        }
    }

    /// Reads what comes next, and acts upon it.
    ///
    /// # Errors
    /// When something does not answer. What was acted upon until then stays so.
    pub async fn step(&mut self, wait: Duration) -> anyhow::Result<Step> {
        let (reached, _) = self.store.facts_reached().await?;
        if reached.position == 0 && !self.countries_noted {
            // Accounts may be older than the facts about them.
            compare::note_countries(&self.store, &self.users).await?;
            self.countries_noted = true;
        }
        let at_beginning = reached.position == 0 || self.from_the_oldest;
        let after = (!at_beginning).then_some(reached);
        let batch = match self.feed.read(after, wait).await {
            Ok(batch) => batch,
            Err(ReadError::Forgotten) => {
                self.make_up_for_forgotten_facts().await?;
                return Ok(Step {
                    acted_upon: 0,
                    remaining: 1,
                });
            }
            Err(ReadError::Failed(error)) => return Err(error),
        };
        let remaining = batch.remaining;
        let acted_upon = self.act_upon(batch, reached).await?;
        if let Some(numbers) = &self.numbers {
            (0..acted_upon).for_each(|_| numbers.acted_upon.increase());
            numbers.behind(remaining);
            let (reached, _) = self.store.facts_reached().await?;
            numbers
                .position
                .set(u64::try_from(reached.position).unwrap_or(0));
        }
        Ok(Step {
            acted_upon,
            remaining,
        })
    }

    async fn act_upon(&mut self, batch: Batch, reached: Reached) -> anyhow::Result<usize> {
        let Some(end) = batch.end else {
            return Ok(0);
        };
        let facts = self.facts_of(&batch, reached);
        let changed: BTreeSet<&UserId> = facts.iter().filter_map(|(it, _)| changed(it)).collect();
        let changed: Vec<UserId> = changed.into_iter().cloned().collect();
        let countries = match self.users.countries(&changed).await {
            Ok(countries) => countries,
            Err(error) => {
                // Whoever is gone need not wait for what others say.
                remove_departed(&self.store, &facts).await?;
                return Err(error);
            }
        };
        let mut consequences: Vec<_> = facts
            .into_iter()
            .map(|(fact, stream_sequence)| consequence(fact, stream_sequence, &countries))
            .collect();
        if consequences
            .last()
            .is_none_or(|it| it.at.position < end.position)
        {
            // The last ones were bad: go on behind them.
            consequences.push(Consequence {
                at: end,
                occurred_at: Utc::now(),
                effect: Effect::Nothing,
            });
        }
        let acted_upon = self.store.act_upon(&consequences, Utc::now()).await?;
        self.from_the_oldest = false;
        Ok(acted_upon)
    }

    /// The facts that are to be acted upon still; bad ones are told to the operator.
    fn facts_of(&self, batch: &Batch, reached: Reached) -> Vec<(Fact, Option<i64>)> {
        let mut facts: Vec<(Fact, Option<i64>)> = Vec::with_capacity(batch.facts.len());
        for told in &batch.facts {
            match Fact::read(&told.fact) {
                Ok(fact) => {
                    let last = facts.last().map_or(reached.position, |(it, _)| it.position);
                    if fact.what == What::Unknown && fact.position > last {
                        tracing::debug!(fact.id = fact.position, "a fact of a kind not known here");
                        self.count(|numbers| numbers.unknown.increase());
                    }
                    // What comes again, or too late, has been acted upon.
                    if fact.position > last {
                        facts.push((fact, told.stream_sequence));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a fact cannot be understood, and is passed over");
                    self.count(|numbers| numbers.malformed.increase());
                }
            }
        }
        facts
    }

    fn count(&self, count: impl FnOnce(&Numbers)) {
        if let Some(numbers) = &self.numbers {
            count(numbers);
        }
    }

    /// Does what the contract says when facts were forgotten: compares with the graph, and begins
    /// at the oldest fact there is.
    async fn make_up_for_forgotten_facts(&mut self) -> anyhow::Result<()> {
        tracing::warn!("facts were forgotten before they were read: comparing with the graph");
        let Compared {
            listeners,
            departed,
        } = self.compare().await?;
        tracing::info!(listeners, departed, "compared with the graph");
        self.from_the_oldest = true;
        Ok(())
    }
}

async fn remove_departed(store: &Store, facts: &[(Fact, Option<i64>)]) -> anyhow::Result<()> {
    for (fact, _) in facts {
        if let What::Deleted(user) = &fact.what {
            store.depart(user, fact.occurred_at, Utc::now()).await?;
        }
    }
    Ok(())
}

fn changed(fact: &Fact) -> Option<&UserId> {
    match &fact.what {
        What::Changed(user) => Some(user),
        What::Deleted(_) | What::Unknown => None,
    }
}

fn consequence(
    fact: Fact,
    stream_sequence: Option<i64>,
    countries: &HashMap<UserId, Option<String>>,
) -> Consequence {
    let effect = match fact.what {
        What::Changed(user) => match countries.get(&user) {
            Some(country) => Effect::Listens {
                user,
                country: country.clone(),
            },
            // Gone meanwhile: the fact that says so is on its way.
            None => Effect::Nothing,
        },
        What::Deleted(user) => Effect::Departed(user),
        What::Unknown => Effect::Nothing,
    };
    Consequence {
        at: Reached {
            position: fact.position,
            stream_sequence,
        },
        occurred_at: fact.occurred_at,
        effect,
    }
}
