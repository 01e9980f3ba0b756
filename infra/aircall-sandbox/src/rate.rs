//! The rate limit: 120 requests a minute for the whole company.

use jiff::Timestamp;

use crate::{
    error::ApiError,
    options::{Options, ResetUnit},
};

/// The current window and the requests counted in it.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// UNIX milliseconds.
    began: i64,
    used: u32,
}

impl Window {
    /// Counts a request.
    ///
    /// # Errors
    /// 429 when the limit of the window is reached.
    pub(crate) fn count(&mut self, options: &Options, now: Timestamp) -> Result<(), ApiError> {
        let length = i64::try_from(options.rate_window_ms).unwrap_or(i64::MAX);
        let now = now.as_millisecond();
        if now.saturating_sub(self.began) >= length {
            *self = Self { began: now, used: 0 };
        }
        if options.rate_limit == 0 || self.used < options.rate_limit {
            self.used = self.used.saturating_add(1);
            return Ok(());
        }
        let reset = self.began.saturating_add(length);
        let reset = match options.reset_unit {
            ResetUnit::Milliseconds => reset,
            // Rounded up, so that the window is over at that second.
            ResetUnit::Seconds => reset.saturating_add(999) / 1000,
        };
        Err(ApiError::too_many_requests(options.rate_limit, reset))
    }
}
