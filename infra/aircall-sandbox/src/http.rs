//! The router, and what stands before the API: credentials and the rate limit.

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use crate::{Company, access, api, control, error::ApiError, oauth};

pub(crate) fn router(company: Company) -> Router {
    let api = api::routes().layer(from_fn_with_state(company.clone(), admit));
    let vendor = api.merge(oauth::routes()).layer(from_fn_with_state(company.clone(), control::faults::play));
    vendor.merge(control::routes()).fallback(async || ApiError::not_found()).with_state(company)
}

/// Lets in who is known and has requests left, and tells the request who that is.
async fn admit(State(company): State<Company>, mut request: Request, next: Next) -> Response {
    let admitted = {
        let mut state = company.look();
        access::caller(&state, request.headers()).and_then(|caller| {
            let options = state.options.clone();
            state.window.count(&options, Timestamp::now()).map(|()| caller)
        })
    };
    match admitted {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}
