//! Serving: requests that run to completion, and a server for tests.

use std::{io, net::SocketAddr};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Runs a request in a task of its own, so that it takes effect even if its caller disconnects. A panic is 500.
pub async fn run_to_completion(request: impl Future<Output = Response> + Send + 'static) -> Response {
    tokio::spawn(request).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A router that is served at a free port of the loopback interface. It accepts no connection once it is dropped.
#[derive(Debug)]
pub struct Server {
    /// The address that it listens at.
    pub address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Serves the router.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, task: tokio::spawn(axum::serve(listener, router).into_future()) })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
