//! Connecting a tenant, step by step.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::dynamodb::item::{self, Attributes};
use crate::test_tables::TestTables;
use crate::tests::tenants::{one, usage};
use crate::tests::{START, at, tenant};
use crate::{
    AircallAuth, AircallConnection, AircallState, AircallSubscription, CompanySigns, Connection, ConnectionState,
    OrgFacts, RetiredToken, Tenant, Tenants, TokenHash,
};

struct Fixture {
    tenants: Tenants,
    tables: TestTables,
}

impl Fixture {
    /// With the tenant `one`, whose org lacks a field and whose connection is dead.
    async fn new() -> (Self, Tenant) {
        let f = Self::empty().await;
        let reason = "invalid_grant".to_owned();
        let stored = Tenant {
            state: ConnectionState::ReconnectNeeded { reason, since: at(START), try_at: at(START) },
            facts: OrgFacts {
                missing_fields: BTreeMap::from([("Task.Aircall_Key__c".to_owned(), at(START))]),
                ..OrgFacts::default()
            },
            api_usage: Some(usage(0)),
            aircall: Some(aircall("1")),
            last_event_at: Some(at(START)),
            ..one()
        };
        f.tenants.put(&stored).await.unwrap();
        assert_eq!(f.read().await, stored);
        (f, stored)
    }

    async fn empty() -> Self {
        let tables = TestTables::start().await;
        Self { tenants: Tenants::new(tables.dynamodb.clone(), "TenantsTable"), tables }
    }

    async fn read(&self) -> Tenant {
        self.tenants.get(&tenant("one")).await.unwrap().unwrap()
    }

    /// The tenant's attributes.
    async fn item(&self) -> Attributes {
        let request = self.tables.dynamodb.get_item().table_name("TenantsTable");
        request.set_key(Some(item::key([("tenant", "one")]))).send().await.unwrap().item.unwrap()
    }

    /// Changes the item by an update expression with one `:value`, as another version does.
    async fn change(&self, expression: &str, value: AttributeValue) {
        let request = self.tables.dynamodb.update_item().table_name("TenantsTable");
        let request = request.set_key(Some(item::key([("tenant", "one")]))).update_expression(expression);
        request.expression_attribute_values(":value", value).send().await.unwrap();
    }
}

/// Login URL of an org.
const LOGIN: &str = "https://example.my.salesforce.com";

fn aircall(webhook_id: &str) -> AircallConnection {
    AircallConnection {
        company_name: "Example".to_owned(),
        how: AircallAuth::OAuth,
        webhook_id: webhook_id.to_owned(),
        webhook_url: Some("https://example.com/webhooks/aircall/one".to_owned()),
        connected_at: at(START),
        state: AircallState::Active,
        signs: CompanySigns { lines: [1001].into(), users: [2001].into() },
        ..AircallConnection::default()
    }
}

fn org(org_id: &str, user_id: &str) -> Connection {
    let connection = one().salesforce.unwrap();
    Connection { org_id: org_id.to_owned(), user_id: user_id.to_owned(), ..connection }
}

#[tokio::test]
async fn creating_an_existing_tenant_changes_nothing() {
    let f = Fixture::empty().await;
    assert!(f.tenants.create(&tenant("one"), at(START)).await.unwrap());
    assert_eq!(f.read().await, Tenant::new(tenant("one")));
    f.tenants.set_webhook_tokens(&tenant("one"), &[TokenHash::new("token")]).await.unwrap();
    assert!(!f.tenants.create(&tenant("one"), at(START)).await.unwrap());
    assert_eq!(f.read().await.webhook_tokens, [TokenHash::new("token")], "the existing tenant is unchanged");
}

