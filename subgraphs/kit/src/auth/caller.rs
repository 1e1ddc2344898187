//! [`Caller`]: who sent the request, as far as it proved.

use async_graphql::Context;

use crate::{Failure, Result};

/// What a user may do beyond their own things. Unknown roles in a token give no rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everybody who registered.
    User,
    /// Edits the catalogue.
    Curator,
    /// May do everything a curator may, and read what only owners read.
    Admin,
}

impl Role {
    /// The role as tokens and databases write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Curator => "curator",
            Role::Admin => "admin",
        }
    }

    /// The role of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        [Role::User, Role::Curator, Role::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// Who is calling. The server puts it into the context of every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// No token was sent.
    #[default]
    Anonymous,
    /// A valid token of a user was sent, by the user or by an app that acts for them.
    User(SignedIn),
    /// A valid token of an app was sent that acts for itself, and for no user.
    App(App),
}

/// An app that is registered with the users service, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The app's id (claim `client_id`).
    pub id: String,
    /// What it was allowed to do (claim `scope`).
    pub scopes: Vec<String>,
}

impl App {
    /// Whether it was allowed to do this.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|it| it == scope)
    }
}

/// What a valid token says about its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The user's id (claim `sub`).
    pub id: String,
    /// The user's roles when the token was made (claim `roles`).
    pub roles: Vec<Role>,
    /// The session the token belongs to (claim `sid`), where it has one.
    pub session: Option<String>,
    /// The app that acts for the user, unless it is MusicWallet's own.
    pub app: Option<App>,
}

impl Caller {
    /// The caller of the request being answered.
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Caller {
        static ANONYMOUS: Caller = Caller::Anonymous;
        ctx.data_opt().unwrap_or(&ANONYMOUS)
    }

    /// The signed-in user.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when nobody is signed in.
    pub fn signed_in(&self) -> Result<&SignedIn> {
        match self {
            Caller::User(user) => Ok(user),
            Caller::Anonymous | Caller::App(_) => Err(Failure::unauthenticated()),
        }
    }

    /// The signed-in user, who must not be represented by an app: what concerns passwords,
    /// sessions and rights is nothing that a user can leave to one.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when nobody is signed in, `FORBIDDEN` for an app.
    pub fn in_person(&self) -> Result<&SignedIn> {
        let user = self.signed_in()?;
        match user.app {
            None => Ok(user),
            Some(_) => Err(Failure::forbidden("An app cannot do this for a user")),
        }
    }

    /// The signed-in user, who must have one of `roles`.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when nobody is signed in, `FORBIDDEN` when the role is missing.
    pub fn with_role(&self, roles: &[Role]) -> Result<&SignedIn> {
        let user = self.signed_in()?;
        if user.has_role(roles) {
            return Ok(user);
        }
        let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        Err(Failure::forbidden(format!(
            "This needs the role {}",
            names.join(" or ")
        )))
    }

    /// Whether the caller is this user, or may read what only this user reads. An app that
    /// acts for the user may if it was granted `scope`, and never reads it of others.
    pub fn may_read_private(&self, user_id: &str, scope: &str) -> bool {
        match self {
            Caller::User(user) => match &user.app {
                None => user.id == user_id || user.has_role(&[Role::Admin]),
                Some(app) => user.id == user_id && app.may(scope),
            },
            Caller::Anonymous | Caller::App(_) => false,
        }
    }
}

impl SignedIn {
    /// Whether the user has one of `roles`.
    pub fn has_role(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn caller(roles: &[Role]) -> Caller {
        Caller::User(SignedIn {
            id: "u1".to_owned(),
            roles: roles.to_vec(),
            session: None,
            app: None,
        })
    }

    #[test]
    fn nobody_is_unauthenticated_and_the_wrong_role_is_forbidden() {
        let curators = [Role::Curator, Role::Admin];
        let nobody = Caller::Anonymous.with_role(&curators).expect_err("nobody");
        assert_eq!(nobody.code(), Code::Unauthenticated);
        let listener = caller(&[Role::User]);
        let refused = listener.with_role(&curators).expect_err("a plain user");
        assert_eq!(refused.code(), Code::Forbidden);
        assert_eq!(refused.message(), "This needs the role curator or admin");
        assert!(
            caller(&[Role::User, Role::Admin])
                .with_role(&curators)
                .is_ok()
        );
    }

    #[test]
    fn only_the_owner_and_admins_read_what_is_private() {
        assert!(caller(&[Role::User]).may_read_private("u1", "email"));
        assert!(!caller(&[Role::Curator]).may_read_private("u2", "email"));
        assert!(caller(&[Role::Admin]).may_read_private("u2", "email"));
        assert!(!Caller::Anonymous.may_read_private("u1", "email"));
    }

    #[test]
    fn an_app_does_what_it_was_granted_and_nothing_in_person() {
        let app = |scopes: &[&str]| App {
            id: "player".to_owned(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
        };
        let acting = |scopes: &[&str]| match caller(&[Role::User, Role::Admin]) {
            Caller::User(user) => Caller::User(SignedIn {
                app: Some(app(scopes)),
                ..user
            }),
            other => other,
        };
        assert!(acting(&["email"]).may_read_private("u1", "email"));
        assert!(!acting(&["email"]).may_read_private("u2", "email"));
        assert!(!acting(&[]).may_read_private("u1", "email"));
        assert!(acting(&[]).signed_in().is_ok());
        let refused = acting(&["email"]).in_person().expect_err("an app");
        assert_eq!(refused.code(), Code::Forbidden);
        assert!(caller(&[Role::User]).in_person().is_ok());
        let alone = Caller::App(app(&["email"]));
        assert!(alone.signed_in().is_err() && !alone.may_read_private("u1", "email"));
    }
}
