//! Running stacks: one that all tests share, and others for tests that break things.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use local::{Options, Stack, TenantHandle, TenantOptions, TenantOrg};
use tokio::runtime::{Handle, Runtime};

/// The folder with the calls to AWS of each stack.
pub(crate) fn aws_calls() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("aws-calls")
}

/// A stack and the Tokio runtime it runs on.
pub(crate) struct Running {
    pub(crate) stack: Stack,
    runtime: Handle,
    logs: PathBuf,
}

impl Running {
    /// The stack that the tests share. It has a runtime of its own, because a test's runtime ends with the test.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: OnceLock<(Arc<Running>, Runtime)> = OnceLock::new();
        let start = || {
            let runtime = Runtime::new().expect("a runtime");
            // Another implementation of AWS than the embedded one, as a second opinion.
            let aws_endpoint_url = std::env::var("TESTS_AWS_ENDPOINT_URL").ok();
            let options = Options { aws_endpoint_url, ..Options::default() };
            let running = runtime.block_on(Self::start_with("shared", options));
            (running, runtime)
        };
        // A test already runs on a runtime and cannot block on another one from within it.
        let start = || std::thread::spawn(start).join().expect("the stack starts");
        Arc::clone(&SHARED.get_or_init(start).0)
    }

    /// A stack for one test, on that test's runtime; its functions log to a folder of this name.
    pub(crate) async fn start(name: &str) -> Arc<Self> {
        Self::start_with(name, Options::default()).await
    }

    /// The same as [`Running::start`], with these options.
    pub(crate) async fn start_with(name: &str, options: Options) -> Arc<Self> {
        let logs = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("logs").join(name);
        let aws_calls = aws_calls().join(format!("{name}.jsonl"));
        // The calls of most tests are of fixed days.
        let connected_since = options.connected_since.or(Some(jiff::Timestamp::UNIX_EPOCH));
        let options = Options { logs: Some(logs.clone()), aws_calls: Some(aws_calls), connected_since, ..options };
        let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("the stack does not start: {error:#}"));
        Arc::new(Self { stack, runtime: Handle::current(), logs })
    }

    /// A new tenant with an org of its own.
    pub(crate) async fn tenant(self: &Arc<Self>, org: salesforce_sandbox::Options) -> TenantHandle {
        let running = Arc::clone(self);
        let options = TenantOptions { id: None, org: TenantOrg::Own(Box::new(org)) };
        // The org is served on the stack's runtime, not on that of the test.
        let added = self.runtime.spawn(async move { running.stack.add_tenant(options).await }).await;
        added.expect("no panic").unwrap_or_else(|error| panic!("no tenant: {error:#}"))
    }

    /// The output of the functions so far: file name and text for each function.
    pub(crate) fn logs(&self) -> Vec<(String, String)> {
        let files = std::fs::read_dir(&self.logs).expect("the folder of the logs");
        let read = |file: std::fs::DirEntry| {
            let text = std::fs::read_to_string(file.path()).expect("a log file");
            (file.file_name().to_string_lossy().into_owned(), text)
        };
        files.map(|file| read(file.expect("a log file"))).collect()
    }
}
