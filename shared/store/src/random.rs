//! Random bytes of the operating system.

use crate::error::Error;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let unavailable = |error: getrandom::Error| Error::Retry { operation: "getrandom", cause: error.to_string() };
    getrandom::fill(&mut bytes).map_err(unavailable)?;
    Ok(bytes)
}
