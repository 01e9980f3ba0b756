//! Warnings about missing fields or permissions in a Salesforce org, and what an admin can do about them.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::required;
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

/// A field or object of the org that cannot be used, so calls are logged without it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct Warning {
    code: Code,
    /// The object that the connecting user has no access to; null for a warning about a field.
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
    /// Callers cannot be found by a field.
    FieldNotSearchable,
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
    let message = format!(
        "The connecting user has no access to the object {object}, so calls are logged as if the org had no such \
         records. {}",
        fix(PERMISSION_SET.contains(&format!("<object>{object}</object>")), "gives them access to the object")
    );
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
    fn the_permission_set_is_advised_only_where_it_helps() {
        let field = |name: &str| about_field(name.to_owned(), Timestamp::UNIX_EPOCH);
        check(&field("Contact.Email"), true);
        check(&field("Contact.Title"), false);
        check(&field("Task.CallDurationInSeconds"), false);
        check(&field("Task.Type"), false);
        check(&field("Caller.MobilePhone"), true);
        check(&field("Caller.Fax"), false);
        check(&about_object("Lead".to_owned(), Timestamp::UNIX_EPOCH), true);
        check(&about_object("Campaign".to_owned(), Timestamp::UNIX_EPOCH), false);
    }
}
