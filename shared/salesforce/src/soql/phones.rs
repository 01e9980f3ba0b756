//! Where the objects keep phone numbers, and the exact question for them.

use super::literal::literal;
use super::{In, Soql};
use crate::SObject;

const CONTACT: &[&str] = &["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"];
const LEAD: &[&str] = &["Phone", "MobilePhone"];
const ACCOUNT: &[&str] = &["Phone"];
const PERSON_ACCOUNT: &[&str] =
    &["Phone", "PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone", "PersonAssistantPhone"];

/// The fields of an object that hold a caller's number. The `Person…` ones exist only in orgs with person accounts.
/// Fax fields are left out: nobody calls from one.
pub fn phone_fields(sobject: SObject, person_accounts: bool) -> &'static [&'static str] {
    match sobject {
        SObject::Contact => CONTACT,
        SObject::Lead => LEAD,
        SObject::Account if person_accounts => PERSON_ACCOUNT,
        SObject::Account => ACCOUNT,
        SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => &[],
    }
}

/// What is asked of a record that may be a caller: id, name, phones, how recent, and what its kind needs.
pub(super) fn caller_fields(sobject: SObject, person_accounts: bool) -> String {
    let mut fields = vec!["Id", "Name"];
    fields.extend(phone_fields(sobject, person_accounts));
    fields.push("LastModifiedDate");
    match (sobject, person_accounts) {
        (SObject::Contact, true) => fields.extend(["AccountId", "IsPersonAccount"]),
        (SObject::Contact, false) => fields.push("AccountId"),
        (SObject::Account, true) => fields.extend(["IsPersonAccount", "PersonContactId"]),
        _ => {}
    }
    fields.join(", ")
}

/// Which records cannot be a caller: a converted Lead, and the hidden Contact behind a person account, which is found
/// as the Account.
pub(super) fn caller_condition(sobject: SObject, person_accounts: bool) -> Option<&'static str> {
    match sobject {
        SObject::Contact if person_accounts => Some("IsPersonAccount = false"),
        SObject::Lead => Some("IsConverted = false"),
        SObject::Contact | SObject::Account | SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => {
            None
        }
    }
}

impl Soql {
    /// Contacts, Leads or Accounts that hold one of these texts, letter for letter, in a phone field: the fields of
    /// [`super::Sosl::phones`]. It sees records that the search index does not know yet. Objects without phone fields ask
    /// nothing.
    pub fn records_by_phone(sobject: SObject, forms: &[String], person_accounts: bool) -> Vec<Self> {
        let condition =
            caller_condition(sobject, person_accounts).map(|condition| format!("{condition} AND ")).unwrap_or_default();
        let head = format!("SELECT {} FROM {sobject} WHERE {condition}", caller_fields(sobject, person_accounts));
        In::values(forms.iter().map(|form| literal(form)))
            .of(phone_fields(sobject, person_accounts))
            .statements(&head, " ORDER BY LastModifiedDate DESC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sobject: SObject, person_accounts: bool, expect: &str) {
        let built = Soql::records_by_phone(sobject, &["+15550100".to_owned()], person_accounts);
        assert_eq!(built.iter().map(Soql::as_str).collect::<Vec<_>>(), [expect]);
    }

    #[test]
    fn contacts_by_their_five_phones() {
        check(
            SObject::Contact,
            true,
            "SELECT Id, Name, Phone, MobilePhone, HomePhone, OtherPhone, AssistantPhone, LastModifiedDate, AccountId, \
             IsPersonAccount FROM Contact WHERE IsPersonAccount = false AND (Phone IN ('+15550100') OR MobilePhone IN \
             ('+15550100') OR HomePhone IN ('+15550100') OR OtherPhone IN ('+15550100') OR AssistantPhone IN \
             ('+15550100')) ORDER BY LastModifiedDate DESC",
        );
    }

    #[test]
    fn leads_that_are_not_converted() {
        check(
            SObject::Lead,
            false,
            "SELECT Id, Name, Phone, MobilePhone, LastModifiedDate FROM Lead WHERE IsConverted = false AND (Phone IN \
             ('+15550100') OR MobilePhone IN ('+15550100')) ORDER BY LastModifiedDate DESC",
        );
    }

    #[test]
    fn accounts_without_person_accounts() {
        check(
            SObject::Account,
            false,
            "SELECT Id, Name, Phone, LastModifiedDate FROM Account WHERE Phone IN ('+15550100') ORDER BY \
             LastModifiedDate DESC",
        );
    }

    #[test]
    fn person_fields_only_where_they_exist() {
        let ask = |on| Soql::records_by_phone(SObject::Account, &["1".to_owned()], on)[0].as_str().contains("Person");
        assert!(ask(true) && !ask(false));
        let ask = |on| Soql::records_by_phone(SObject::Contact, &["1".to_owned()], on)[0].as_str().contains("Person");
        assert!(ask(true) && !ask(false));
    }

    #[test]
    fn a_case_has_no_phone() {
        assert!(Soql::records_by_phone(SObject::Case, &["1".to_owned()], false).is_empty());
    }

    #[test]
    fn two_hundred_numbers_take_a_few_statements() {
        let forms: Vec<_> = (0..1200).map(|n| format!("+3361234{n:04}")).collect();
        let statements = Soql::records_by_phone(SObject::Contact, &forms, false);
        assert!(statements.len() <= 5, "{}", statements.len());
        assert!(statements.iter().all(|soql| soql.as_str().len() <= super::super::MAX_STATEMENT));
    }
}
