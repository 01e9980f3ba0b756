//! The webhook and its token are replaced while events arrive: no event is refused, and no call is lost.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use local::demo::bodies::CallBody;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::support::{Running, TestEnv};

/// 15 events a second.
const INTERVAL: Duration = Duration::from_millis(66);
/// How long an event is on its way from Aircall: also while its webhook is deleted.
const ON_ITS_WAY: Duration = Duration::from_millis(400);
const SECOND: Duration = Duration::from_secs(1);
/// Two such loads at once could keep a machine busy for so long that deliveries fail.
static ONE_LOAD: Mutex<()> = Mutex::const_new(());

/// A tenant that is connected to the sandbox Aircall of a stack of its own.
struct Connected {
    env: TestEnv,
    http: Client,
}

impl Connected {
    async fn start(name: &str) -> Self {
        let env = TestEnv::within(&Running::start(name).await, salesforce_sandbox::Options::default()).await;
        env.contact("Lou Sample", "+33639980001");
        let on_its_way = u64::try_from(ON_ITS_WAY.as_millis()).unwrap();
        // Other tests may keep the machine busy: a slow response is none of this test's business.
        let options = json!({"rate_limit": 0, "delivery_delay_ms": on_its_way, "delivery_timeout_ms": 30_000});
        env.aircall(Method::PUT, "/_sandbox/options", options).await;
        env.connect_aircall().await;
        Self { env, http: Client::builder().no_proxy().build().unwrap() }
    }

    /// The webhooks that were created so far, according to Aircall.
    async fn created(&self) -> usize {
        let requests = self.env.aircall(Method::GET, "/_sandbox/requests", Value::Null).await;
        let is_creation = |request: &&Value| request["method"] == "POST" && request["path"] == "/v1/webhooks";
        requests["log"].as_array().unwrap().iter().filter(is_creation).count()
    }

    /// Rotates the webhook and returns the id of the new one.
    async fn rotate(&self) -> String {
        let answer = self.env.rotation().send().await.unwrap();
        let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{body}");
        body["aircall"]["webhook_id"].as_str().unwrap().to_owned()
    }

    /// Posts an event with this token, as Aircall would.
    async fn post(&self, token: &str) -> StatusCode {
        let body = CallBody::inbound(1).token(token).event("call.ended");
        self.env.post_raw(body.to_string()).await.status()
    }

    /// Lets Aircall end 15 calls a second until `work` is done. They are written afterwards, to spare the machine.
    async fn while_calls_end(&self, work: impl Future<Output = ()>) -> Vec<CallBody> {
        self.env.hold_writer().await;
        let (mut calls, mut sending, mut ticks) = (Vec::new(), JoinSet::new(), interval(INTERVAL));
        let mut work = pin!(work);
        let url = format!("{}/_sandbox/send", self.env.running.stack.info().aircall_url);
        loop {
            tokio::select! {
                () = &mut work => break,
                _ = ticks.tick() => {
                    let call = CallBody::inbound(100 + calls.len() as u64);
                    sending.spawn(self.http.post(&url).json(&call.event("call.ended")).send());
                    calls.push(call);
                }
            }
        }
        for sent in sending.join_all().await {
            assert_eq!(sent.unwrap().status(), StatusCode::OK);
        }
        calls
    }

