//! A flood from one tenant is cut off before the queue, while another tenant's webhooks are accepted.

use std::time::Duration;

use futures_util::future::join_all;
use local::Options;
use local::demo::bodies::CallBody;
use reqwest::StatusCode;

use crate::support::{Running, TestEnv};

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_one_tenant_leaves_the_others_alone() {
    let options = Options { tenant_rate_limit: 1, ..Options::default() };
    let running = Running::start_with("flood", options).await;
    let org = salesforce_sandbox::Options::default;
    let (flooding, quiet) = (TestEnv::within(&running, org()).await, TestEnv::within(&running, org()).await);
    let event =
        |env: &TestEnv, id| CallBody::inbound(id).token(&env.tenant.webhook_token).event("call.ended").to_string();
    // Each execution environment accepts ten at once.
    let flood = join_all((0..200).map(|id| flooding.post_raw(event(&flooding, id))));
    let calls = async {
        for id in 0..8 {
            let answer = quiet.post_raw(event(&quiet, id)).await;
            assert_eq!(answer.status(), StatusCode::OK, "call {id} of the other tenant");
        }
    };
    let (answers, ()) = tokio::join!(flood, calls);
    let refused: Vec<_> = answers.into_iter().filter(|answer| answer.status() != StatusCode::OK).collect();
    assert!(refused.len() >= 100, "{} of 200 refused", refused.len());
    assert!(refused.iter().all(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS));
    assert!(refused.iter().all(|answer| answer.headers()["retry-after"] == "1"));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let again = flooding.post_raw(event(&flooding, 1_000)).await;
    assert_eq!(again.status(), StatusCode::OK, "Aircall's next try");
    quiet.wait_until_idle().await;
    assert_eq!(quiet.entries().await.len(), 8);
}
