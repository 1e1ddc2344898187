//! A subscription's events as the pieces of a response body.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{GraphqlError, StreamMedia};
use crate::engine::{Event, Events};

/// The pieces, in one of the formats that clients know.
pub(crate) struct EventBody {
    media: StreamMedia,
    /// None once the end has been sent.
    events: Option<Events>,
    heartbeat: Interval,
    /// Done when the router is told to stop.
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl fmt::Debug for EventBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBody")
            .field("media", &self.media)
            .finish_non_exhaustive()
    }
}

/// What a client is told when its stream ends because the router does.
pub(crate) fn shutting_down() -> GraphqlError {
    GraphqlError::new(
        "SUBSCRIPTION_SERVER_SHUTDOWN",
        "The router is shutting down. Subscribe again.",
    )
}

impl EventBody {
    /// Tells the client every so often that the stream still lives.
    pub(crate) fn new(
        media: StreamMedia,
        events: Events,
        heartbeat: Duration,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let heartbeat = heartbeat.max(Duration::from_millis(100));
        let mut heartbeat = interval_at(Instant::now() + heartbeat, heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            media,
            events: Some(events),
            heartbeat,
            stop: Box::pin(stop),
        }
    }

    /// The next piece; none after the last one.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(events) = &mut self.events else {
            return Poll::Ready(None);
        };
        if self.stop.as_mut().poll(cx).is_ready() {
            self.events = None;
            return Poll::Ready(Some(self.media.broken(&shutting_down())));
        }
        if let Poll::Ready(event) = events.poll_next(cx) {
            let piece = match event {
                Some(Event::Answer(answer)) => {
                    self.heartbeat.reset();
                    self.media.event(&answer)
                }
                Some(Event::Broken(error)) => {
                    self.events = None;
                    self.media.broken(&error)
                }
                None => {
                    self.events = None;
                    self.media.end()
                }
            };
            return Poll::Ready(Some(piece));
        }
        self.heartbeat
            .poll_tick(cx)
            .map(|_| Some(self.media.heartbeat()))
    }
}
