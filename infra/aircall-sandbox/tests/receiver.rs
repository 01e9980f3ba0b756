//! A webhook receiver.

use std::sync::Arc;

use axum::{Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use serde_json::Value;
use tokio::sync::Mutex;

/// A webhook receiver that answers with the given statuses in order, then repeats the last one.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    statuses: Arc<Mutex<Vec<u16>>>,
    texts: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    pub(crate) async fn start(statuses: &[u16]) -> (Self, String) {
        let receiver = Self::default();
        statuses.iter().rev().for_each(|status| receiver.statuses.try_lock().unwrap().push(*status));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(Self::receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    async fn receive(State(receiver): State<Self>, headers: HeaderMap, text: String) -> StatusCode {
        assert_eq!(headers["aircall-origin"], "webhooks");
        receiver.texts.lock().await.push(text);
        let mut statuses = receiver.statuses.lock().await;
        let status = if statuses.len() > 1 { statuses.pop() } else { statuses.last().copied() };
        StatusCode::from_u16(status.unwrap_or(200)).unwrap()
    }

    /// The bodies that were received, as they were sent.
    pub(crate) async fn texts(&self) -> Vec<String> {
        self.texts.lock().await.clone()
    }

    pub(crate) async fn bodies(&self) -> Vec<Value> {
        self.texts().await.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }
}
