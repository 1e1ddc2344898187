//! Jobs: begun by whoever claims them first, done at least once, given up at last.
//!
//! ```text
//! enqueue, in the transaction that gives reason ──▶ waiting ──claim──▶ claimed ──finish──▶ gone
//!                                                      ▲                 │  │
//!                 postpone, or nothing heard for a LEASE └────────────────┘  └──bury──▶ dead
//! ```
//!
//! A claim moves `run_at` one [`LEASE`] ahead. So a job whose process was killed becomes due again by
//! itself, and no lock has to be cleaned up. Each claim counts as an attempt, and only the latest
//! one can end the job.

use chrono::{DateTime, Duration, Utc};
use kit::{Failure, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Order,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::{Store, time};
use crate::entity::job;
use crate::jobs::Job;
use crate::mail::AccountMail;

/// How long whoever claimed a job has it for themselves; more than any job takes.
pub(super) const LEASE: Duration = Duration::minutes(5);

/// Characters of an error that are kept.
const MAX_ERROR: usize = 500;

/// A job that this process works on.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// Its id.
    pub id: i64,
    /// How often it was begun, this time included.
    pub attempts: i32,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// What to do, or why that cannot be understood.
    pub job: Result<Job, String>,
}

/// A job as operators see it: without what it works on, which is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    /// Its id.
    pub id: i64,
    /// What it is.
    pub kind: String,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it is due.
    pub run_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempts: i32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// Whether it was given up.
    pub dead: bool,
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Waiting for their turn, or being worked on.
    pub waiting: u64,
    /// Given up.
    pub dead: u64,
}

