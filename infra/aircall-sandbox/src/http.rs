//! The router, and the middleware of the API: authentication and the rate limit.

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use sandbox_kit::inject;

use crate::{Company, access, api, control, error::ApiError, oauth};

pub(crate) fn router(company: Company) -> Router {
    let api = api::routes().layer(from_fn_with_state(company.clone(), authenticate));
    let vendor = api.merge(oauth::routes()).layer(from_fn_with_state(company.clone(), inject::<Company>));
    vendor.merge(control::routes()).fallback(async || ApiError::not_found()).with_state(company)
}

/// Authenticates a request, counts it against the rate limit, and adds the [`access::Caller`] to its extensions.
async fn authenticate(State(company): State<Company>, mut request: Request, next: Next) -> Response {
    let caller = {
        let mut state = company.lock_untracked();
        access::caller(&state, request.headers()).and_then(|caller| {
            let options = state.options.clone();
            state.window.count(&options, Timestamp::now()).map(|()| caller)
        })
    };
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}
