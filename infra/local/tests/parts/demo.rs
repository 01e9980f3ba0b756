//! The demo, on a machine whose environment names a proxy.

use std::process::Command;

use local::{Options, Stack, demo};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the next test runs it"]
async fn the_day_ends_as_it_should() {
    let stack = Stack::start(Options::default()).await.expect("a stack");
    demo::run(&stack, true).await.expect("the day");
    stack.stop().await.expect("stopped");
}

#[test]
fn a_proxy_does_not_come_between() {
    let mut demo = Command::new(std::env::current_exe().expect("this test"));
    demo.args(["--ignored", "--exact", "demo::the_day_ends_as_it_should"]);
    // Nobody listens there.
    demo.envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1")));
    for name in ["no_proxy", "NO_PROXY"] {
        demo.env_remove(name);
    }
    let output = demo.output().expect("it runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
}