#[tokio::test]
async fn reconnecting_the_same_org_keeps_its_facts_if_the_user_is_the_same() {
    let (f, before) = Fixture::new().await;
    let own = before.salesforce.clone().unwrap();
    assert!(f.tenants.connect_salesforce(&tenant("one"), &own).await.unwrap());
    let expected = Tenant { state: ConnectionState::Connected, ..before.clone() };
    assert_eq!(f.read().await, expected);

    let others = org(&own.org_id, "005000000000002AAA");
    assert!(f.tenants.connect_salesforce(&tenant("one"), &others).await.unwrap());
    let forgotten = Tenant { salesforce: Some(others), facts: OrgFacts::default(), ..expected };
    assert_eq!(f.read().await, forgotten);
    // A writer that still has the former connection stores nothing that it learned.
    f.tenants.set_facts(&before).await.unwrap();
    assert_eq!(f.read().await, forgotten);
}

#[tokio::test]
async fn a_grant_that_is_found_dead_does_not_end_the_one_that_replaced_it() {
    let (f, before) = Fixture::new().await;
    let own = before.salesforce.clone().unwrap();
    let later = Connection { connected_at: at(START + 100), ..own };
    f.tenants.connect_salesforce(&tenant("one"), &later).await.unwrap();
    let dead = before.state.clone();
    f.tenants.set_state_of_connection(&before, &dead).await.unwrap();
    assert_eq!(f.read().await.state, ConnectionState::Connected);
    f.tenants.set_state_of_connection(&Tenant { salesforce: Some(later), ..before }, &dead).await.unwrap();
    assert_eq!(f.read().await.state, dead);
}

#[tokio::test]
async fn connecting_another_org_deletes_the_facts_of_the_previous_one() {
    let (f, before) = Fixture::new().await;
    let connection = org("00D000000000002AAA", "005000000000002AAA");
    assert!(f.tenants.connect_salesforce(&tenant("one"), &connection).await.unwrap());
    let expected = Tenant {
        salesforce: Some(connection),
        state: ConnectionState::Connected,
        facts: OrgFacts::default(),
        api_usage: None,
        ..before
    };
    assert_eq!(f.read().await, expected);
}

#[tokio::test]
async fn an_org_can_be_connected_first_and_again_after_disconnecting() {
    let f = Fixture::empty().await;
    f.tenants.create(&tenant("one"), at(START)).await.unwrap();
    let connection = org("00D000000000001AAA", "005000000000002AAA");
    let connected = Tenant { salesforce: Some(connection.clone()), ..Tenant::new(tenant("one")) };
    // The login URL is kept until an org is connected.
    let disconnected = Tenant { former_login_url: Some(LOGIN.to_owned()), ..Tenant::new(tenant("one")) };
    for _ in 0..2 {
        assert!(f.tenants.connect_salesforce(&tenant("one"), &connection).await.unwrap());
        assert_eq!(f.read().await, connected);
        assert!(f.tenants.disconnect_salesforce(&tenant("one"), LOGIN).await.unwrap());
        assert_eq!(f.read().await, disconnected);
    }
}

#[tokio::test]
async fn disconnecting_the_org_keeps_the_aircall_connection() {
    let (f, before) = Fixture::new().await;
    assert!(f.tenants.disconnect_salesforce(&tenant("one"), LOGIN).await.unwrap());
    let left = Tenant {
        former_login_url: Some(LOGIN.to_owned()),
        webhook_tokens: before.webhook_tokens,
        aircall: before.aircall,
        last_event_at: before.last_event_at,
        ..Tenant::new(tenant("one"))
    };
    assert_eq!(f.read().await, left);
}

#[tokio::test]
async fn aircall_is_connected_changed_and_disconnected_independently() {
    let (f, before) = Fixture::new().await;
    let one = tenant("one");
    let other = AircallConnection { company_id: Some(7), how: AircallAuth::ApiKey, webhook_url: None, ..aircall("2") };
    for rotated_at in [Some(at(START)), None] {
        let other = AircallConnection { rotated_at, ..other.clone() };
        assert!(f.tenants.connect_aircall(&one, &other).await.unwrap());
        assert_eq!(f.read().await, Tenant { aircall: Some(other), ..before.clone() });
    }

    let state = AircallState::Deactivated { since: at(START + 9) };
    assert!(!f.tenants.set_aircall_state(&one, "1", &state).await.unwrap(), "the state of another webhook");
    assert!(f.tenants.set_aircall_state(&one, "2", &state).await.unwrap());
    let deactivated = Tenant { aircall: Some(AircallConnection { state, ..other }), ..before.clone() };
    assert_eq!(f.read().await, deactivated);

    assert!(f.tenants.disconnect_aircall(&one).await.unwrap());
    assert!(!f.tenants.set_aircall_state(&one, "2", &AircallState::Unknown).await.unwrap());
    let former_aircall = deactivated.aircall;
    assert_eq!(f.read().await, Tenant { aircall: None, former_aircall, last_event_at: None, ..before });
}

