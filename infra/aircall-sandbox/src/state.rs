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

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) options: Options,
    identity: Identity,
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
