//! The parser of Salesforce's error bodies of every shape.
//!
//! | shape | from |
//! |---|---|
//! | `[{"errorCode", "message", "fields"}]` | a single request, a part of a composite |
//! | `{"success": false, "errors": [{"statusCode", "message", "fields"}]}` | a record of a collection |
//! | `{"error", "error_description"}` | OAuth |
//! | HTML, empty, anything else | the edge in front of Salesforce: only the status counts |

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::{DuplicateRule, ErrorCode, Fault, Refusal, SObject, SalesforceId, words};

impl Refusal {
    /// Reads the body of an unsuccessful response.
    pub(crate) fn from_body(status: u16, body: &[u8]) -> Self {
        Self::from_json(status, &serde_json::from_slice(body).unwrap_or(Value::Null))
    }

    /// Reads the errors of a part of a response.
    pub(crate) fn from_json(status: u16, body: &Value) -> Self {
        Self::new(status, faults(body))
    }
}

/// Whether the body is truncated JSON.
pub(crate) fn is_truncated(body: &[u8]) -> bool {
    !body.trim_ascii().is_empty() && serde_json::from_slice::<IgnoredAny>(body).is_err_and(|error| error.is_eof())
}

fn faults(body: &Value) -> Vec<Fault> {
    match body {
        Value::Array(errors) => errors.iter().flat_map(faults).collect(),
        Value::Object(object) => match object.get("errors") {
            Some(errors @ Value::Array(_)) => faults(errors),
            _ => fault(body).into_iter().collect(),
        },
        _ => Vec::new(),
    }
}

fn fault(error: &Value) -> Option<Fault> {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let code = text("errorCode").or_else(|| text("statusCode")).or_else(|| text("error"))?;
    let code = ErrorCode::from_name(code);
    let message = words::without_query(text("message").or_else(|| text("error_description")).unwrap_or_default());
    let fields = fields(error.get("fields"), &code, message);
    let records = match code {
        ErrorCode::DuplicatesDetected => duplicates(error),
        ErrorCode::DuplicateValue => words::record_id(message).into_iter().collect(),
        _ => Vec::new(),
    };
    let duplicate_rule = (code == ErrorCode::DuplicatesDetected).then(|| duplicate_rule(error));
    Some(Fault { code, message: message.to_owned(), fields, records, duplicate_rule })
}

fn fields(listed: Option<&Value>, code: &ErrorCode, message: &str) -> Vec<String> {
    let listed: Vec<String> =
        listed.and_then(Value::as_array).into_iter().flatten().filter_map(|f| Some(f.as_str()?.to_owned())).collect();
    match code {
        ErrorCode::InvalidField | ErrorCode::InvalidFieldForInsertUpdate if listed.is_empty() => fields_in(message),
        ErrorCode::DuplicateValue => Some(unique_in(message)).filter(|named| !named.is_empty()).unwrap_or(listed),
        _ => listed,
    }
}

/// The fields in `No such column 'X' on entity 'Task'` and in `Unable to create/update fields: X, Y. Please check …`,
/// in any language.
fn fields_in(message: &str) -> Vec<String> {
    let quoted = words::quoted(message).into_iter().take(1).filter(|name| SObject::from_name(name).is_none());
    let named: Vec<String> = quoted.map(str::to_owned).collect();
    if named.is_empty() { words::listed(message).into_iter().map(str::to_owned).collect() } else { named }
}

/// The unique fields in `duplicate value found: Key__c duplicates value on record with id: 00T…`, in any language; in a
/// race Salesforce writes `<unknown>` there.
fn unique_in(message: &str) -> Vec<String> {
    let listed = words::first_listed(message);
    // Where the message has another form, a custom field in it is the one.
    let fields = if listed.is_empty() { words::custom_fields(message) } else { listed };
    fields.into_iter().map(str::to_owned).collect()
}

/// What a duplicate rule says. `duplicateResut` is a misspelling that Salesforce has sent.
fn duplicate_result(error: &Value) -> &Value {
    error.get("duplicateResult").or_else(|| error.get("duplicateResut")).unwrap_or(&Value::Null)
}