#[tokio::test]
async fn several_webhook_tokens_can_be_valid_at_a_time() {
    let (f, before) = Fixture::new().await;
    for tokens in [vec!["old", "new"], vec!["new"], vec![]] {
        let webhook_tokens: Vec<_> = tokens.into_iter().map(TokenHash::new).collect();
        assert!(f.tenants.set_webhook_tokens(&tenant("one"), &webhook_tokens).await.unwrap());
        assert_eq!(f.read().await, Tenant { webhook_tokens, ..before.clone() });
    }
}

#[tokio::test]
async fn a_retired_token_has_an_end_that_a_version_without_it_does_not_need() {
    let (f, before) = Fixture::new().await;
    let [former, current] = ["former", "current"].map(TokenHash::new);
    let retired = RetiredToken { hash: former, until: at(START) };
    assert!(f.tenants.retire_webhook_tokens(&tenant("one"), &[current], &[retired]).await.unwrap());
    let expected = Tenant { webhook_tokens: vec![current], retired_tokens: vec![retired], ..before.clone() };
    assert_eq!(f.read().await, expected);
    f.tenants.put(&expected).await.unwrap();
    assert_eq!(f.read().await, expected);

    // Such a version reads and writes the list only.
    let item = f.item().await;
    let list = item["webhook_tokens"].as_l().unwrap().clone();
    assert_eq!(list, [current, former].map(|hash| AttributeValue::S(hash.to_string())));
    f.change("SET webhook_tokens = :value", AttributeValue::L(list[..1].to_vec())).await;
    let expected = Tenant { webhook_tokens: vec![current], ..before.clone() };
    assert_eq!(f.read().await, expected);

    // An end that is not understood is none.
    f.tenants.retire_webhook_tokens(&tenant("one"), &[current], &[retired]).await.unwrap();
    for unknown in [AttributeValue::S("soon".to_owned()), AttributeValue::M([].into())] {
        f.change("SET retired_webhook_tokens = :value", unknown).await;
        assert_eq!(f.read().await, Tenant { webhook_tokens: vec![current, former], ..before.clone() });
    }
    assert!(f.tenants.set_webhook_tokens(&tenant("one"), &[current]).await.unwrap());
    assert!(!f.item().await.contains_key("retired_webhook_tokens"));
}

#[tokio::test]
async fn the_last_event_is_recorded_at_most_once_a_minute() {
    let (f, before) = Fixture::new().await;
    for (seen, recorded) in [(59, 0), (60, 60), (30, 60), (119, 60), (500, 500)] {
        f.tenants.record_event(&tenant("one"), at(START + seen)).await.unwrap();
        assert_eq!(f.read().await, Tenant { last_event_at: Some(at(START + recorded)), ..before.clone() }, "{seen}");
    }
    f.tenants.disconnect_aircall(&tenant("one")).await.unwrap();
    f.tenants.record_event(&tenant("one"), at(START)).await.unwrap();
    assert_eq!(f.read().await.last_event_at, Some(at(START)), "the first event of another account");
}

#[tokio::test]
async fn no_step_creates_a_missing_tenant() {
    let f = Fixture::empty().await;
    let missing = tenant("one");
    let connection = org("00D000000000001AAA", "005000000000001AAA");
    assert!(!f.tenants.connect_salesforce(&missing, &connection).await.unwrap());
    assert!(!f.tenants.disconnect_salesforce(&missing, LOGIN).await.unwrap());
    assert!(!f.tenants.connect_aircall(&missing, &aircall("1")).await.unwrap());
    assert!(!f.tenants.set_aircall_state(&missing, "1", &AircallState::Active).await.unwrap());
    assert!(!f.tenants.disconnect_aircall(&missing).await.unwrap());
    assert!(!f.tenants.set_webhook_tokens(&missing, &[]).await.unwrap());
    f.tenants.record_event(&missing, at(START)).await.unwrap();
    assert_eq!(f.tenants.get(&missing).await.unwrap(), None);
}

