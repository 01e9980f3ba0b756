//! The company, its lines and its users.

use rules::OwnLines;
use serde::Deserialize;

use super::pages::{Meta, PER_PAGE};
use super::{Client, Error};
use crate::party::party;
use crate::{lenient, parts};

/// Most lines or users that are read; a company has fewer.
const LIMIT: usize = 5_000;

/// The company that the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Company {
    /// Aircall's id, if it is in the response: it is not documented.
    #[serde(default, deserialize_with = "lenient::optional_id")]
    pub id: Option<u64>,
    /// Its name.
    pub name: String,
}

/// The phone numbers of lines; those without a full number are left out.
pub fn phones(lines: &[rules::Line]) -> OwnLines {
    lines.iter().filter_map(|line| party(line.digits.as_deref()).phone().cloned()).collect()
}

impl Client {
    /// The company.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn company(&self) -> Result<Company, Error> {
        #[derive(Deserialize)]
        struct Wire {
            company: Company,
        }
        let wire: Wire = self.get(self.url("/v1/company")).await?;
        Ok(wire.company)
    }

    /// The company's lines, which Aircall calls numbers. One request per fifty.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn lines(&self) -> Result<Vec<rules::Line>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            meta: Meta,
            #[serde(deserialize_with = "lenient::list")]
            numbers: Vec<parts::Line>,
        }
        let open =
            |wire: Wire| (wire.meta, wire.numbers.into_iter().filter(parts::Line::has_id).map(Into::into).collect());
        self.pages("/v1/numbers", &[], LIMIT, open).await
    }

    /// The phone numbers of the company's lines; those of lines without a full number are left out. One request per
    /// fifty.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn own_lines(&self) -> Result<OwnLines, Error> {
        Ok(phones(&self.lines().await?))
    }

    /// The company's users. One request per fifty.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn users(&self) -> Result<Vec<rules::User>, Error> {
        self.users_up_to(LIMIT).await
    }

    /// The first users of the company, in Aircall's order: fifty at most, so that it is one request.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn first_users(&self) -> Result<Vec<rules::User>, Error> {
        self.users_up_to(PER_PAGE).await
    }

    async fn users_up_to(&self, limit: usize) -> Result<Vec<rules::User>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            meta: Meta,
            #[serde(deserialize_with = "lenient::list")]
            users: Vec<parts::User>,
        }
        let open = |wire: Wire| (wire.meta, wire.users.into_iter().map(Into::into).collect());
        self.pages("/v2/users", &[], limit, open).await
    }

    /// The user with this id, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn user(&self, id: u64) -> Result<Option<rules::User>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            user: parts::User,
        }
        let wire: Option<Wire> = self.find(self.url(&format!("/v2/users/{id}"))).await?;
        Ok(wire.map(|wire| wire.user.into()))
    }
}
