//! Options that can be changed while a sandbox runs.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The options with the given keys replaced.
///
/// # Errors
/// A sentence that names the invalid key.
pub fn merged<T: Serialize + DeserializeOwned>(options: &T, changes: Map<String, Value>) -> Result<T, String> {
    let mut all = serde_json::to_value(options).map_err(|error| error.to_string())?;
    if let Some(all) = all.as_object_mut() {
        all.extend(changes);
    }
    serde_json::from_value(all).map_err(|error| error.to_string())
}
