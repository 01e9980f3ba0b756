//! Conditional updates: a record is only changed if nobody has changed it since it was read.
//!
//! Source: <https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest-conditional-requests.html>. The
//! condition is an HTTP date, so it has whole seconds, as `LastModifiedDate` does. That a subrequest of a composite may
//! have the header is documented ("any header supported by the requested resource"); whether Salesforce checks the
//! condition before or after it waits for a row lock is not.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use reqwest::Method;
use reqwest::header::IF_UNMODIFIED_SINCE;

use crate::{Atomicity, Client, Error, MAX_SUBREQUESTS, Record, Refusal, Reply, Subrequest};

/// The update of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The `Id` and the fields to change.
    pub record: Record,
    /// The `LastModifiedDate` that was read. A record that was modified later is not updated, and the refusal
    /// [says so](Refusal::was_modified).
    pub unmodified_since: Option<Timestamp>,
}

impl Update {
    /// The path of the record below the version.
    pub(crate) fn path(&self) -> Result<String, Error> {
        let id = self.record.id().ok_or_else(|| Error::Malformed("a record to update has no Id".to_owned()))?;
        let sobject = self.record.sobject().ok_or_else(|| Error::Malformed("a record has no type".to_owned()))?;
        Ok(format!("sobjects/{sobject}/{id}"))
    }

    /// The value of `If-Unmodified-Since`.
    pub(crate) fn condition(&self) -> Option<String> {
        DateTimePrinter::new().timestamp_to_rfc9110_string(&self.unmodified_since?).ok()
    }

    /// The fields to change.
    pub(crate) fn changes(&self) -> Record {
        let mut changes = self.record.clone();
        changes.remove("Id");
        changes
    }

    /// Whether a text has `@{`. A composite would read it as a reference, and the text may be a person's.
    pub fn has_reference(&self) -> bool {
        self.record.fields().any(|(_, value)| value.as_str().is_some_and(|text| text.contains("@{")))
    }
}

impl Client {
    /// Updates up to 25 records in one API call, each succeeding or failing on its own; the results are in the same
    /// order. Of several, none may [have a reference](Update::has_reference).
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] beyond the limits. Other errors concern the request as a whole, not single records.
    pub async fn update(&self, updates: &[Update]) -> Result<Reply<Vec<Result<(), Refusal>>>, Error> {
        let [update] = updates else { return self.update_together(updates).await };
        let (path, condition) = (update.path()?, update.condition());
        let headers = condition.map(|condition| (IF_UNMODIFIED_SINCE, condition));
        let answer: Result<Reply<()>, Error> =
            self.send_with(Method::PATCH, &path, &update.changes().untyped_json(), headers).await;
        match answer {
            Ok(reply) => Ok(reply.map(|()| vec![Ok(())])),
            Err(Error::Refused(refusal)) if refusal.concerns_record() => {
                Ok(Reply { usage: refusal.usage(), value: vec![Err(refusal)], calls: 1 })
            }
            Err(error) => Err(error),
        }
    }

    async fn update_together(&self, updates: &[Update]) -> Result<Reply<Vec<Result<(), Refusal>>>, Error> {
        if updates.len() > MAX_SUBREQUESTS || updates.iter().any(Update::has_reference) {
            return Err(Error::Malformed(format!("{} updates, or a reference in one of them", updates.len())));
        }
        let subrequests =
            updates.iter().enumerate().map(|(index, update)| Subrequest::update(&format!("u{index}"), update));
        let answer = self.composite(&subrequests.collect::<Vec<_>>(), Atomicity::EachAlone).await?;
        Ok(answer.map(|results| results.iter().map(|result| result.done().map_err(Refusal::clone)).collect()))
    }
}
