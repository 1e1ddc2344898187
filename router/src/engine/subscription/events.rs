//! A subscription as its client sees it: a queue that is filled as fast as it is emptied.

use std::task::{Context, Poll};

use tokio::sync::mpsc;

use super::{Event, Subscription};

/// What a subscriber is told, one after the other. Dropping it ends the subscription, the stream in the
/// subgraph included.
#[derive(Debug)]
pub(crate) struct Events(mpsc::Receiver<Event>);

impl Events {
    /// Starts a task that fills the queue. One event is made beforehand; the next one waits in its
    /// connection until the client has taken that.
    pub(super) fn of(mut subscription: Subscription) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                let event = tokio::select! {
                    event = subscription.next() => event,
                    () = sender.closed() => return,
                };
                let Some(event) = event else { return };
                let is_last = matches!(event, Event::Broken(_));
                if sender.send(event).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// The next event; none when the stream is complete.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// As [`Events::next`].
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.poll_recv(cx)
    }
}
