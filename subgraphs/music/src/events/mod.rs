//! What happens, told to whoever listens: after it is committed, and on every replica.
//!
//! ```text
//! SQLite, one process:    commit ───────────────▶ Hub ─▶ listeners
//! Postgres, replicas:     pg_notify, commit ─▶ each replica's LISTEN ─▶ Hub ─▶ listeners
//! ```
//!
//! Postgres passes a notification on when its transaction commits, in the order of commits, and
//! never when it does not. An event names what changed, and holds nothing of it: who listens reads
//! that anew, with their own rights.
//!
//! A listener that is too slow misses events, and a replica misses them while its connection is
//! gone. Either is told ([`Missed`]), so that nobody believes to have seen everything.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use kit::metrics::{Metrics, Value};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};

use crate::ids::{PlaylistId, TrackId, UserId};

pub mod postgres;

/// Events that wait for a listener at most.
const QUEUE: usize = 64;

/// How long whoever begins to listen waits for the database to be listened to.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A user's favourites changed.
    Favourites {
        /// Whose.
        user: UserId,
        /// Which; none when there are many.
        track: Option<TrackId>,
        /// How.
        change: FavouriteChange,
    },
    /// Somebody began to love a track.
    Loved {
        /// Which.
        track: TrackId,
        /// Who.
        user: UserId,
    },
    /// A playlist changed.
    Playlist {
        /// Which.
        playlist: PlaylistId,
        /// How.
        change: PlaylistChange,
    },
}

/// How a user's favourites changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FavouriteChange {
    /// One is new.
    Added,
    /// One is gone; all, where no track is named, for the account is.
    Removed,
    /// One has another note.
    Noted,
    /// One stands elsewhere in the chosen order.
    Moved,
    /// Some were imported.
    Imported,
}

/// How a playlist changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlaylistChange {
    /// Its name, description, visibility or link.
    Settings,
    /// What is on it, or in which order.
    Items,
    /// Who works on it.
    Collaborators,
    /// It is gone.
    Deleted,
}

/// What somebody listens to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The favourites of a user.
    Favourites(UserId),
    /// Who loves a track.
    Loved(TrackId),
    /// A playlist.
    Playlist(PlaylistId),
}

/// Why a listener hears no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// More happened than waited for it.
    TooSlow,
    /// This replica was cut off from the others.
    Interrupted,
}

impl Event {
    fn topic(&self) -> Topic {
        match self {
            Event::Favourites { user, .. } => Topic::Favourites(user.clone()),
            Event::Loved { track, .. } => Topic::Loved(track.clone()),
            Event::Playlist { playlist, .. } => Topic::Playlist(playlist.clone()),
        }
    }
}

/// Who listens to one topic.
#[derive(Debug)]
struct Listeners {
    /// Tells these from those who listened before an interruption.
    since: u64,
    queue: broadcast::Sender<Event>,
}

/// Brings events to the listeners of this process.
#[derive(Debug)]
pub struct Hub {
    topics: Mutex<HashMap<Topic, Listeners>>,
    /// Whether all that happens comes here.
    connected: watch::Sender<bool>,
    interruptions: AtomicU64,
    /// How many listen.
    listeners: OnceLock<Value>,
}

impl Hub {
    /// A hub that hears of everything, or will once it is connected.
    pub fn new(connected: bool) -> Arc<Self> {
        Arc::new(Hub {
            topics: Mutex::default(),
            connected: watch::Sender::new(connected),
            interruptions: AtomicU64::new(0),
            listeners: OnceLock::new(),
        })
    }

    /// Says how many listen, from now on.
    pub fn count_in(&self, metrics: &Metrics) {
        let about = "Subscriptions that listen to what happens.";
        // The first one counts.
        let _ = self
            .listeners
            .set(metrics.gauge("music_listeners", about, &[]));
    }

    /// Tells those who listen.
    pub fn publish(&self, event: Event) {
        if let Some(listeners) = self.topics().get(&event.topic()) {
            // Fails when the last listener has just left.
            let _ = listeners.queue.send(event);
        }
    }

