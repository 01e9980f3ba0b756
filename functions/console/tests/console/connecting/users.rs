//! The users of Aircall and the Salesforce users who own their Tasks.

use axum::http::{Method, StatusCode};
use rules::SalesforceId;
use salesforce_sandbox::Options;
use serde_json::{Value, json};
use store::ApiUsage;

use crate::fixture::{Fixture, Response, cookie};

/// A console with both sides connected. In Aircall are Alex (2001), Robin (2002) and Kim (2003); Alex is the org's admin.
pub(crate) async fn connected() -> Fixture {
    let f = Fixture::new().await;
    f.connect().await;
    assert_eq!(f.connect_aircall().await.status, StatusCode::OK);
    f
}

impl Fixture {
    /// Adds a user to the org and returns the ID.
    pub(crate) fn add_user(&self, name: &str, email: &str, changes: Value) -> String {
        let mut user = json!({ "LastName": name, "Email": email, "Username": format!("{name}@crm.example.com") });
        user.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.vendors.salesforce.insert("User", user).unwrap()
    }

    /// Stores a choice, whatever the org has.
    pub(crate) async fn store_choice(&self, aircall: u64, user: &str) {
        let user = SalesforceId::parse(user).unwrap();
        assert!(self.tenants.set_user(&self.tenant, aircall, Some(&user)).await.unwrap());
    }

    /// Stores an API key that Aircall does not accept.
    pub(crate) fn revoke_aircall_key(&self) {
        let mut key = self.vendors.secrets.get("aircall/one").unwrap();
        key["api_token"] = json!("wrong");
        self.vendors.secrets.put("aircall/one", &key.to_string());
    }

    async fn choose(&self, aircall: &str, body: Value) -> Response {
        self.send(Method::PUT, &format!("/api/users/{aircall}"), body.to_string()).await
    }

    /// The Salesforce user of each Aircall user, and how it was found.
    async fn owners(&self) -> Vec<(Value, Value)> {
        let answer = self.get("/api/users").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let users = answer.body["users"].as_array().unwrap();
        users.iter().map(|user| (user["salesforce_user_id"].clone(), user["matched_by"].clone())).collect()
    }
}

fn found(id: &str, by: &str) -> (Value, Value) {
    (json!(id), json!(by))
}

const NOBODY: (Value, Value) = (Value::Null, Value::Null);

#[tokio::test]
async fn each_aircall_user_has_the_salesforce_user_of_the_same_address() {
    let f = connected().await;
    let admin = f.vendors.salesforce.admin_user_id();
    let robin = f.add_user("Rep", "Robin.Rep@example.com.invalid", json!({}));
    assert_eq!(
        f.get("/api/users").await.body,
        json!({ "users": [
            {"aircall_user_id": 2001, "name": "Alex Admin", "email": "admin@example.com", "salesforce_user_id": admin,
                "matched_by": "email"},
            {"aircall_user_id": 2002, "name": "Robin Rep", "email": "robin.rep@example.com", "salesforce_user_id": robin,
                "matched_by": "sandbox_email"},
            {"aircall_user_id": 2003, "name": "Kim Temp", "email": "kim.temp@example.com", "salesforce_user_id": null,
                "matched_by": null},
        ] })
    );
    // The API usage that the org reported is stored.
    assert!(matches!(f.stored(&f.tenant).await.api_usage, Some(ApiUsage { used: 1.., .. })));
}

#[tokio::test]
async fn where_addresses_are_encrypted_the_username_counts() {
    let f = connected().await;
    let kim = f.add_user("Kim", "kim.temp@example.com", json!({ "Username": "kim.temp@example.com" }));
    f.add_user("Rep", "robin.rep@example.com", json!({}));
    assert_eq!(f.owners().await[2], found(&kim, "email"));
    let org = &f.vendors.salesforce;
    org.set_options(Options { unfilterable_fields: vec!["User.Email".to_owned()], ..org.options() });
    for _ in 0..2 {
        assert_eq!(f.owners().await, [NOBODY, NOBODY, found(&kim, "email")]);
    }
    let warnings = f.get("/api/connections").await.body["salesforce"]["warnings"].clone();
    assert_eq!((&warnings[0]["code"], &warnings[0]["field"]), (&json!("FIELD_NOT_FILTERABLE"), &json!("User.Email")));
}

#[tokio::test]
async fn a_choice_counts_before_the_address_and_can_be_taken_back() {
    let f = connected().await;
    let (robin, other) =
        (f.add_user("Rep", "robin.rep@example.com", json!({})), f.add_user("Other", "x@y.example", json!({})));
    let row = |id: &str, by: &str| {
        json!({ "aircall_user_id": 2002, "name": "Robin Rep", "email": "robin.rep@example.com", "salesforce_user_id": id,
            "matched_by": by })
    };
    // Both forms of an ID mean the same user.
    for id in [&other[..15], &*other] {
        let chosen = f.choose("2002", json!({ "salesforce_user_id": id })).await;
        assert_eq!((chosen.status, chosen.body), (StatusCode::OK, row(&other, "override")));
        assert_eq!(f.owners().await[1], found(&other, "override"));
    }
    for _ in 0..2 {
        let cleared = f.choose("2002", json!({ "salesforce_user_id": null })).await;
        assert_eq!((cleared.status, cleared.body), (StatusCode::OK, row(&robin, "email")));
        assert!(f.stored(&f.tenant).await.users.is_empty());
    }
}

