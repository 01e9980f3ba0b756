//! Warnings about what of a Salesforce org cannot be used as it should be, and what an admin can do about it.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
use org::Missing;
use salesforce::SObject;
use serde::Serialize;
use store::OrgFacts;
use utoipa::ToSchema;

/// The unique key field, which guarantees one Task for each call.
const KEY_FIELD: &str = "Task.Aircall_Key__c";
/// The pseudo-object that facts use for a field that cannot be searched, whichever object it belongs to.
const ANY_CALLER: &str = "Caller";
/// Picklist fields, whose values the org defines.
const CHOICES: [&str; 4] = ["CallType", "Origin", "TaskSubtype", "Type"];
/// The permission set that resolves most of these warnings: what an org gets when it is deployed.
const PERMISSION_SET: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../infra/salesforce/force-app/main/default/permissionsets/Aircall_Integration.permissionset-meta.xml"
));
/// The objects that callers are found in.
const CALLERS: [&str; 3] = ["Contact", "Lead", "Account"];

/// A field, value or object of the org that cannot be used as it should be.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct Warning {
    code: Code,
    /// The object that the connecting user has no access to, or whose records cannot be queried; null for a warning
    /// about a field.
    #[schema(required, example = "Lead")]
    object: Option<String>,
    /// The field, with its object where that matters; null for a warning about an object.
    #[schema(required)]
    field: Option<String>,
    /// The problem, its effect and what an admin can do about it, as sentences.
    message: String,
    /// When it was first noticed, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64, example = 1_774_254_600)]
    since: Timestamp,
}

/// The kind of a warning, in the order of display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = WarningCode)]
enum Code {
    /// The org lacks the unique key field, or hides it.
    KeyFieldMissing,
    /// The connecting user has no access to an object.
    ObjectNotAccessible,
    /// A field cannot be written.
    FieldNotWritable,
    /// The org refuses a status of its own list.
    StatusNotAccepted,
    /// Callers cannot be found by a field.
    FieldNotSearchable,
    /// Queries cannot filter by a field.
    FieldNotFilterable,
    /// The comparison of all records of an object was not answered.
    ScanNotAnswered,
    /// The query for the latest records of an object was not answered.
    QueryNotAnswered,
}

