//! An in-memory Secrets Manager with the four operations that the console uses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_sdk_secretsmanager::Client;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

type SecretMap = Arc<Mutex<BTreeMap<String, String>>>;

/// Secrets by name.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: SecretMap,
    url: Arc<OnceLock<String>>,
}

impl Secrets {
    /// A secret's value.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.values.lock().unwrap().get(name).map(|text| serde_json::from_str(text).unwrap())
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        self.values.lock().unwrap().insert(name.to_owned(), text.to_owned());
    }

    pub(crate) fn remove(&self, name: &str) {
        self.values.lock().unwrap().remove(name);
    }

    pub(crate) fn router(&self) -> Router {
        Router::new().route("/", post(answer)).with_state(self.values.clone())
    }

    pub(crate) fn listen(&self, url: &str) {
        self.url.set(url.to_owned()).unwrap();
    }

    pub(crate) fn client(&self) -> Client {
        let config = test_aws::config(self.url.get().unwrap());
        Client::new(&config)
    }
}

fn former_if(stage: &str, id: &str) -> String {
    if stage == "AWSPREVIOUS" { format!("{id}, former") } else { id.to_owned() }
}

async fn answer(State(values): State<SecretMap>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
    let mut values = values.lock().unwrap();
    let (id, name, value) = (text("SecretId"), text("Name"), text("SecretString"));
    let refused =
        |kind: &str| (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind, "Message": "no" }))).into_response();
    match headers["x-amz-target"].to_str().unwrap() {
        // The former value of a secret is stored as one of its own.
        "secretsmanager.GetSecretValue" => match values.get(&former_if(&text("VersionStage"), &id)) {
            Some(value) => Json(json!({ "Name": id, "SecretString": value })).into_response(),
            None => refused("ResourceNotFoundException"),
        },
        "secretsmanager.CreateSecret" if values.contains_key(&name) => refused("ResourceExistsException"),
        "secretsmanager.CreateSecret" => {
            values.insert(name.clone(), value);
            Json(json!({ "Name": name })).into_response()
        }
        "secretsmanager.PutSecretValue" if !values.contains_key(&id) => refused("ResourceNotFoundException"),
        "secretsmanager.PutSecretValue" => {
            values.insert(id.clone(), value);
            Json(json!({ "Name": id })).into_response()
        }
        "secretsmanager.DeleteSecret" => match values.remove(&id) {
            Some(_) => Json(json!({ "Name": id })).into_response(),
            None => refused("ResourceNotFoundException"),
        },
        other => panic!("{other}"),
    }
}
