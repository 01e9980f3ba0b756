//! Random bytes of the operating system.

use crate::error::Error;

/// A random text of 32 hexadecimal digits.
pub(crate) fn text() -> Result<String, Error> {
    bytes::<16>().map(|bytes| format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let unavailable = |error: getrandom::Error| Error::Retry { operation: "getrandom", cause: error.to_string() };
    getrandom::fill(&mut bytes).map_err(unavailable)?;
    Ok(bytes)
}
