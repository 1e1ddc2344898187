//! A fact as the users service tells it, and what of it concerns us.
//!
//! Facts are read one by one, so a bad one costs itself only. Kinds that this version does not
//! know are passed over, as the contract wants it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::ids::UserId;

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its place among all facts.
    pub position: i64,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A user registered, or their profile changed: what is known of them is to be asked again.
    Changed(UserId),
    /// A user's account is gone.
    Deleted(UserId),
    /// Something of a kind that is not known here.
    Unknown,
}

/// Why something is no fact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not what the contract says.
    #[error("it does not have the members of a fact")]
    Shape,
    /// Nobody can say where it belongs.
    #[error("its id is not a position")]
    Id,
    /// It is about nobody.
    #[error("fact {0} has a subject that is no id of a user")]
    Subject(i64),
    /// It does not say when.
    #[error("fact {0} happened at no time")]
    Time(i64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    kind: String,
    subject: String,
    occurred_at: String,
}

impl Fact {
    /// Reads one fact.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(told: &Value) -> Result<Self, Malformed> {
        let told = Told::deserialize(told).map_err(|_| Malformed::Shape)?;
        let position = position(&told.id).ok_or(Malformed::Id)?;
        let subject = || UserId::parse(&told.subject).ok_or(Malformed::Subject(position));
        let what = match told.kind.as_str() {
            "user.registered" | "user.profileChanged" => What::Changed(subject()?),
            "user.deleted" => What::Deleted(subject()?),
            _ => What::Unknown,
        };
        let occurred_at = DateTime::parse_from_rfc3339(&told.occurred_at)
            .map_err(|_| Malformed::Time(position))?
            .to_utc();
        Ok(Fact {
            position,
            occurred_at,
            what,
        })
    }
}

/// A place among all facts, from its decimal digits.
pub fn position(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|it| it.is_ascii_digit());
    digits.parse().ok().filter(|it| plain && *it > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(id: &str, kind: &str, subject: &str) -> Value {
        json!({ "id": id, "kind": kind, "subject": subject, "occurredAt": "2026-02-01T09:30:00.000Z" })
    }

    #[test]
    fn facts_of_all_kinds_are_read() {
        let ann = UserId::parse("ann").expect("an id");
        let what = |kind: &str| Fact::read(&told("7", kind, "ann")).map(|it| it.what);
        assert_eq!(what("user.registered"), Ok(What::Changed(ann.clone())));
        assert_eq!(what("user.profileChanged"), Ok(What::Changed(ann.clone())));
        assert_eq!(what("user.deleted"), Ok(What::Deleted(ann)));
        assert_eq!(what("user.sang"), Ok(What::Unknown));
        // What is about somebody in a kind unknown here need not be about a user.
        let other = Fact::read(&told("7", "label.signed", "\0"));
        assert_eq!(other.map(|it| it.what), Ok(What::Unknown));
    }

    #[test]
    fn what_is_no_fact_is_told_apart() {
        let bad = |value: &Value| Fact::read(value).expect_err("no fact");
        assert_eq!(bad(&json!(null)), Malformed::Shape);
        assert_eq!(bad(&json!({ "id": 7 })), Malformed::Shape);
        for id in ["", "-1", "+1", "0", "1x", "99999999999999999999"] {
            assert_eq!(bad(&told(id, "user.deleted", "ann")), Malformed::Id, "{id}");
        }
        assert_eq!(bad(&told("7", "user.deleted", "")), Malformed::Subject(7));
        let timeless =
            json!({ "id": "7", "kind": "user.deleted", "subject": "ann", "occurredAt": "soon" });
        assert_eq!(bad(&timeless), Malformed::Time(7));
    }
}