#[tokio::test]
async fn a_chosen_user_who_is_not_active_any_more_does_not_count() {
    let f = connected().await;
    let robin = f.add_user("Rep", "robin.rep@example.com", json!({}));
    let gone = f.add_user("Gone", "gone@example.com", json!({ "IsActive": false }));
    f.store_choice(2002, &gone).await;
    f.store_choice(2003, &gone).await;
    assert_eq!(f.owners().await[1..], [found(&robin, "email"), NOBODY]);
}

#[tokio::test]
async fn only_an_active_user_of_the_org_can_be_chosen() {
    let f = connected().await;
    let gone = f.add_user("Gone", "gone@example.com", json!({ "IsActive": false }));
    let contact = f.vendors.salesforce.insert("Contact", json!({ "LastName": "Sample" })).unwrap();
    for id in [&*gone, &contact, "005000000000001AAA", "005", "", "robin.rep@example.com"] {
        let refused = f.choose("2002", json!({ "salesforce_user_id": id })).await;
        refused.check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field");
        assert_eq!(refused.body["error"]["parameter"], "salesforce_user_id", "{id}");
    }
    assert!(f.stored(&f.tenant).await.users.is_empty());
}

#[tokio::test]
async fn a_body_has_exactly_the_one_field() {
    let f = connected().await;
    for (body, field) in [
        (json!({}), "salesforce_user_id"),
        (json!({ "salesforce_user_id": 5 }), "salesforce_user_id"),
        (json!({ "salesforce_user_id": null, "name": "Robin" }), "name"),
    ] {
        let refused = f.choose("2002", body).await;
        refused.check_error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field");
        assert_eq!(refused.body["error"]["parameter"], field);
    }
    for body in [json!([]), json!(null)] {
        f.choose("2002", body).await.check_error(StatusCode::BAD_REQUEST, "not_json");
    }
    f.send(Method::PUT, "/api/users/2002", "{").await.check_error(StatusCode::BAD_REQUEST, "not_json");
    let long = json!({ "salesforce_user_id": "0".repeat(5_000) });
    f.choose("2002", long).await.check_error(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
}

#[tokio::test]
async fn a_user_that_aircall_does_not_have_is_not_found() {
    let f = connected().await;
    for id in ["9999", "robin", "-1", "18446744073709551616"] {
        let answer = f.choose(id, json!({ "salesforce_user_id": null })).await;
        answer.check_error(StatusCode::NOT_FOUND, "not_found");
    }
}

#[tokio::test]
async fn both_sides_have_to_be_connected() {
    let f = Fixture::new().await;
    let check = async || {
        f.get("/api/users").await.check_error(StatusCode::CONFLICT, "not_connected");
        let chosen = f.choose("2002", json!({ "salesforce_user_id": null })).await;
        chosen.check_error(StatusCode::CONFLICT, "not_connected");
        chosen.body["error"]["message"].as_str().unwrap().split(' ').next().unwrap().to_owned()
    };
    assert_eq!(check().await, "Salesforce");
    f.connect().await;
    assert_eq!(check().await, "Aircall");
    let other = f.send_as(&cookie("two"), Method::GET, "/api/users", "").await;
    other.check_error(StatusCode::CONFLICT, "not_connected");
}

#[tokio::test]
async fn a_vendor_that_refuses_is_named() {
    let f = connected().await;
    f.revoke_aircall_key();
    let other = f.restarted();
    other.get("/api/users").await.check_error(StatusCode::UNPROCESSABLE_ENTITY, "aircall_refused");
    // The users were not cached, and a choice asks Aircall each time.
    let chosen = f.choose("2002", json!({ "salesforce_user_id": null })).await;
    chosen.check_error(StatusCode::UNPROCESSABLE_ENTITY, "aircall_refused");

    let f = connected().await;
    f.vendors.secrets.remove("salesforce/one");
    f.get("/api/users").await.check_error(StatusCode::CONFLICT, "salesforce_refused");
}

#[tokio::test]
async fn hundreds_of_users_need_few_requests() {
    let f = connected().await;
    assert_eq!(f.owners().await.len(), 3);
    let aircall = &f.vendors.aircall;
    let mut snapshot = aircall.snapshot();
    let users = snapshot["users"].as_object_mut().unwrap();
    for id in 3_000..3_400 {
        users.insert(
            id.to_string(),
            json!({"id": id, "name": format!("User {id}"), "email": format!("{id}@example.com")}),
        );
    }
    aircall.restore(snapshot).unwrap();
    let last = f.add_user("Last", "3399@example.com", json!({}));
    let other = f.restarted();
    let before = f.stored(&f.tenant).await.api_usage.unwrap().used;
    let owners = other.owners().await;
    assert_eq!((owners.len(), &owners[402]), (403, &found(&last, "email")));
    assert_eq!(f.stored(&f.tenant).await.api_usage.unwrap().used - before, 1);
}
