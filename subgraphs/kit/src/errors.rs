//! [`Failure`]: the one error that resolvers return, and how it becomes a GraphQL error.
//!
//! A failure carries a stable [`Code`] that clients may branch on, a message for people, and
//! for faults of ours the cause, which is logged once at the edge and never sent. `Failure`
//! has no `Display` on purpose: async-graphql turns every `Display` into an error without a
//! code, and the conversion below must be the only way out.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

/// What clients are told instead of an internal cause.
pub const MASKED_MESSAGE: &str = "Internal server error";

/// The stable classes of failure, sent as `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Nobody is signed in, or the credentials are wrong.
    Unauthenticated,
    /// Somebody is signed in who may not do this.
    Forbidden,
    /// An argument has a value that cannot be accepted.
    BadUserInput,
    /// What an argument points at does not exist.
    NotFound,
    /// The request contradicts what is stored: a name is taken, a thing is in use.
    Conflict,
    /// The service has more of this work than it takes on at once; try again later.
    TooManyRequests,
    /// The account on whose behalf this would be done was deleted.
    AccountDeleted,
    /// Our fault. The cause is in the log.
    InternalServerError,
    /// The operation's text does not parse.
    GraphqlParseFailed,
    /// The operation does not fit the schema, or exceeds a limit.
    GraphqlValidationFailed,
    /// There is no operation of that name, or none was chosen among several.
    OperationResolutionFailure,
    /// The HTTP request is not a GraphQL request.
    BadRequest,
    /// The body is larger than accepted.
    PayloadTooLarge,
    /// The request took longer than allowed.
    RequestTimeout,
    /// A subscription ends because the service does: subscribe again.
    SubscriptionServerShutdown,
    /// A subscription ends because events were missed: subscribe again, and read what it is about.
    SubscriptionInterrupted,
    /// Tokens cannot be verified now, because no key set could be fetched.
    KeySetUnavailable,
}

impl Code {
    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Unauthenticated => "UNAUTHENTICATED",
            Code::Forbidden => "FORBIDDEN",
            Code::BadUserInput => "BAD_USER_INPUT",
            Code::NotFound => "NOT_FOUND",
            Code::Conflict => "CONFLICT",
            Code::TooManyRequests => "TOO_MANY_REQUESTS",
            Code::AccountDeleted => "ACCOUNT_DELETED",
            Code::InternalServerError => "INTERNAL_SERVER_ERROR",
            Code::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Code::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Code::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Code::BadRequest => "BAD_REQUEST",
            Code::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Code::RequestTimeout => "REQUEST_TIMEOUT",
            Code::SubscriptionServerShutdown => "SUBSCRIPTION_SERVER_SHUTDOWN",
            Code::SubscriptionInterrupted => "SUBSCRIPTION_INTERRUPTED",
            Code::KeySetUnavailable => "KEY_SET_UNAVAILABLE",
        }
    }
}