/// Has a job done once the transaction is committed.
pub(super) async fn enqueue(
    transaction: &impl ConnectionTrait,
    work: &Job,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = job::ActiveModel {
        id: ActiveValue::NotSet,
        kind: ActiveValue::Set(work.kind().to_owned()),
        payload: ActiveValue::Set(serde_json::to_string(work).map_err(Failure::internal)?),
        account_id: ActiveValue::Set(work.account_id().map(str::to_owned)),
        created_at: ActiveValue::Set(now.timestamp_millis()),
        run_at: ActiveValue::Set(now.timestamp_millis()),
        attempts: ActiveValue::Set(0),
        last_error: ActiveValue::Set(None),
        dead_at: ActiveValue::Set(None),
    };
    job::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Has a mail sent once the transaction is committed.
pub(super) async fn enqueue_mail(
    transaction: &impl ConnectionTrait,
    mail: &AccountMail,
    now: DateTime<Utc>,
) -> Result<()> {
    enqueue(transaction, &Job::Mail(mail.clone()), now).await
}

impl Store {
    /// Takes jobs that are due, at most so many, the longest due ones first. Replicas that claim at
    /// the same moment get different ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_jobs(&self, limit: usize, now: DateTime<Utc>) -> Result<Vec<ClaimedJob>> {
        let connection = self.database.connection();
        // SQLite has one writer at a time, and knows no locks of rows.
        let skip = match self.database.backend() {
            DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
            _ => "",
        };
        let (now, until) = (now.timestamp_millis(), (now + LEASE).timestamp_millis());
        let claim = format!(
            "UPDATE job SET run_at = {until}, attempts = attempts + 1 WHERE id IN (
                SELECT id FROM job WHERE dead_at IS NULL AND run_at <= {now}
                ORDER BY run_at LIMIT {limit} {skip})
             RETURNING *"
        );
        let claim = Statement::from_string(connection.get_database_backend(), claim);
        let rows = connection.query_all_raw(claim).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            claimed.push(job::Model::from_query_result(&row, "")?.into());
        }
        Ok(claimed)
    }

    /// The job is done.
    ///
    /// # Errors
    /// When the database fails; then the job is done again later.
    pub async fn finish_job(&self, job: &ClaimedJob) -> Result<()> {
        job::Entity::delete_many()
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::Attempts.eq(job.attempts))
            .exec(self.database.connection())
            .await?;
        Ok(())
    }

    /// The job failed, and is to be tried again at that time.
    ///
    /// # Errors
    /// When the database fails; then it is tried again after its lease.
    pub async fn postpone_job(
        &self,
        job: &ClaimedJob,
        error: &str,
        run_at: DateTime<Utc>,
    ) -> Result<()> {
        let run_at = Expr::value(run_at.timestamp_millis());
        self.note_failure(job, error, job::Column::RunAt, run_at)
            .await
    }

    /// The job failed, and is given up.
    ///
    /// # Errors
    /// When the database fails; then it is tried again after its lease.
    pub async fn bury_job(&self, job: &ClaimedJob, error: &str, now: DateTime<Utc>) -> Result<()> {
        let now = Expr::value(now.timestamp_millis());
        self.note_failure(job, error, job::Column::DeadAt, now)
            .await
    }

    async fn note_failure(
        &self,
        job: &ClaimedJob,
        error: &str,
        column: job::Column,
        value: Expr,
    ) -> Result<()> {
        let error: String = error
            .chars()
            .filter(|it| *it != '\0')
            .take(MAX_ERROR)
            .collect();
        job::Entity::update_many()
            .col_expr(column, value)
            .col_expr(job::Column::LastError, Expr::value(error))
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::Attempts.eq(job.attempts))
            .exec(self.database.connection())
            .await?;
        Ok(())
    }

    /// The oldest jobs, of those that were given up or of the others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, dead: bool, limit: u64) -> Result<Vec<JobSummary>> {
        let select = job::Entity::find();
        let select = if dead {
            select
                .filter(job::Column::DeadAt.is_not_null())
                .order_by(job::Column::DeadAt, Order::Asc)
        } else {
            select
                .filter(job::Column::DeadAt.is_null())
                .order_by(job::Column::RunAt, Order::Asc)
        };
        let rows = select.limit(limit).all(self.database.connection()).await?;
        Ok(rows.into_iter().map(JobSummary::from).collect())
    }

    /// Has a job done again now, as if it were new. False when there is no such job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_job(&self, id: i64, now: DateTime<Utc>) -> Result<bool> {
        let retried = job::Entity::update_many()
            .col_expr(job::Column::DeadAt, Expr::value(None::<i64>))
            .col_expr(job::Column::RunAt, Expr::value(now.timestamp_millis()))
            .col_expr(job::Column::Attempts, Expr::value(0))
            .filter(job::Column::Id.eq(id))
            .exec(self.database.connection())
            .await?;
        Ok(retried.rows_affected > 0)
    }

    /// Forgets a job. False when there is no such job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_job(&self, id: i64) -> Result<bool> {
        let removed = job::Entity::delete_by_id(id)
            .exec(self.database.connection())
            .await?;
        Ok(removed.rows_affected > 0)
    }

    /// How many jobs wait, and how many were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_jobs(&self) -> Result<JobCounts> {
        let connection = self.database.connection();
        let waiting = job::Entity::find().filter(job::Column::DeadAt.is_null());
        let dead = job::Entity::find().filter(job::Column::DeadAt.is_not_null());
        Ok(JobCounts {
            waiting: waiting.count(connection).await?,
            dead: dead.count(connection).await?,
        })
    }
}

impl From<job::Model> for ClaimedJob {
    fn from(row: job::Model) -> Self {
        ClaimedJob {
            id: row.id,
            attempts: row.attempts,
            created_at: time(row.created_at),
            job: serde_json::from_str(&row.payload)
                // What serde says may quote the payload.
                .map_err(|_| format!("a job of the kind {} cannot be understood", row.kind)),
        }
    }
}

impl From<job::Model> for JobSummary {
    fn from(row: job::Model) -> Self {
        JobSummary {
            id: row.id,
            kind: row.kind,
            created_at: time(row.created_at),
            run_at: time(row.run_at),
            attempts: row.attempts,
            last_error: row.last_error,
            dead: row.dead_at.is_some(),
        }
    }
}
