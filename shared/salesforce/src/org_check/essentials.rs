//! What every call needs of an org, asked in one API call.

use std::collections::BTreeSet;

use super::{is_no_access, key_field};
use crate::{Atomicity, Client, Error, ErrorCode, KeyField, Reply, SObject, Soql, SubResult, Subrequest};

/// What every call needs of the connecting user's access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Essentials {
    /// Whether the user may create Tasks.
    pub creates_tasks: bool,
    /// Whether Tasks have the key field, and the user may write it.
    pub has_key_field: bool,
    /// The objects of callers that the user may not read.
    pub hidden_callers: BTreeSet<SObject>,
}

/// Asks for what every call needs, in one API call: a description of Tasks, and any one record of Tasks, with the key
/// field, and of each object that callers are.
///
/// What an answer leaves open counts as there: the writer learns of it when Salesforce refuses it.
///
/// # Errors
///
/// [`Error`] if the org does not answer. Missing access is a result, not an error.
pub async fn essentials(client: &Client) -> Result<Reply<Essentials>, Error> {
    let key_field = KeyField::AircallKey.name();
    let callers = SObject::CALLERS.map(|sobject| Subrequest::query(sobject.name(), &Soql::any(sobject, &[])));
    let task = Subrequest::query("keys", &Soql::any(SObject::Task, &[key_field]));
    let description = Subrequest::describe("description", SObject::Task);
    let questions: Vec<Subrequest> = [description, task].into_iter().chain(callers).collect();
    let answers = client.composite(&questions, Atomicity::EachAlone).await?;
    answers.try_map(|answers| {
        let [description, task, callers @ ..] = answers.as_slice() else { return Err(Error::unreadable()) };
        let description = description.description().ok();
        let has_tasks = !is_hidden(task);
        let field = description.as_ref().map(|task| task.fields.get(key_field));
        let is_writable = field.is_none_or(|field| field.is_some_and(key_field::is_writable));
        let hidden = SObject::CALLERS.into_iter().zip(callers).filter(|(_, answer)| is_hidden(answer));
        Ok(Essentials {
            creates_tasks: has_tasks && description.as_ref().is_none_or(|task| task.createable),
            // Of Tasks that are hidden, nothing is known of their fields.
            has_key_field: !has_tasks || (is_writable && !lacks_field(task)),
            hidden_callers: hidden.map(|(sobject, _)| sobject).collect(),
        })
    })
}

/// Whether the answer says that the user may not read the object.
fn is_hidden(answer: &SubResult) -> bool {
    answer.done().is_err_and(|refusal| is_no_access(refusal.code()))
}

/// Whether the answer says that the object has no such field, or none that the user sees.
fn lacks_field(answer: &SubResult) -> bool {
    answer.done().is_err_and(|refusal| *refusal.code() == ErrorCode::InvalidField)
}