    /// From now on everything is heard of.
    pub(crate) fn connected(&self) {
        self.connected.send_replace(true);
    }

    /// Something may have been missed: everybody is told so.
    pub(crate) fn interrupted(&self) {
        self.connected.send_replace(false);
        let mut topics = self.topics();
        self.interruptions.fetch_add(1, Ordering::Relaxed);
        topics.clear();
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// When the database cannot be listened to now.
    pub async fn listen(self: &Arc<Self>, topic: Topic) -> Result<Listening, Missed> {
        let mut connected = self.connected.subscribe();
        let connected = connected.wait_for(|connected| *connected);
        match tokio::time::timeout(PATIENCE, connected).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return Err(Missed::Interrupted),
        }
        let (since, events) = {
            let mut topics = self.topics();
            let listeners = topics.entry(topic.clone()).or_insert_with(|| Listeners {
                since: self.interruptions.load(Ordering::Relaxed),
                queue: broadcast::Sender::new(QUEUE),
            });
            (listeners.since, listeners.queue.subscribe())
        };
        if let Some(listeners) = self.listeners.get() {
            listeners.increase();
        }
        Ok(Listening {
            hub: Arc::clone(self),
            topic,
            since,
            events,
        })
    }

    /// How many topics somebody listens to.
    pub fn topics_listened_to(&self) -> usize {
        self.topics().len()
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, Listeners>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener. Dropping it ends that.
#[derive(Debug)]
pub struct Listening {
    hub: Arc<Hub>,
    topic: Topic,
    since: u64,
    events: broadcast::Receiver<Event>,
}

impl Listening {
    /// Waits for the next event.
    ///
    /// # Errors
    /// When some were missed. There are no more then.
    pub async fn next(&mut self) -> Result<Event, Missed> {
        self.events.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(_) => Missed::TooSlow,
            broadcast::error::RecvError::Closed => Missed::Interrupted,
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(listeners) = self.hub.listeners.get() {
            listeners.decrease();
        }
        let mut topics = self.hub.topics();
        // This one is counted still.
        let last = topics
            .get(&self.topic)
            .is_some_and(|it| it.since == self.since && it.queue.receiver_count() <= 1);
        if last {
            topics.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loved(track: &str) -> Event {
        Event::Loved {
            track: TrackId::stored(track),
            user: UserId::stored("ann"),
        }
    }

    fn topic(track: &str) -> Topic {
        Topic::Loved(TrackId::stored(track))
    }

    #[tokio::test]
    async fn listeners_hear_what_they_listen_to_and_leave_nothing_behind() {
        let hub = Hub::new(true);
        let mut one = hub.listen(topic("a")).await.expect("connected");
        let other = hub.listen(topic("a")).await.expect("connected");
        hub.publish(loved("b"));
        hub.publish(loved("a"));
        assert_eq!(one.next().await, Ok(loved("a")));
        drop(one);
        assert_eq!(hub.topics_listened_to(), 1);
        drop(other);
        assert_eq!(hub.topics_listened_to(), 0);
    }

    #[tokio::test]
    async fn a_listener_that_is_too_slow_is_told_so() {
        let hub = Hub::new(true);
        let mut slow = hub.listen(topic("a")).await.expect("connected");
        for _ in 0..=QUEUE {
            hub.publish(loved("a"));
        }
        assert_eq!(slow.next().await, Err(Missed::TooSlow));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_cut_off_tells_everybody() {
        let hub = Hub::new(true);
        let mut listening = hub.listen(topic("a")).await.expect("connected");
        hub.interrupted();
        assert_eq!(listening.next().await, Err(Missed::Interrupted));
        assert!(hub.listen(topic("a")).await.is_err());
        hub.connected();
        let mut again = hub.listen(topic("a")).await.expect("connected again");
        // The old listener, which goes last, does not take the new one's topic along.
        drop(listening);
        hub.publish(loved("a"));
        assert_eq!(again.next().await, Ok(loved("a")));
    }
}