fn duplicate_rule(error: &Value) -> DuplicateRule {
    let result = duplicate_result(error);
    let text = |pointer: &str| result.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let allows_save = result.get("allowSave").and_then(Value::as_bool).unwrap_or(false);
    DuplicateRule { name: text("/duplicateRule"), matched_by: text("/matchResults/0/rule"), allows_save }
}

/// The records that a duplicate rule found.
fn duplicates(error: &Value) -> Vec<SalesforceId> {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let result = duplicate_result(error);
    let mut ids = Vec::new();
    for matched in list(result, "matchResults").iter().flat_map(|matches| list(matches, "matchRecords")) {
        let id = matched.pointer("/record/Id").and_then(Value::as_str).and_then(|id| SalesforceId::parse(id).ok());
        if let Some(id) = id.filter(|id| !ids.contains(id)) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Kind, SObject};

    fn refusal(status: u16, body: &Value) -> Refusal {
        Refusal::from_body(status, &serde_json::to_vec(body).unwrap())
    }

    #[track_caller]
    fn check(status: u16, body: &Value, kind: Kind, shown: &str) {
        let refusal = refusal(status, body);
        assert_eq!((refusal.kind(), refusal.to_string().as_str()), (kind, shown));
    }

    #[test]
    fn an_error_of_a_single_request_is_parsed() {
        let body = json!([{"message": "Required fields are missing: [Name]", "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Name"]}]);
        check(400, &body, Kind::Fail, "Required fields are missing: [Name] (REQUIRED_FIELD_MISSING)");
        assert_eq!(refusal(400, &body).cause().fields, ["Name"]);
    }

    #[test]
    fn an_error_of_a_record_in_a_collection_is_parsed() {
        let body = json!({"success": false, "errors": [
            {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}]});
        check(200, &body, Kind::Retry, "unable to obtain exclusive access (UNABLE_TO_LOCK_ROW)");
    }

    #[test]
    fn an_oauth_error_is_parsed() {
        let body = json!({"error": "invalid_grant", "error_description": "expired access/refresh token"});
        check(400, &body, Kind::Reconnect, "expired access/refresh token (invalid_grant)");
    }

    #[test]
    fn a_body_without_an_error_code_leaves_only_the_status() {
        for body in [&b"<html><body>Service Unavailable</body></html>"[..], b"", b"null", b"[]", b"{}", b"[1]"] {
            let refusal = Refusal::from_body(503, body);
            assert_eq!(refusal.kind(), Kind::Retry);
            assert_eq!(refusal.to_string(), "Salesforce answered HTTP 503 without an error code");
        }
    }

    #[test]
    fn a_401_means_an_expired_session_unless_a_policy_rejects_it() {
        let with = |message: &str| json!([{"message": message, "errorCode": "INVALID_SESSION_ID"}]);
        assert_eq!(refusal(401, &with("Session expired or invalid")).kind(), Kind::Refresh);
        assert_eq!(refusal(401, &with("This session is not valid for use with the REST API")).kind(), Kind::Reconnect);
        assert_eq!(refusal(401, &with("Connected app is not attached to Agent")).kind(), Kind::Reconnect);
    }

    #[test]
    fn a_row_lock_inside_a_trigger_or_flow_is_retried() {
        let with = |code: &str, message: &str| refusal(400, &json!([{"message": message, "errorCode": code}])).kind();
        let lock = "TaskTrigger: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record";
        assert_eq!(with("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", lock), Kind::Retry);
        assert_eq!(with("CANNOT_EXECUTE_FLOW_TRIGGER", lock), Kind::Retry);
        assert_eq!(with("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "TaskTrigger: NullPointerException"), Kind::Fail);
    }

    #[test]
    fn a_hidden_object_is_named() {
        let with = |message: &str| refusal(400, &json!([{"message": message, "errorCode": "INVALID_TYPE"}]));
        let french = "Le type d'objet sObject 'Lead' n'est pas pris en charge.";
        let words = "sObject type 'Lead' is not supported. If you are attempting to use a custom object, be sure to …";
        for message in [
            words.to_owned(),
            format!("\nSELECT Id FROM Lead WHERE Phone IN ('1')\n    ^\nERROR at Row:1:Column:16\n{words}"),
            format!("FIND {{15550100}} IN PHONE FIELDS RETURNING Lead(Id) ERROR at Row:1:Column:46 {words}"),
            format!("\nSELECT Id FROM Lead WHERE Phone IN ('15550100')\n    ^\nERREUR à Ligne:1:Colonne:16\n{french}"),
            french.to_owned(),
        ] {
            let refusal = with(&message);
            assert_eq!((refusal.missing_object(), refusal.kind()), (Some(SObject::Lead), Kind::Degrade), "{message}");
            assert_eq!(refusal.fields_to_leave_out(), None);
            assert!(!refusal.to_string().contains("15550100"), "{refusal}");
        }
        for other in ["sObject type 'Nope' is not supported.", "Lead is not supported", "", "sObject type 'Lead"] {
            assert_eq!((with(other).missing_object(), with(other).kind()), (None, Kind::Fail), "{other}");
        }
        let field = json!([{"message": words, "errorCode": "INVALID_FIELD"}]);
        assert_eq!(refusal(400, &field).missing_object(), None);
    }

    #[test]
    fn a_consequence_is_never_the_cause() {
        let body = json!([
            {"message": "Record rolled back", "errorCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK"},
            {"message": "A subject is needed", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION"}]);
        assert_eq!(refusal(400, &body).code(), &ErrorCode::FieldCustomValidationException);
    }

    #[test]
    fn a_duplicate_rule_names_its_records() {
        let body = json!([{"message": "Use one of these records?", "errorCode": "DUPLICATES_DETECTED",
            "duplicateResult": {"matchResults": [{"matchRecords": [
                {"record": {"attributes": {"type": "Lead"}, "Id": "00Q5f000001AbCd"}},
                {"record": {"Id": "00Q5f000001AbCd"}}, {"record": {}}]}]}}]);
        let refusal = refusal(400, &body);
        assert_eq!(refusal.kind(), Kind::UseRecord);
        assert_eq!(refusal.cause().records, [SalesforceId::parse("00Q5f000001AbCd").unwrap()]);
    }

    #[test]
    fn a_duplicate_value_names_the_existing_record() {
        let with = |id: &str| {
            let message = format!("duplicate value found: Key__c duplicates value on record with id: {id}");
            refusal(400, &json!([{"message": message, "errorCode": "DUPLICATE_VALUE"}])).cause().records.clone()
        };
        assert_eq!(with("001Vr00000m4eGCIAY"), [SalesforceId::parse("001Vr00000m4eGC").unwrap()]);
        assert_eq!(with("001Vr00000m4eGC."), [SalesforceId::parse("001Vr00000m4eGC").unwrap()]);
        assert_eq!(with("<unknown>"), []);
    }

    #[track_caller]
    fn check_unique(message: &str, fields: &[&str], is_ours: bool) {
        let refusal = refusal(400, &json!([{"message": message, "errorCode": "DUPLICATE_VALUE", "fields": fields}]));
        assert_eq!(refusal.duplicates("Aircall_Key__c"), is_ours, "{message} {fields:?}");
    }

    #[test]
    fn our_unique_field_is_distinguished_from_others() {
        let of = |field: &str| format!("duplicate value found: {field} duplicates value on record with id: <unknown>");
        check_unique(&of("Aircall_Key__c"), &[], true);
        check_unique(&of("aircall_key__c"), &[], true);
        check_unique(&of("Other__c,Aircall_Key__c"), &[], true);
        check_unique(&of("Other__c"), &[], false);
        check_unique(&of("My_Aircall_Key__c"), &[], false);
        check_unique(&of("Other__c"), &["Aircall_Key__c"], false);
        let french =
            |field: &str| format!("valeur en double trouvée : {field} duplique la valeur de … avec l'ID : 00T");
        check_unique(&french("Aircall_Key__c"), &[], true);
        check_unique(&french("Other__c"), &[], false);
    }

    #[test]
    fn a_duplicate_value_without_a_field_name_may_be_of_any_field() {
        let unknown = "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
        for message in [unknown, "duplicate value found: <unknown>", "duplicate value found", "", "something else"] {
            check_unique(message, &[], true);
            check_unique(message, &["Aircall_Key__c"], true);
            check_unique(message, &["Other__c"], false);
        }
        let body = json!([{"message": unknown, "errorCode": "DUPLICATES_DETECTED"}]);
        assert!(!refusal(400, &body).duplicates("Aircall_Key__c"), "a duplicate rule is not a unique field");
    }

    #[track_caller]
    fn check_fields(message: &str, expect: &[&str]) {
        let refusal = refusal(400, &json!([{"message": message, "errorCode": "INVALID_FIELD", "fields": []}]));
        assert_eq!(refusal.cause().fields, expect);
    }

    #[test]
    fn an_unknown_field_is_named() {
        check_fields("No such column 'CallObject' on entity 'Task'. If you are attempting …", &["CallObject"]);
        check_fields("No such column 'Aircall_Key__c' on sobject of type Task", &["Aircall_Key__c"]);
        check_fields(
            "Unable to create/update fields: Type, Aircall_Key__c. Please check the security settings of this field …",
            &["Type", "Aircall_Key__c"],
        );
        check_fields("Something else", &[]);
        check_fields("Aucune colonne 'CallObject' dans l'entité 'Task'. Si vous tentez …", &["CallObject"]);
        check_fields("Aucune colonne « CallObject » dans l'entité « Task ».", &["CallObject"]);
        check_fields(
            "Impossible de créer/mettre à jour les champs : Type, Aircall_Key__c. Vérifiez les paramètres …",
            &["Type", "Aircall_Key__c"],
        );
    }

    #[track_caller]
    fn check_entity(message: &str, expect: Option<SObject>) {
        let refusal = refusal(400, &json!([{"message": message, "errorCode": "INVALID_FIELD", "fields": []}]));
        assert_eq!(refusal.entity(), expect, "{message}");
    }

    #[test]
    fn the_object_of_an_unknown_field_is_named() {
        check_entity("No such column 'MobilePhone' on entity 'Lead'. If you are attempting …", Some(SObject::Lead));
        check_entity("No such column 'MobilePhone' on sobject of type Lead", Some(SObject::Lead));
        check_entity("No such column 'MobilePhone' on sobject of type Lead.", Some(SObject::Lead));
        check_entity(
            "SELECT Id FROM Contact\nERROR at Row:1:Column:8\nNo such column 'HomePhone' on entity 'Contact'.",
            Some(SObject::Contact),
        );
        check_entity("Aucune colonne 'MobilePhone' dans le sobject de type Lead", Some(SObject::Lead));
        check_entity("Aucune colonne 'MobilePhone' dans l'entité 'Lead'. Contact …", Some(SObject::Lead));
        for unnamed in [
            "No such column 'Role' on entity 'OpportunityContactRole'",
            "No such column 'Lead'",
            "No such column 'Phone' on entity 'LeadSource'",
            "Unable to create/update fields: Type on entity 'Lead'",
            "",
        ] {
            check_entity(unnamed, None);
        }
    }

    #[test]
    fn the_query_is_cut_from_the_message() {
        let message = "\nSELECT Id, Foo FROM Contact WHERE Phone IN ('+15550100')\n           ^\n\
            ERROR at Row:1:Column:12\nNo such column 'Foo' on entity 'Contact'.";
        let refusal = refusal(400, &json!([{"message": message, "errorCode": "INVALID_FIELD"}]));
        assert_eq!(refusal.to_string(), "No such column 'Foo' on entity 'Contact'. (INVALID_FIELD)");
        assert!(!format!("{refusal:?}").contains("5550100"));
    }
}
