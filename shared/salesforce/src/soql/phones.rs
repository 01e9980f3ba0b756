//! Where the objects keep phone numbers, and the exact question for them.

use super::literal::literal;
use super::{In, Soql};
use crate::SObject;

const CONTACT: &[&str] = &["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"];
const LEAD: &[&str] = &["Phone", "MobilePhone"];
const ACCOUNT: &[&str] = &["Phone"];
const PERSON_ACCOUNT: &[&str] =
    &["Phone", "PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone", "PersonAssistantPhone"];

/// What an org lets be asked about callers.
///
/// A search names each field and object it asks for, and one that the org does not have or that the user may not see
/// refuses the whole search: leave it out with [`CallerFields::without`] or [`CallerFields::without_object`], and ask
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerFields {
    person_accounts: bool,
    /// Of one object, or of all.
    hidden: Vec<(Option<SObject>, String)>,
    missing: Vec<SObject>,
}

impl CallerFields {
    /// All fields, with those that exist only in orgs with person accounts, or without.
    pub fn new(person_accounts: bool) -> Self {
        Self { person_accounts, hidden: Vec::new(), missing: Vec::new() }
    }

    /// The same without a field of one object, as [`crate::Refusal::entity`] tells it, or of every object that has one of
    /// this name. Without `IsPersonAccount` or `PersonContactId`, whatever the object, there are no person accounts.
    #[must_use]
    pub fn without(mut self, sobject: Option<SObject>, field: &str) -> Self {
        self.person_accounts &= !matches!(field, "IsPersonAccount" | "PersonContactId");
        self.hidden.push((sobject, field.to_owned()));
        self
    }

    /// The same without an object that the org does not show at all: nothing is asked about it.
    #[must_use]
    pub fn without_object(mut self, sobject: SObject) -> Self {
        self.missing.push(sobject);
        self
    }

    /// The fields of an object that hold a caller's number; none of an object that is not asked about. Fax is left out:
    /// nobody calls from one.
    pub fn phones(&self, sobject: SObject) -> Vec<&'static str> {
        let phones = match sobject {
            _ if self.missing.contains(&sobject) => &[],
            SObject::Contact => CONTACT,
            SObject::Lead => LEAD,
            SObject::Account if self.person_accounts => PERSON_ACCOUNT,
            SObject::Account => ACCOUNT,
            SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => &[],
        };
        self.visible(sobject, phones)
    }

    fn visible(&self, sobject: SObject, fields: &[&'static str]) -> Vec<&'static str> {
        fields.iter().copied().filter(|field| !self.is_hidden(sobject, field)).collect()
    }

    fn is_hidden(&self, sobject: SObject, field: &str) -> bool {
        self.hidden.iter().any(|(of, hidden)| hidden == field && of.is_none_or(|of| of == sobject))
    }

    /// What is asked of a record that may be a caller: id, name, phones, how recent, and what its kind needs.
    pub(super) fn select(&self, sobject: SObject) -> String {
        let mut fields = vec!["Id", "Name"];
        fields.extend(self.phones(sobject));
        fields.push("LastModifiedDate");
        match (sobject, self.person_accounts) {
            (SObject::Contact, true) => fields.extend(["AccountId", "IsPersonAccount"]),
            (SObject::Contact, false) => fields.push("AccountId"),
            (SObject::Account, true) => fields.extend(["IsPersonAccount", "PersonContactId"]),
            _ => {}
        }
        self.visible(sobject, &fields).join(", ")
    }

    /// Which records cannot be a caller: a converted Lead, and the hidden Contact behind a person account, which is
    /// found as the Account.
    pub(super) fn condition(&self, sobject: SObject) -> Option<&'static str> {
        match sobject {
            SObject::Contact if self.person_accounts => Some("IsPersonAccount = false"),
            SObject::Lead => Some("IsConverted = false"),
            SObject::Contact
            | SObject::Account
            | SObject::Case
            | SObject::Opportunity
            | SObject::Task
            | SObject::User => None,
        }
    }

    /// Whether the exact question finds a person account by its hidden Contact, which holds the same numbers: asking
    /// for them in the Account too would make the question half as long again.
    fn persons_by_contact(&self) -> bool {
        self.person_accounts
            && !self.phones(SObject::Contact).is_empty()
            && !self.is_hidden(SObject::Contact, "AccountId")
    }
}

