//! Apps, what they were allowed, and the codes they exchange for tokens. What belongs to an account
//! goes with it, and what belongs to an app goes with the app.

use kit::migrate::online;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in [
            "CREATE TABLE IF NOT EXISTS oauth_client (
                id text NOT NULL PRIMARY KEY,
                name text NOT NULL,
                secret_hash text,
                redirect_uris text NOT NULL,
                scopes text NOT NULL,
                grant_types text NOT NULL,
                created_at bigint NOT NULL)",
            "CREATE TABLE IF NOT EXISTS oauth_consent (
                account_id text NOT NULL REFERENCES account (id) ON DELETE CASCADE,
                client_id text NOT NULL REFERENCES oauth_client (id) ON DELETE CASCADE,
                scope text NOT NULL,
                granted_at bigint NOT NULL,
                PRIMARY KEY (account_id, client_id))",
            "CREATE INDEX IF NOT EXISTS oauth_consent_of_client ON oauth_consent (client_id)",
            "CREATE TABLE IF NOT EXISTS oauth_code (
                hash text NOT NULL PRIMARY KEY,
                client_id text NOT NULL REFERENCES oauth_client (id) ON DELETE CASCADE,
                account_id text NOT NULL REFERENCES account (id) ON DELETE CASCADE,
                redirect_uri text NOT NULL,
                scope text NOT NULL,
                nonce text,
                code_challenge text NOT NULL,
                authenticated_at bigint NOT NULL,
                expires_at bigint NOT NULL,
                session_id text)",
            "CREATE INDEX IF NOT EXISTS oauth_code_of_client ON oauth_code (client_id)",
            "CREATE INDEX IF NOT EXISTS oauth_code_of_account ON oauth_code (account_id)",
            "CREATE INDEX IF NOT EXISTS oauth_code_by_end ON oauth_code (expires_at)",
            "CREATE TABLE IF NOT EXISTS browser_cookie (
                hash text NOT NULL PRIMARY KEY,
                session_id text NOT NULL REFERENCES session (id) ON DELETE CASCADE,
                authenticated_at bigint NOT NULL)",
            "CREATE INDEX IF NOT EXISTS browser_cookie_of_session ON browser_cookie (session_id)",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        online::create_index(manager, "INDEX", "session_of_client", "session (client_id)").await
    }
}
