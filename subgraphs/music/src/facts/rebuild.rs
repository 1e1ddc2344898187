//! All facts once more, from the oldest one on: for a database that was brought back from a copy, or
//! when in doubt. It ends where following the facts all the time would have led.

use std::time::Duration;

use super::consumer::Consumer;
use super::feed::Feed;

/// How long the feed may take to show that there is something.
const WAIT: Duration = Duration::from_secs(5);

/// Does it, and says what was done. Replicas may run meanwhile.
pub(super) async fn run<F: Feed>(mut consumer: Consumer<F>) -> anyhow::Result<String> {
    consumer.store().begin_facts_anew().await?;
    let mut facts = 0;
    loop {
        let step = consumer.step(WAIT).await?;
        facts += step.acted_upon;
        if step.remaining == 0 {
            break;
        }
    }
    let compared = consumer.compare().await?;
    Ok(format!(
        "{facts} facts were acted upon again here; of {} users who are not there any more something had been left",
        compared.departed
    ))
}
