//! The inputs of mutations. Values are checked by the rules, not here.

use std::fmt;

use async_graphql::{InputObject, MaybeUndefined};

/// Who registers.
#[derive(InputObject)]
pub struct RegisterInput {
    /// 3 to 32 letters, digits, `_`, `.` and `-`, beginning with a letter. Case does not
    /// distinguish names.
    pub username: String,
    /// Seen by the user and by admins only.
    pub email: String,
    /// 10 characters or more.
    #[graphql(secret)]
    pub password: String,
    /// What others see; the user name when left out.
    pub display_name: Option<String>,
    /// A two-letter code of ISO 3166-1.
    pub country: Option<String>,
}

/// Who signs in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The user name or the e-mail address.
    pub username: String,
    /// The password.
    #[graphql(secret)]
    pub password: String,
}

/// What of the caller's profile shall change. What is left out stays.
#[derive(Debug, InputObject)]
pub struct UpdateProfileInput {
    /// What others see: 1 to 80 characters. It cannot be null.
    pub display_name: MaybeUndefined<String>,
    /// At most 500 characters; null for none.
    pub bio: MaybeUndefined<String>,
    /// A two-letter code of ISO 3166-1; null for none.
    pub country: MaybeUndefined<String>,
}

/// The old and the new password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// What it is now.
    #[graphql(secret)]
    pub current_password: String,
    /// What it shall be: 10 characters or more.
    #[graphql(secret)]
    pub new_password: String,
}

impl fmt::Debug for RegisterInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisterInput(…)")
    }
}

impl fmt::Debug for SignInInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInInput(…)")
    }
}

impl fmt::Debug for ChangePasswordInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangePasswordInput(…)")
    }
}
