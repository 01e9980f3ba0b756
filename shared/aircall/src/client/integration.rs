//! The installation of the app that the credentials belong to.

use serde::Deserialize;

use super::{Client, Error};
use crate::lenient;

/// The app's installation in a company.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Integration {
    /// Aircall's id of the company.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub company_id: Option<u64>,
    /// Whether it is switched on, if the response says: Aircall sends it no events while it is not.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub active: Option<bool>,
    /// The ids of the lines whose calls it gets, which the admin chose; `None` if the response does not say.
    #[serde(default, rename = "number_ids", deserialize_with = "lenient::ids")]
    pub lines: Option<Vec<u64>>,
}

impl Client {
    /// The app's installation; `None` with an API key, which belongs to no app.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do. [`Error::Refused`] if the app was uninstalled.
    pub async fn integration(&self) -> Result<Option<Integration>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            integration: Integration,
        }
        let wire: Option<Wire> = self.find(self.url("/v1/integrations/me")).await?;
        Ok(wire.map(|wire| wire.integration))
    }
}
