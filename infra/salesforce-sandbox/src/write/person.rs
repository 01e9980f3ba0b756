//! Person Accounts: an Account and a hidden Contact that mirrors it.

use serde_json::{Value, json};

use super::accept::cannot_write;
use crate::{
    error::ApiError,
    options::AccountType,
    schema::{self, Object},
    state::State,
    tables::{Fields, Record},
};

/// The mirrored fields: their names on the Account and on the Contact.
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
    ("PersonMailingCountry", "MailingCountry"),
    ("PersonOtherCountry", "OtherCountry"),
    ("OwnerId", "OwnerId"),
    ("IsDeleted", "IsDeleted"),
    ("CreatedDate", "CreatedDate"),
    ("CreatedById", "CreatedById"),
    ("LastModifiedDate", "LastModifiedDate"),
    ("LastModifiedById", "LastModifiedById"),
    ("SystemModstamp", "SystemModstamp"),
];

/// Marks a new Account as a Person Account when it has a last name or the record type of one, or the user's default is
/// that.
pub(super) fn classify(state: &State, object: &Object, fields: &mut Fields) -> Result<(), ApiError> {
    if object.name != "Account" {
        return Ok(());
    }
    let default = state.options.default_account_type;
    if default == AccountType::None {
        return Err(no_record_type(text(fields, "RecordTypeId")));
    }
    if !state.options.person_accounts {
        return Ok(());
    }
    // The API cannot set the flag; its value here is the default of every flag.
    fields.remove("IsPersonAccount");
    let person_by_default = default == AccountType::Person && text(fields, "RecordTypeId").is_none();
    let person = person_by_default || is_person(state, fields);
    if person && text(fields, "Name").is_some() {
        if person_by_default {
            return Err(cannot_write(&["Name"]));
        }
        let message = "Account: bad field names on insert/update call: Name";
        return Err(ApiError::record("INVALID_FIELD_FOR_INSERT_UPDATE", message, &["Name"]));
    }
    mark(state, fields, person);
    Ok(())
}

/// The error for a user to whom no record type is available.
fn no_record_type(given: Option<&str>) -> ApiError {
    let Some(id) = given else {
        return ApiError::record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "record type missing for: Account", &[]);
    };
    let message = format!("Record Type ID: this ID value isn't valid for the user: {id}");
    ApiError::record("INVALID_CROSS_REFERENCE_KEY", message, &["RecordTypeId"])
}

/// Whether an Account is a Person Account: by its flag if that is set, else by its record type or last name.
pub(super) fn is_person(state: &State, fields: &Fields) -> bool {
    if let Some(flag) = fields.get("IsPersonAccount").and_then(Value::as_bool) {
        return flag;
    }
    let record_type = text(fields, "RecordTypeId").and_then(|id| state.tables.find(id));
    record_type.is_some_and(|(_, record)| record.flag("IsPersonType")) || text(fields, "LastName").is_some()
}

/// Sets `IsPersonAccount`, and for a Person Account without a record type also the record type.
pub(super) fn mark(state: &State, fields: &mut Fields, person: bool) {
    fields.insert("IsPersonAccount".to_owned(), json!(person));
    let types = schema::object("RecordType").map_or(&[][..], |object| state.tables.rows(object));
    let person_type = types.iter().find(|record| record.flag("IsPersonType"));
    if let Some(person_type) = person_type.filter(|_| person && text(fields, "RecordTypeId").is_none()) {
        fields.insert("RecordTypeId".to_owned(), json!(person_type.id()));
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// Creates or updates the hidden Contact of a Person Account.
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
