//! Roles are given by admins only, and the audit trail shows it to admins only.

use kit::auth::Role;
use serde_json::{Value, json};

use crate::support::{Served, access, user_id};

on_both_databases! {
    only_admins_give_roles_and_the_trail_shows_it,
    an_admin_who_is_none_any_more_gives_no_roles,
    the_trail_is_for_admins_and_comes_in_pages,
}

const SET: &str =
    "mutation ($id: ID!, $roles: [Role!]!) { setRoles(userId: $id, roles: $roles) { roles } }";
const TRAIL: &str = "query ($subject: ID, $first: Int, $after: String) {
    auditTrail(subject: $subject, first: $first, after: $after) {
        edges { node { actor subject action detail } } pageInfo { hasNextPage endCursor }
    }
}";

fn wanted(session: &Value, roles: &[&str]) -> Value {
    json!({ "id": user_id(session), "roles": roles })
}

async fn only_admins_give_roles_and_the_trail_shows_it(served: &Served) {
    let ada = served.register("ada").await;
    let grace = served.register("grace").await;
    for token in ["", access(&ada)] {
        let refused = served
            .ask_as(token, SET, wanted(&ada, &["ADMIN"]))
            .await
            .error()
            .0;
        assert!(["UNAUTHENTICATED", "FORBIDDEN"].contains(&refused.as_str()));
    }
    let curator = served.promote(&ada, &[Role::Curator]).await;
    let refused = served
        .ask_as(access(&curator), SET, wanted(&ada, &["ADMIN"]))
        .await;
    assert_eq!(refused.error().0, "FORBIDDEN");

    let admin = served.promote(&grace, &[Role::Admin]).await;
    let set = served
        .ask_as(
            access(&admin),
            SET,
            wanted(&ada, &["CURATOR", "ADMIN", "ADMIN"]),
        )
        .await;
    assert_eq!(
        set.data()["setRoles"]["roles"],
        json!(["USER", "CURATOR", "ADMIN"])
    );
    let taken = served.ask_as(access(&admin), SET, wanted(&ada, &[])).await;
    assert_eq!(taken.data()["setRoles"]["roles"], json!(["USER"]));
    let own = served
        .ask_as(access(&admin), SET, wanted(&grace, &["CURATOR"]))
        .await;
    assert_eq!(
        own.error().0,
        "BAD_USER_INPUT",
        "there is always an admin left"
    );
    let nobody = served
        .ask_as(access(&admin), SET, json!({ "id": "nobody", "roles": [] }))
        .await;
    assert_eq!(nobody.error().0, "NOT_FOUND");

    let trail = served
        .ask_as(access(&admin), TRAIL, json!({ "subject": user_id(&ada) }))
        .await;
    let entries: Vec<_> = trail.data()["auditTrail"]["edges"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| {
            let node = &edge["node"];
            (
                node["actor"].clone(),
                node["action"].clone(),
                node["detail"].clone(),
            )
        })
        .collect();
    let changed = json!("rolesChanged");
    let grace = json!(user_id(&grace));
    assert_eq!(
        entries,
        [
            (
                json!("operator"),
                changed.clone(),
                json!("user -> user curator")
            ),
            (
                grace.clone(),
                changed.clone(),
                json!("user curator -> user curator admin")
            ),
            (grace, changed, json!("user curator admin -> user")),
        ]
    );
}

async fn an_admin_who_is_none_any_more_gives_no_roles(served: &Served) {
    let grace = served.register("grace").await;
    let admin = served.promote(&grace, &[Role::Admin]).await;
    // The token still names the role; the database does not.
    users::flows::change_roles_as_operator(&served.store, user_id(&grace), &[])
        .await
        .expect("there is such a user");
    for query in [TRAIL, "{ apps { id } }"] {
        let refused = served.ask_as(access(&admin), query, json!({})).await;
        assert_eq!(refused.error().0, "FORBIDDEN");
    }
    let refused = served
        .ask_as(access(&admin), SET, wanted(&grace, &["ADMIN"]))
        .await;
    assert_eq!(refused.error().0, "FORBIDDEN");
}

async fn the_trail_is_for_admins_and_comes_in_pages(served: &Served) {
    let ada = served.register("ada").await;
    assert_eq!(
        served.ask(TRAIL, json!({})).await.error().0,
        "UNAUTHENTICATED"
    );
    let refused = served.ask_as(access(&ada), TRAIL, json!({})).await;
    assert_eq!(refused.error().0, "FORBIDDEN");
    let mut ada = served.promote(&ada, &[Role::Admin]).await;
    for _ in 0..4 {
        ada = served.promote(&ada, &[Role::Admin]).await;
    }
    let mut seen = 0;
    let mut after = Value::Null;
    loop {
        let page = served
            .ask_as(access(&ada), TRAIL, json!({ "first": 2, "after": after }))
            .await;
        let page = &page.data()["auditTrail"];
        seen += page["edges"].as_array().expect("a list").len();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, 5);
}
