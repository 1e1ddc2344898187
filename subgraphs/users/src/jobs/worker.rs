//! Does the jobs: claims those that are due, a few at a time, and says what became of them.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use kit::metrics::{Metrics, Value};
use kit::server::Stop;
use tokio::task::JoinSet;

use super::Job;
use super::retry::RetryPolicy;
use crate::mail::delivery::{Delivery, SendError};
use crate::security::random;
use crate::store::{ClaimedJob, Store};

/// Jobs that are done at once.
const PLACES: usize = 4;

/// How often the store is asked for jobs.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How often jobs are counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);

/// Does jobs for as long as the service runs. Clones share everything.
#[derive(Clone, Debug)]
pub struct Worker {
    store: Store,
    delivery: Arc<Delivery>,
    retry: RetryPolicy,
    counts: Counts,
}

#[derive(Clone, Debug)]
struct Counts {
    done: Value,
    failed: Value,
    given_up: Value,
    waiting: Value,
    dead: Value,
}

impl Worker {
    /// A worker that reports in these metrics.
    pub fn new(store: Store, delivery: Delivery, retry: RetryPolicy, metrics: &Metrics) -> Self {
        let ended = |outcome: &str| {
            let about = "Attempts at background jobs, by outcome.";
            metrics.counter("jobs_total", about, &[("outcome", outcome)])
        };
        let counts = Counts {
            done: ended("done"),
            failed: ended("failed"),
            given_up: ended("given_up"),
            waiting: metrics.gauge("jobs_waiting", "Background jobs that are not done.", &[]),
            dead: metrics.gauge("jobs_dead", "Background jobs that were given up.", &[]),
        };
        Worker {
            store,
            delivery: Arc::new(delivery),
            retry,
            counts,
        }
    }

    /// Does jobs until the service ends, and finishes those that were begun.
    pub async fn run(self, mut stop: Stop) {
        let mut running = JoinSet::new();
        while !stop.is_requested() {
            let free = PLACES.saturating_sub(running.len());
            match self.store.claim_jobs(free, Utc::now()).await {
                Ok(claimed) => {
                    for job in claimed {
                        let worker = self.clone();
                        running.spawn(async move { worker.work_on(&job).await });
                    }
                }
                Err(failure) => {
                    let error = failure.in_full();
                    tracing::warn!(error, "no jobs could be claimed");
                }
            }
            if running.is_empty() {
                stop.sleep(POLL_INTERVAL).await;
            } else {
                tokio::select! {
                    _ = running.join_next() => {}
                    () = stop.requested() => {}
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Counts jobs now and then, until the service ends.
    pub async fn count(self, mut stop: Stop) {
        loop {
            if let Ok(counts) = self.store.count_jobs().await {
                self.counts.waiting.set(counts.waiting);
                self.counts.dead.set(counts.dead);
            }
            if !stop.sleep(COUNT_INTERVAL).await {
                return;
            }
        }
    }

    async fn work_on(&self, claimed: &ClaimedJob) {
        let outcome = match &claimed.job {
            Ok(job) => self.attempt(claimed, job).await,
            Err(problem) => Err(SendError {
                problem: problem.clone(),
                permanent: true,
            }),
        };
        let noted = match outcome {
            Ok(()) => {
                self.counts.done.increase();
                self.store.finish_job(claimed).await
            }
            Err(error) => self.put_back(claimed, &error).await,
        };
        if let Err(failure) = noted {
            let error = failure.in_full();
            tracing::warn!(
                job.id = claimed.id,
                error,
                "what became of a job could not be noted"
            );
        }
    }

    async fn attempt(&self, claimed: &ClaimedJob, job: &Job) -> Result<(), SendError> {
        match job {
            Job::Mail(mail) => {
                self.delivery
                    .send(claimed.id, claimed.created_at, mail)
                    .await
            }
        }
    }

    async fn put_back(&self, claimed: &ClaimedJob, error: &SendError) -> kit::Result<()> {
        let wait = if error.permanent {
            None
        } else {
            self.retry.wait_after(claimed.attempts, chance())
        };
        let (id, problem) = (claimed.id, error.problem.as_str());
        if let Some(wait) = wait {
            self.counts.failed.increase();
            let seconds = wait.num_seconds();
            tracing::warn!(
                job.id = id,
                job.attempts = claimed.attempts,
                job.retry_s = seconds,
                problem,
                "a job failed"
            );
            self.store
                .postpone_job(claimed, problem, Utc::now() + wait)
                .await
        } else {
            self.counts.given_up.increase();
            tracing::error!(
                job.id = id,
                job.attempts = claimed.attempts,
                problem,
                "a job was given up"
            );
            self.store.bury_job(claimed, problem, Utc::now()).await
        }
    }
}

/// A number from 0 to 1.
fn chance() -> f64 {
    random::bytes::<1>().map_or(0.5, |[byte]| f64::from(byte) / 255.0)
}
