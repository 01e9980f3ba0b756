//! `/v1/company`.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::Company;

pub(super) async fn show(State(company): State<Company>) -> Json<Value> {
    let state = company.lock_untracked();
    let (users, numbers) = (state.users.len(), state.numbers.len());
    Json(json!({"company": {"name": state.profile.name, "users_count": users, "numbers_count": numbers}}))
}