#[tokio::test]
async fn the_time_of_the_first_connection_to_a_company_stays() {
    let f = Fixture::empty().await;
    let one = tenant("one");
    f.tenants.create(&one, at(START)).await.unwrap();
    let since = async || f.read().await.aircall_since;
    assert_eq!(since().await, None);
    f.tenants.connect_aircall(&one, &aircall("1")).await.unwrap();
    assert_eq!(since().await, Some(at(START)));
    // Another webhook, another key, and a reconnect later.
    let again = AircallConnection { connected_at: at(START + 100), ..aircall("2") };
    f.tenants.connect_aircall(&one, &again).await.unwrap();
    assert!(f.tenants.disconnect_aircall(&one).await.unwrap());
    assert_eq!(f.read().await.former_aircall, Some(again.clone()));
    assert!(f.tenants.disconnect_aircall(&one).await.unwrap());
    f.tenants.connect_aircall(&one, &again).await.unwrap();
    assert_eq!(since().await, Some(at(START)));
    f.tenants.begin_with_company(&one, at(START + 100)).await.unwrap();
    assert_eq!(since().await, Some(at(START + 100)));
}

#[tokio::test]
async fn a_company_that_was_connected_before_the_time_was_stored_has_none() {
    let (f, _) = Fixture::new().await;
    f.tenants.connect_aircall(&tenant("one"), &aircall("2")).await.unwrap();
    assert_eq!(f.read().await.aircall_since, None);
}

#[tokio::test]
async fn uninstalling_the_app_ends_its_connection_once_and_keeps_a_later_one() {
    let id = tenant("one");
    let nothing = Fixture::empty().await.tenants.uninstall_aircall(&id, at(START)).await;
    assert!(!nothing.unwrap(), "nothing is connected");
    let (f, before) = Fixture::new().await;
    let key = AircallConnection { how: AircallAuth::ApiKey, ..aircall("1") };
    let later = AircallConnection { connected_at: at(START + 61), ..aircall("1") };
    for connection in [key, later] {
        f.tenants.connect_aircall(&id, &connection).await.unwrap();
        assert!(!f.tenants.uninstall_aircall(&id, at(START + 60)).await.unwrap(), "{connection:?}");
        assert_eq!(f.read().await, Tenant { aircall: Some(connection), ..before.clone() });
    }
    f.tenants.connect_aircall(&id, &aircall("1")).await.unwrap();
    assert!(f.tenants.uninstall_aircall(&id, at(START + 60)).await.unwrap());
    assert!(!f.tenants.uninstall_aircall(&id, at(START + 90)).await.unwrap(), "it has ended already");
    let aircall = Some(AircallConnection { uninstalled_at: Some(at(START + 60)), ..aircall("1") });
    let expected = Tenant { aircall, webhook_tokens: Vec::new(), retired_tokens: Vec::new(), ..before };
    assert_eq!(f.read().await, expected);
}

#[tokio::test]
async fn the_events_of_a_webhook_are_stored_only_for_that_webhook() {
    let (f, before) = Fixture::new().await;
    let id = tenant("one");
    f.tenants.connect_aircall(&id, &aircall("1")).await.unwrap();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let subscription = AircallSubscription { asked: names(&["call.ended", "x"]), granted: names(&["call.ended"]) };
    assert!(!f.tenants.set_aircall_subscription(&id, "2", &subscription).await.unwrap());
    assert!(f.tenants.set_aircall_subscription(&id, "1", &subscription).await.unwrap());
    let aircall = Some(AircallConnection { subscription: Some(subscription), ..aircall("1") });
    assert_eq!(f.read().await, Tenant { aircall, ..before });
}
