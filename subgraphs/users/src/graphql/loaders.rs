//! Accounts by id and by user name, many at a time.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::{Failure, Result};

use crate::account::Account;
use crate::rules::Username;
use crate::store::Store;

/// Loads accounts. Make one per request, so that what it gathers ends with the request.
#[derive(Clone, Debug)]
pub struct AccountLoader(pub Store);

impl Loader<String> for AccountLoader {
    type Value = Account;
    type Error = Failure;

    async fn load(&self, ids: &[String]) -> Result<HashMap<String, Account>> {
        self.0.accounts_by_id(ids).await
    }
}

impl Loader<Username> for AccountLoader {
    type Value = Account;
    type Error = Failure;

    async fn load(&self, names: &[Username]) -> Result<HashMap<Username, Account>> {
        self.0.accounts_by_username(names).await
    }
}
