//! Person Accounts: an Account and a hidden Contact that always say the same.

use serde_json::{Value, json};

use crate::{
    error::ApiError,
    schema::{self, Object},
    state::State,
    tables::{Fields, Record},
};

/// What the Contact calls the Account's fields.
const MIRRORED: &[(&str, &str)] = &[
    ("FirstName", "FirstName"),
    ("LastName", "LastName"),
    ("Salutation", "Salutation"),
    ("Name", "Name"),
    ("Phone", "Phone"),
    ("Fax", "Fax"),
    ("PersonEmail", "Email"),
    ("PersonTitle", "Title"),
    ("PersonMobilePhone", "MobilePhone"),
    ("PersonHomePhone", "HomePhone"),
    ("PersonOtherPhone", "OtherPhone"),
    ("PersonAssistantPhone", "AssistantPhone"),
    ("OwnerId", "OwnerId"),
    ("IsDeleted", "IsDeleted"),
    ("CreatedDate", "CreatedDate"),
    ("CreatedById", "CreatedById"),
    ("LastModifiedDate", "LastModifiedDate"),
    ("LastModifiedById", "LastModifiedById"),
    ("SystemModstamp", "SystemModstamp"),
];

/// Marks a new Account as a Person Account when it has a last name or the record type of one.
pub(super) fn classify(state: &State, object: &Object, fields: &mut Fields) -> Result<(), ApiError> {
    if object.name != "Account" || !state.options.person_accounts {
        return Ok(());
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let record_type = text("RecordTypeId").and_then(|id| state.tables.find(id));
    let person_type = record_type.is_some_and(|(_, record)| record.flag("IsPersonType"));
    let person = person_type || text("LastName").is_some();
    if person && text("Name").is_some() {
        let message = "Account: bad field names on insert/update call: Name";
        return Err(ApiError::record("INVALID_FIELD_FOR_INSERT_UPDATE", message, &["Name"]));
    }
    fields.insert("IsPersonAccount".to_owned(), json!(person));
    Ok(())
}

/// Makes the hidden Contact of a Person Account, or brings it up to date.
pub(super) fn sync(state: &mut State, object: &'static Object, id: &str) {
    let Some(contact) = schema::object("Contact") else { return };
    let person = state.tables.get(object, id).filter(|record| record.flag("IsPersonAccount"));
    let Some(account) = person.filter(|_| object.name == "Account").cloned() else { return };
    let known = account.text("PersonContactId").and_then(|id| state.tables.get(contact, id)).cloned();
    let mut fields = known.map(|record| record.fields).unwrap_or_default();
    for (ours, theirs) in MIRRORED {
        fields.insert((*theirs).to_owned(), account.get(ours).clone());
    }
    fields.insert("AccountId".to_owned(), json!(id));
    fields.insert("IsPersonAccount".to_owned(), json!(true));
    let contact_id = account.text("PersonContactId").map(ToOwned::to_owned);
    let contact_id = contact_id.unwrap_or_else(|| state.tables.mint_id(contact));
    fields.insert("Id".to_owned(), json!(contact_id));
    state.tables.put(contact, Record { fields, touched_at: account.touched_at });
    let mut account = account;
    account.fields.insert("PersonContactId".to_owned(), json!(contact_id));
    state.tables.put(object, account);
}
