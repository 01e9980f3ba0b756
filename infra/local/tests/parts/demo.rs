//! The demo, on a machine whose environment names a proxy.

use std::process::Command;

use local::{Options, Stack, demo};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the next test runs it"]
async fn the_results_are_as_expected() {
    let stack = Stack::start(Options::default()).await.expect("a stack");
    demo::run(&stack, true).await.expect("the expected results");
    stack.stop().await.expect("stopped");
}

#[test]
fn the_demo_ignores_a_proxy_of_the_environment() {
    let mut demo = Command::new(std::env::current_exe().expect("this test"));
    demo.args(["--ignored", "--exact", "demo::the_results_are_as_expected"]);
    // Nothing listens there.
    demo.envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1")));
    for name in ["no_proxy", "NO_PROXY"] {
        demo.env_remove(name);
    }
    let output = demo.output().expect("it runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
}