    /// No delivery was refused, exactly one webhook is left and it is active, and each call is logged once.
    async fn check_nothing_lost(&self, calls: &[CallBody]) {
        let deliveries = self.env.aircall(Method::GET, "/_sandbox/deliveries", Value::Null).await;
        let deliveries = deliveries.as_array().unwrap();
        let is_refused = |delivery: &&Value| (400..500).contains(&delivery["status"].as_u64().unwrap());
        let refused: Vec<_> = deliveries.iter().filter(is_refused).collect();
        assert!(refused.is_empty(), "{} of {} were refused: {refused:?}", refused.len(), deliveries.len());
        let webhooks = self.env.webhooks().await;
        assert_eq!((webhooks.len(), &webhooks[0]["active"]), (1, &json!(true)), "{webhooks:?}");
        self.env.release_writer().await;
        self.env.wait_until_idle().await;
        let logged = self.env.records("Task");
        let logged: BTreeSet<_> = logged.iter().filter_map(|task| task["Aircall_Key__c"].as_str()).collect();
        let lost: Vec<_> = calls.iter().map(CallBody::key).filter(|key| !logged.contains(key.as_str())).collect();
        assert!(lost.is_empty(), "{} of {} calls are lost: {lost:?}", lost.len(), calls.len());
        assert_eq!(self.env.records("Task").len(), logged.len(), "each call has one Task");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_asked_for_three_times_is_done_once_and_refuses_no_event() {
    let _one = ONE_LOAD.lock().await;
    let connected = Connected::start("rotation-repeated").await;
    let former = connected.env.webhooks().await.remove(0);
    let calls = connected
        .while_calls_end(async {
            sleep(SECOND).await;
            // A double click, or two admins at once; and one more click a second later.
            let (one, other) = tokio::join!(connected.rotate(), connected.rotate());
            assert_eq!(one, other);
            assert_ne!(one, former["webhook_id"]);
            sleep(SECOND).await;
            assert_eq!(connected.rotate().await, one);
            sleep(2 * SECOND).await;
        })
        .await;
    connected.check_nothing_lost(&calls).await;
    assert_eq!(connected.created().await, 2, "the first webhook and its successor");
    assert_eq!(
        connected.env.webhooks().await[0]["events"].as_array().unwrap().len(),
        former["events"].as_array().unwrap().len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_amid_stray_wrong_tokens_refuses_no_event() {
    let _one = ONE_LOAD.lock().await;
    let connected = Connected::start("rotation-strays").await;
    let strays = async {
        loop {
            assert_eq!(connected.post("stray").await, StatusCode::UNAUTHORIZED);
            sleep(2 * INTERVAL).await;
        }
    };
    let calls = connected
        .while_calls_end(async {
            let rotation = async {
                sleep(SECOND).await;
                connected.rotate().await;
                // Another key of the same account.
                connected.env.connect_aircall().await;
                sleep(2 * SECOND).await;
            };
            tokio::select! {
                () = rotation => {}
                () = strays => {}
            }
        })
        .await;
    connected.check_nothing_lost(&calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_token_is_accepted_for_a_while_and_then_refused() {
    let connected = Connected::start("rotation-grace").await;
    let token = |webhooks: Vec<Value>| webhooks[0]["token"].as_str().unwrap().to_owned();
    let former = token(connected.env.webhooks().await);
    connected.rotate().await;
    let current = token(connected.env.webhooks().await);
    for environment in ["warm", "new"] {
        assert_eq!(connected.post(&former).await, StatusCode::OK, "{environment}");
        assert_eq!(connected.post(&current).await, StatusCode::OK, "{environment}");
        connected.env.running.stack.kill("intake").unwrap();
    }
    // As if the time were over.
    let key = json!({"tenant": {"S": connected.env.tenant.tenant}});
    let mut tenant = connected.env.item("TenantsTable", key).await;
    let until = tenant["retired_webhook_tokens"]["M"].as_object_mut().unwrap();
    let now = jiff::Timestamp::now().as_second();
    for seconds in until.values_mut() {
        let left = seconds["N"].as_str().unwrap().parse::<i64>().unwrap() - now;
        assert!((600..=900).contains(&left), "{left} seconds are left");
        *seconds = json!({"N": now.to_string()});
    }
    connected.env.put_item("TenantsTable", &tenant).await;
    connected.env.running.stack.kill("intake").unwrap();
    assert_eq!(connected.post(&former).await, StatusCode::UNAUTHORIZED);
    assert_eq!(connected.post(&current).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_aircall_turned_off_is_not_shown_as_active_any_more() {
    let connected = Connected::start("rotation-off").await;
    let state = async || {
        let answer = connected.env.admin(Method::GET, "/api/connections").send().await.unwrap();
        answer.json::<Value>().await.unwrap()["aircall"]["state"].clone()
    };
    assert_eq!(state().await, "active");
    let webhook = connected.env.webhooks().await.remove(0);
    let path = format!("/v1/webhooks/{}", webhook["webhook_id"].as_str().unwrap());
    connected.env.aircall(Method::PUT, &path, json!({"active": false, "events": webhook["events"]})).await;
    assert_eq!(state().await, "deactivated");
    let page = connected.env.admin(Method::GET, "/connections").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Not sending") && !page.contains("Sends calls and messages"), "{page}");
}
