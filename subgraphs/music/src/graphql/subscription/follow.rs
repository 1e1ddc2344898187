//! From events to what subscribers are sent.

use std::future::Future;
use std::sync::Arc;

use async_graphql::Context;
use futures_util::Stream;
use kit::{Code, Failure, Result};

use super::super::loaders::{Counted, loaders};
use crate::events::{Event, Listening, Missed, Topic};
use crate::store::Store;

/// Makes of events what one subscriber is sent.
pub(super) trait Follower: Send + 'static {
    /// What that is.
    type Item: Send + 'static;

    /// What one event comes to.
    fn event(&mut self, event: Event) -> impl Future<Output = Step<Self::Item>> + Send;
}

/// What an event comes to.
pub(super) enum Step<Item> {
    /// Something to be sent.
    Send(Item),
    /// Nothing.
    Skip,
    /// The last thing to be sent.
    End(Result<Item>),
}

/// Listens for a subscriber.
pub(super) struct Listener {
    listening: Listening,
    counted: Arc<Counted>,
}

/// Begins to listen to a topic for the subscriber being answered.
pub(super) async fn listen(ctx: &Context<'_>, topic: Topic) -> Result<Listener> {
    let hub = ctx.data::<Store>()?.events();
    Ok(Listener {
        listening: hub.listen(topic).await.map_err(interrupted)?,
        counted: loaders(ctx)?.loader().counted(),
    })
}

/// What a follower makes of what is heard, until the last of it.
pub(super) fn follow<F: Follower>(
    listener: Listener,
    follower: F,
) -> impl Stream<Item = Result<F::Item>> + use<F> {
    let both = Some((listener, follower));
    futures_util::stream::unfold(both, async |both| {
        let (mut listener, mut follower) = both?;
        loop {
            let event = match listener.listening.next().await {
                Ok(event) => event,
                Err(missed) => return Some((Err(interrupted(missed)), None)),
            };
            // Limits hold for each event as they do for a request.
            listener.counted.restart();
            match follower.event(event).await {
                Step::Skip => {}
                Step::Send(item) => return Some((Ok(item), Some((listener, follower)))),
                Step::End(last) => return Some((last, None)),
            }
        }
    })
}

fn interrupted(missed: Missed) -> Failure {
    let message = match missed {
        Missed::TooSlow => "More happened than this subscription takes: subscribe again",
        Missed::Interrupted => "Events may have been missed: subscribe again",
    };
    Failure::new(Code::SubscriptionInterrupted, message)
}