impl Warning {
    /// The problem, its effect and what an admin can do about it, as sentences.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

/// The warnings that follow from the facts, in a stable order.
pub(crate) fn warnings(facts: OrgFacts) -> Vec<Warning> {
    let fields = facts.missing_fields.into_iter().map(|(field, since)| about_field(field, since));
    let objects = facts.missing_objects.into_iter().map(|(object, since)| about_object(object, since));
    let mut warnings: Vec<Warning> = fields.chain(objects).collect();
    warnings.sort();
    warnings
}

fn about_field(field: String, since: Timestamp) -> Warning {
    match field.parse() {
        Ok(Missing::Filter(object, name)) => about_filter(object, &name, since),
        Ok(Missing::Scan(object)) => about_scan(object, since),
        Ok(Missing::Query(object)) => about_query(object, since),
        Ok(Missing::Value { sobject: SObject::Task, field: name, value }) if name == "Status" => {
            about_status(field, &value, since)
        }
        Ok(Missing::Owner(object)) => about_owner(object, since),
        Ok(_) | Err(_) => about_access(field, since),
    }
}

fn about_filter(object: SObject, name: &str, since: Timestamp) -> Warning {
    let field = format!("{object}.{name}");
    let message = if object == SObject::User {
        format!(
            "Queries cannot filter by the field {field}, as it is encrypted, so Salesforce users are found only if their \
             username is the e-mail address in Aircall. An admin chooses the others under Users."
        )
    } else {
        format!(
            "Queries cannot filter by the field {field}, as it is encrypted, so callers are found by it only in \
             Salesforce's search, which lists a record minutes after it was entered. A caller who was entered in the \
             last minutes may be created again. An admin changes this only by not encrypting the field."
        )
    };
    Warning { code: Code::FieldNotFilterable, object: None, field: Some(field), message, since }
}

fn about_scan(object: SObject, since: Timestamp) -> Warning {
    let message = format!(
        "Salesforce took too long to compare the phone fields of every record of the object {object}, or refused it, so \
         for a day a number that the search does not find is looked for only among the records that were modified \
         within the last day. After an admin checks the org under Connections, all records are compared again."
    );
    Warning { code: Code::ScanNotAnswered, object: Some(object.to_string()), field: None, message, since }
}

fn about_query(object: SObject, since: Timestamp) -> Warning {
    let message = format!(
        "Salesforce took too long for the query of the object {object} by phone number, or refused it, so for a day \
         callers are found only by Salesforce's search, which lists a record minutes after it was entered. A caller who \
         was entered in the last minutes may be created again. After an admin checks the org under Connections, the \
         query is sent again."
    );
    Warning { code: Code::QueryNotAnswered, object: Some(object.to_string()), field: None, message, since }
}

fn about_status(field: String, value: &str, since: Timestamp) -> Warning {
    let message = format!(
        "The org refuses {value} as the status of a Task, so Tasks get another status of the same kind, open or closed. An \
         admin chooses the status under Connections, or allows {value} for the record type of the Tasks."
    );
    Warning { code: Code::StatusNotAccepted, object: None, field: Some(field), message, since }
}

fn about_owner(object: SObject, since: Timestamp) -> Warning {
    let field = format!("{object}.OwnerId");
    let message = format!(
        "The connecting user may not see each {object} that belongs to another user, or may not choose who owns it, so each \
         new {object} belongs to the connecting user and not to the agent of the call. An admin gives that user View All \
         Data, in the user's profile or in a permission set."
    );
    Warning { code: Code::FieldNotWritable, object: None, field: Some(field), message, since }
}

/// A field that cannot be used, or a value that the org lacks.
fn about_access(field: String, since: Timestamp) -> Warning {
    let (object, name) = field.split_once('.').unwrap_or(("", &field));
    let (code, message) = if field == KEY_FIELD {
        let message = format!(
            "The org has no field {field}, or hides it from the connecting user. An admin sets it up with one click \
             under Connections, \"Check the org\", or deploys infra/salesforce into the org; until then CallObject \
             guards that each call has one Task."
        );
        (Code::KeyFieldMissing, message)
    } else if object == ANY_CALLER {
        let message = format!(
            "The connecting user may not see the field {name}, so callers are not found by it. {}",
            fix(
                CALLERS.iter().any(|object| grants_field(&format!("{object}.{name}"))),
                "makes the field visible to them"
            )
        );
        (Code::FieldNotSearchable, message)
    } else if let Some((name, value)) = field.split_once('=') {
        let message = format!(
            "{value} is not among the values that the org allows for the field {name}, so messages are logged without \
             it. An admin adds {value} to its values."
        );
        (Code::FieldNotWritable, message)
    } else {
        let what = match object {
            "Contact" | "Lead" | "Account" | "Case" => format!("each new {object} is created"),
            _ => "calls are logged".to_owned(),
        };
        let message = if CHOICES.contains(&name) {
            format!(
                "Salesforce does not take our value of the field {field}, so {what} without it: the org's picklist \
                 lacks the value, or the connecting user may not write the field. An admin adds the value, or makes the \
                 field editable for that user."
            )
        } else {
            format!(
                "The connecting user may not write the field {field}, so {what} without it. {}",
                fix(grants_field(&field), "makes the field editable for them")
            )
        };
        (Code::FieldNotWritable, message)
    };
    let field = if code == Code::FieldNotSearchable { name.to_owned() } else { field };
    Warning { code, object: None, field: Some(field), message, since }
}

/// What an admin does about missing access: assigns the permission set where that helps, or changes the user's access.
fn fix(set_helps: bool, change: &str) -> String {
    if set_helps {
        format!(
            "An admin assigns the permission set \"Aircall Integration\" of infra/salesforce to that user, or {change}."
        )
    } else {
        format!("An admin {change}, in the user's profile or in a permission set.")
    }
}

/// Whether the permission set grants access to a field, such as `Contact.Email`.
fn grants_field(field: &str) -> bool {
    PERMISSION_SET.contains(&format!("<field>{field}</field>"))
}

fn about_object(object: String, since: Timestamp) -> Warning {
    let message = if object == "Task" {
        format!(
            "The connecting user may not create Tasks, so no call can be logged. {}",
            fix(PERMISSION_SET.contains("<name>EditTask</name>"), "gives them the permission Edit Tasks")
        )
    } else {
        format!(
            "The connecting user has no access to the object {object}, so calls are logged as if the org had no such \
             records. {}",
            fix(PERMISSION_SET.contains(&format!("<object>{object}</object>")), "gives them access to the object")
        )
    };
    Warning { code: Code::ObjectNotAccessible, object: Some(object), field: None, message, since }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(warning: &Warning, names_the_permission_set: bool) {
        let names_it = warning.message.contains("the permission set \"Aircall Integration\"");
        assert_eq!(names_it, names_the_permission_set, "{}", warning.message);
    }

    #[test]
    fn each_kind_of_fact_has_its_own_sentence() {
        let warning = |name: &str| about_field(name.to_owned(), Timestamp::UNIX_EPOCH);
        for (fact, code, object, field, part) in [
            ("Filter.Contact.Phone", Code::FieldNotFilterable, None, Some("Contact.Phone"), "found by it only in"),
            ("Filter.User.Email", Code::FieldNotFilterable, None, Some("User.Email"), "under Users"),
            ("Scan.Lead", Code::ScanNotAnswered, Some("Lead"), None, "within the last day"),
            ("Query.Lead", Code::QueryNotAnswered, Some("Lead"), None, "only by Salesforce's search"),
            ("Task.Status=Done", Code::StatusNotAccepted, None, Some("Task.Status=Done"), "refuses Done"),
            ("Task.Type=SMS", Code::FieldNotWritable, None, Some("Task.Type=SMS"), "SMS is not among"),
            ("Caller.Lead.Phone", Code::FieldNotSearchable, None, Some("Lead.Phone"), "may not see"),
        ] {
            let warning = warning(fact);
            let about = (warning.code, warning.object.as_deref(), warning.field.as_deref());
            assert_eq!(about, (code, object, field), "{fact}");
            assert!(warning.message.contains(part) && warning.message.ends_with('.'), "{}", warning.message);
        }
    }

    #[test]
    fn the_permission_set_is_advised_only_where_it_helps() {
        let field = |name: &str| about_field(name.to_owned(), Timestamp::UNIX_EPOCH);
        check(&field("Contact.Email"), true);
        check(&field("Contact.Title"), false);
        check(&field("Task.CallDurationInSeconds"), false);
        check(&field("Task.Type"), false);
        check(&field("Caller.MobilePhone"), true);
        check(&field("Caller.Fax"), false);
        check(&about_object("Lead".to_owned(), Timestamp::UNIX_EPOCH), true);
        check(&about_object("Task".to_owned(), Timestamp::UNIX_EPOCH), true);
        check(&about_object("Campaign".to_owned(), Timestamp::UNIX_EPOCH), false);
    }
}