/// Why a resolver has no answer.
///
/// Cheap to clone, so that a batched load can hand the same failure to everyone who waited.
#[derive(Clone, Debug)]
pub struct Failure {
    code: Code,
    message: Cow<'static, str>,
    argument: Option<Cow<'static, str>>,
    details: Vec<(&'static str, async_graphql::Value)>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// A failure of any class whose message the client sees as it stands.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Failure {
            code,
            message: message.into(),
            argument: None,
            details: Vec::new(),
            cause: None,
        }
    }

    /// The field needs a signed-in caller and there is none.
    pub fn unauthenticated() -> Self {
        Failure::new(
            Code::Unauthenticated,
            "Sign in first: this needs a signed-in user",
        )
    }

    /// The caller is known and may not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(Code::Forbidden, message)
    }

    /// The value of `argument` (a path such as `input.username`) cannot be accepted.
    pub fn bad_input(
        argument: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Failure::new(Code::BadUserInput, message).about(argument)
    }

    /// The thing asked for does not exist.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(Code::NotFound, message)
    }

    /// The value of `argument` contradicts what is stored.
    pub fn conflict(
        argument: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Failure::new(Code::Conflict, message).about(argument)
    }

    /// A fault of ours: `cause` goes to the log, the client learns only that it happened.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut failure = Failure::new(Code::InternalServerError, MASKED_MESSAGE);
        failure.cause = Some(Arc::from(cause.into()));
        failure
    }

    /// Names the argument at fault; sent as `extensions.argument`.
    #[must_use]
    pub fn about(mut self, argument: impl Into<Cow<'static, str>>) -> Self {
        self.argument = Some(argument.into());
        self
    }

    /// Adds a fact that clients act upon; sent as `extensions.<name>`.
    #[must_use]
    pub fn with_detail(
        mut self,
        name: &'static str,
        value: impl Into<async_graphql::Value>,
    ) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The class of this failure.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the client is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The argument at fault, where one is.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// For whoever reads the log or the terminal: the cause where there is one, else what a client is
    /// told.
    pub fn in_full(&self) -> String {
        match &self.cause {
            Some(cause) => chain(cause.as_ref()),
            None => self.message.clone().into_owned(),
        }
    }

    /// What goes to the log, for faults of ours.
    pub fn cause(&self) -> Option<&Arc<dyn StdError + Send + Sync>> {
        self.cause.as_ref()
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(cause: sea_orm::DbErr) -> Self {
        Failure::internal(cause)
    }
}

impl From<async_graphql::Error> for Failure {
    /// async-graphql itself fails with such an error when context data are missing: a fault
    /// in how the service was put together, so the client need not read it.
    fn from(error: async_graphql::Error) -> Self {
        Failure::internal(error.message)
    }
}

impl From<Failure> for anyhow::Error {
    /// A failure outside of a request, which nobody is kept from reading.
    fn from(failure: Failure) -> Self {
        anyhow::Error::msg(failure.in_full())
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        let mut extensions = async_graphql::ErrorExtensionValues::default();
        extensions.set("code", failure.code.as_str());
        if let Some(argument) = &failure.argument {
            extensions.set("argument", argument.as_ref());
        }
        for (name, value) in &failure.details {
            extensions.set(*name, value.clone());
        }
        async_graphql::Error {
            message: failure.message.clone().into_owned(),
            // The edge finds the cause here and logs it; it is never serialised.
            source: Some(Arc::new(failure)),
            extensions: Some(extensions),
        }
    }
}

/// An error with all its causes on one line, for the log.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Many libraries repeat their cause in their own message.
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_its_code_and_argument_on_the_way_out() {
        let error: async_graphql::Error =
            Failure::conflict("input.username", "The user name is taken")
                .with_detail("currentVersion", 7)
                .into();
        let extensions = error.extensions.expect("a failure always has a code");
        assert_eq!(error.message, "The user name is taken");
        assert_eq!(extensions.get("code"), Some(&"CONFLICT".into()));
        assert_eq!(extensions.get("argument"), Some(&"input.username".into()));
        assert_eq!(extensions.get("currentVersion"), Some(&7.into()));
    }

    #[test]
    fn an_internal_cause_is_kept_for_the_log_and_masked_for_the_client() {
        let failure = Failure::from(sea_orm::DbErr::Custom("password=hunter2".to_owned()));
        let error: async_graphql::Error = failure.clone().into();
        assert_eq!(error.message, MASKED_MESSAGE);
        let cause = failure.cause().expect("the log needs the cause");
        assert!(cause.to_string().contains("hunter2"));
    }

    #[test]
    fn a_chain_does_not_repeat_a_cause_that_the_message_already_ends_with() {
        #[derive(Debug, thiserror::Error)]
        #[error("opening the file: {0}")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk on fire"));
        assert_eq!(chain(&error), "opening the file: disk on fire");
    }
}