impl Soql {
    /// Contacts, Leads or Accounts that hold one of these texts, letter for letter, in a phone field; the same fields as
    /// of [`super::Sosl::phones`]. It sees records that the search index does not know yet. Objects without phone fields
    /// ask nothing.
    ///
    /// With person accounts, ask about Contacts and Accounts both: a person answers as the hidden Contact.
    pub fn records_by_phone(sobject: SObject, forms: &[String], fields: &CallerFields) -> Vec<Self> {
        let by_contact = fields.persons_by_contact();
        let condition = fields.condition(sobject).filter(|_| sobject != SObject::Contact || !by_contact);
        let condition = condition.map(|condition| format!("{condition} AND ")).unwrap_or_default();
        let head = format!("SELECT {} FROM {sobject} WHERE {condition}", fields.select(sobject));
        let mut phones = fields.phones(sobject);
        phones.retain(|phone| sobject != SObject::Account || !by_contact || ACCOUNT.contains(phone));
        In::values(forms.iter().map(|form| literal(form)))
            .fields(&phones)
            .statements(&head, " ORDER BY LastModifiedDate DESC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sobject: SObject, person_accounts: bool, expect: &str) {
        let built = Soql::records_by_phone(sobject, &["+15550100".to_owned()], &CallerFields::new(person_accounts));
        assert_eq!(built.iter().map(Soql::as_str).collect::<Vec<_>>(), [expect]);
    }

    #[test]
    fn contacts_by_their_five_phones() {
        check(
            SObject::Contact,
            true,
            "SELECT Id, Name, Phone, MobilePhone, HomePhone, OtherPhone, AssistantPhone, LastModifiedDate, AccountId, \
             IsPersonAccount FROM Contact WHERE (Phone IN ('+15550100') OR MobilePhone IN ('+15550100') OR HomePhone \
             IN ('+15550100') OR OtherPhone IN ('+15550100') OR AssistantPhone IN ('+15550100')) ORDER BY \
             LastModifiedDate DESC",
        );
    }

    #[test]
    fn persons_are_asked_about_once() {
        check(
            SObject::Account,
            true,
            "SELECT Id, Name, Phone, PersonMobilePhone, PersonHomePhone, PersonOtherPhone, PersonAssistantPhone, \
             LastModifiedDate, IsPersonAccount, PersonContactId FROM Account WHERE Phone IN ('+15550100') ORDER BY \
             LastModifiedDate DESC",
        );
    }

    #[test]
    fn persons_whose_contact_tells_too_little_are_asked_about_as_accounts() {
        let forms = ["+15550100".to_owned()];
        let all = CallerFields::new(true);
        for fields in
            [all.clone().without(Some(SObject::Contact), "AccountId"), all.clone().without_object(SObject::Contact)]
        {
            let accounts = &Soql::records_by_phone(SObject::Account, &forms, &fields)[0];
            assert!(accounts.as_str().contains("OR PersonAssistantPhone IN ("), "{}", accounts.as_str());
            for contacts in Soql::records_by_phone(SObject::Contact, &forms, &fields) {
                assert!(contacts.as_str().contains("WHERE IsPersonAccount = false AND"), "{}", contacts.as_str());
            }
        }
    }

    #[test]
    fn an_object_that_the_org_does_not_show_is_not_asked_about() {
        let fields = CallerFields::new(false).without_object(SObject::Lead);
        let asks = |sobject| !Soql::records_by_phone(sobject, &["1".to_owned()], &fields).is_empty();
        assert_eq!([SObject::Contact, SObject::Lead, SObject::Account].map(asks), [true, false, true]);
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
        let ask = |sobject, fields: &CallerFields| {
            Soql::records_by_phone(sobject, &["1".to_owned()], fields)[0].as_str().contains("Person")
        };
        let (on, off) = (CallerFields::new(true), CallerFields::new(false));
        for sobject in [SObject::Account, SObject::Contact] {
            assert!(ask(sobject, &on) && !ask(sobject, &off));
            for of in [None, Some(SObject::Account), Some(SObject::Contact)] {
                assert!(!ask(sobject, &on.clone().without(of, "IsPersonAccount")), "{sobject} {of:?}");
            }
        }
    }

    #[test]
    fn a_hidden_field_is_neither_asked_for_nor_about() {
        let fields = CallerFields::new(true).without(None, "AssistantPhone").without(None, "AccountId");
        let asked = Soql::records_by_phone(SObject::Contact, &["1".to_owned()], &fields).remove(0);
        assert!(!asked.as_str().contains("Assistant") && !asked.as_str().contains("AccountId"), "{}", asked.as_str());
        assert!(asked.as_str().contains("OtherPhone IN") && asked.as_str().contains("IsPersonAccount"));
    }

    #[test]
    fn a_field_hidden_on_one_object_is_asked_for_of_the_others() {
        let phones = |of| {
            let fields = CallerFields::new(false).without(of, "MobilePhone");
            let has = |sobject| {
                let asked = Soql::records_by_phone(sobject, &["1".to_owned()], &fields).remove(0);
                assert_eq!(fields.phones(sobject).contains(&"MobilePhone"), asked.as_str().contains("MobilePhone IN"));
                asked.as_str().contains("MobilePhone")
            };
            [SObject::Contact, SObject::Lead].map(has)
        };
        assert_eq!(phones(Some(SObject::Lead)), [true, false]);
        assert_eq!(phones(Some(SObject::Contact)), [false, true]);
        assert_eq!(phones(Some(SObject::Account)), [true, true]);
        assert_eq!(phones(None), [false, false]);
    }

    #[test]
    fn a_case_has_no_phone() {
        assert!(Soql::records_by_phone(SObject::Case, &["1".to_owned()], &CallerFields::new(false)).is_empty());
    }
}
