//! The state of the company.

use std::collections::{BTreeMap, VecDeque};

use sandbox_kit::{ControlState, random};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{access::Access, deliver::Delivery, options::Options, rate::Window, seed_data, webhook::Webhook};

/// Generated credentials, used where the options give none.
#[derive(Debug, Deserialize, Serialize)]
struct Identity {
    api_id: String,
    api_token: String,
    client_id: String,
    client_secret: String,
}

/// What the company calls itself, and its id, which only integrations see.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Profile {
    pub(crate) id: u64,
    pub(crate) name: String,
}

impl Default for Profile {
    fn default() -> Self {
        Self { id: random_id(), name: seed_data::COMPANY.to_owned() }
    }
}

/// Six digits.
fn random_id() -> u64 {
    100_000 + u64::from_str_radix(&random::hex::<6>(), 16).unwrap_or_default() % 900_000
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) options: Options,
    identity: Identity,
    #[serde(default)]
    pub(crate) profile: Profile,
    /// Lines, users and calls by their ids, as the API shows them.
    pub(crate) numbers: BTreeMap<u64, Value>,
    pub(crate) users: BTreeMap<u64, Value>,
    pub(crate) calls: BTreeMap<u64, Value>,
    /// Oldest first.
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) access: Access,
    #[serde(skip)]
    pub(crate) window: Window,
    #[serde(skip)]
    pub(crate) control: ControlState,
    #[serde(skip)]
    pub(crate) deliveries: VecDeque<Delivery>,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            identity: Identity {
                api_id: random::hex::<16>(),
                api_token: random::hex::<16>(),
                client_id: random::hex::<16>(),
                client_secret: random::hex::<16>(),
            },
            profile: Profile::default(),
            numbers: seed_data::lines(),
            users: seed_data::users(),
            calls: BTreeMap::new(),
            webhooks: Vec::new(),
            access: Access::default(),
            window: Window::default(),
            control: ControlState::default(),
            deliveries: VecDeque::new(),
        }
    }

    pub(crate) fn api_id(&self) -> &str {
        self.options.api_id.as_deref().unwrap_or(&self.identity.api_id)
    }

    pub(crate) fn api_token(&self) -> &str {
        self.options.api_token.as_deref().unwrap_or(&self.identity.api_token)
    }

    pub(crate) fn client_id(&self) -> &str {
        self.options.client_id.as_deref().unwrap_or(&self.identity.client_id)
    }

    pub(crate) fn client_secret(&self) -> &str {
        self.options.client_secret.as_deref().unwrap_or(&self.identity.client_secret)
    }
}
