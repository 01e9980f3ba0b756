//! Searches by phone number.

use std::collections::BTreeSet;

use rules::phone::SearchTerm;

use super::CallerFields;
use crate::{Record, SObject};

/// Beyond this length of the search string, Salesforce treats OR as a word. Source:
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_syntax.htm>.
const MAX_FIND: usize = 4_000;

const OR: &str = " OR ";

/// The most records that a search returns. Source:
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_limit.htm>.
const MAX_RECORDS: usize = 2_000;

/// The most records of each object that a search over several objects returns, according to the newest guides.
const MAX_OF_EACH: usize = 250;

/// A search term of digits, which cannot contain other SOSL syntax: a run that begins with some digits (`33612345678*`),
/// or runs in a row (`"415 555 0132"`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PhoneTerm(String);

/// Not 2 to 40 digits: Salesforce refuses a term of one character, and a phone field holds 40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 2 to 40 digits")]
pub struct NotDigits;

impl PhoneTerm {
    /// A run of digits that begins with these.
    ///
    /// # Errors
    ///
    /// [`NotDigits`] if there is any other character, or too few or too many digits.
    pub fn prefix(digits: &str) -> Result<Self, NotDigits> {
        check(digits.len(), [digits])?;
        Ok(Self(format!("{digits}*")))
    }

    /// Runs of digits in a row.
    ///
    /// # Errors
    ///
    /// [`NotDigits`] if there is any other character, or too few or too many digits.
    pub fn phrase(runs: &[String]) -> Result<Self, NotDigits> {
        check(runs.iter().map(String::len).sum(), runs.iter().map(String::as_str))?;
        Ok(Self(format!("\"{}\"", runs.join(" "))))
    }

    /// How many characters of a search string it takes, with the operator before it.
    #[expect(clippy::len_without_is_empty, reason = "a term is never empty")]
    pub fn len(&self) -> usize {
        OR.len() + self.0.len()
    }
}

fn check<'a>(len: usize, runs: impl IntoIterator<Item = &'a str>) -> Result<(), NotDigits> {
    let is_run = |run: &str| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit());
    let is_valid = (2..=40).contains(&len) && runs.into_iter().all(is_run);
    is_valid.then_some(()).ok_or(NotDigits)
}

impl TryFrom<&SearchTerm> for PhoneTerm {
    type Error = NotDigits;

    fn try_from(term: &SearchTerm) -> Result<Self, NotDigits> {
        match term {
            SearchTerm::Prefix(digits) => Self::prefix(digits),
            SearchTerm::Phrase(runs) => Self::phrase(runs),
        }
    }
}

impl std::fmt::Debug for PhoneTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PhoneTerm({})", self.0.len())
    }
}

/// One SOSL search.
#[derive(Clone, PartialEq, Eq)]
pub struct Sosl {
    text: String,
    objects: Vec<SObject>,
}

impl Sosl {
    /// How many characters all terms of one search may take: `FIND {` stands before them, `}` after them.
    pub const ROOM: usize = MAX_FIND - "FIND {}".len();

    /// Searches that together cover every term in the phone fields of Contacts, unconverted Leads, and Accounts, each
    /// newest first.
    ///
    /// The result does not say which term a record matched, and phone fields that are not selected (fax, custom ones)
    /// match too: compare [`CallerFields::phones`] of each record. The index lags by minutes, and the result may be cut
    /// off: see [`Sosl::cut_off`]. Returns no search if the org hides all three objects, or all their phone fields.
    ///
    /// How Salesforce splits phone fields into words is not documented. Where all digits of a field are one word, prefixes
    /// find it; where each run of digits is one, phrases do as well.
    pub fn phones(terms: &[PhoneTerm], fields: &CallerFields) -> Vec<Self> {
        let objects: Vec<SObject> =
            SObject::CALLERS.into_iter().filter(|sobject| !fields.phones(*sobject).is_empty()).collect();
        if objects.is_empty() {
            return Vec::new();
        }
        let returning = returning(&objects, fields);
        let search = |find: &str| Self { text: format!("FIND {{{find}}}{returning}"), objects: objects.clone() };
        let mut searches = Vec::new();
        let mut find = String::new();
        for PhoneTerm(term) in terms.iter().collect::<BTreeSet<_>>() {
            if !find.is_empty() && find.len() + OR.len() + term.len() > Self::ROOM {
                searches.push(search(&find));
                find.clear();
            }
            if !find.is_empty() {
                find.push_str(OR);
            }
            find.push_str(term);
        }
        if !find.is_empty() {
            searches.push(search(&find));
        }
        searches
    }

    /// The objects of which the result may lack records, as it reaches a limit of Salesforce's; none if it is complete.
    ///
    /// Salesforce chooses what it leaves out by relevance, before it orders the rest: all records of a term may be
    /// missing, and the newest ones of another.
    pub fn cut_off(&self, records: &[Record]) -> Vec<SObject> {
        let has_several = self.objects.len() > 1;
        let reaches_limit = |sobject: &SObject| {
            let count = records.iter().filter(|record| record.sobject() == Some(*sobject)).count();
            records.len() >= MAX_RECORDS || has_several && count >= MAX_OF_EACH
        };
        self.objects.iter().copied().filter(reaches_limit).collect()
    }

    /// The search.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Shows the length only: a search holds phone numbers.
impl std::fmt::Debug for Sosl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sosl({} characters)", self.text.len())
    }
}

/// The clause after the search string.
fn returning(objects: &[SObject], fields: &CallerFields) -> String {
    let object = |sobject: &SObject| {
        let condition = fields.condition(*sobject).map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        format!("{sobject}({}{condition} ORDER BY LastModifiedDate DESC)", fields.select(*sobject))
    };
    let objects: Vec<String> = objects.iter().map(object).collect();
    format!(" IN PHONE FIELDS RETURNING {}", objects.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits(text: &str) -> PhoneTerm {
        PhoneTerm::prefix(text).unwrap()
    }

    #[test]
    fn all_terms_share_one_search() {
        let searches = Sosl::phones(&[digits("4155550132"), digits("14155550132")], &CallerFields::new(false));
        assert_eq!(
            searches.iter().map(Sosl::as_str).collect::<Vec<_>>(),
            ["FIND {14155550132* OR 4155550132*} IN PHONE FIELDS RETURNING \
              Contact(Id, Name, Phone, MobilePhone, HomePhone, OtherPhone, AssistantPhone, LastModifiedDate, MailingCountry, \
              OtherCountry, AccountId \
              ORDER BY LastModifiedDate DESC), \
              Lead(Id, Name, Phone, MobilePhone, LastModifiedDate, Country WHERE IsConverted = false \
              ORDER BY LastModifiedDate DESC), \
              Account(Id, Name, Phone, LastModifiedDate, BillingCountry, ShippingCountry ORDER BY LastModifiedDate DESC)"]
        );
    }

    #[test]
    fn hidden_contacts_of_person_accounts_are_excluded() {
        let search = &Sosl::phones(&[digits("14155550132")], &CallerFields::new(true))[0];
        assert!(search.as_str().contains("AccountId, IsPersonAccount WHERE IsPersonAccount = false ORDER BY"));
        assert!(search.as_str().contains("PersonMobilePhone"));
        assert!(search.as_str().contains("IsPersonAccount, PersonContactId ORDER BY"));
    }

    #[test]
    fn hidden_objects_are_left_out_of_the_search() {
        let search = |fields: &CallerFields| Sosl::phones(&[digits("14155550132")], fields);
        let all = CallerFields::new(false);
        let returned =
            |fields: CallerFields| search(&fields)[0].as_str().split_once("RETURNING ").unwrap().1.to_owned();
        assert!(returned(all.clone().without_object(SObject::Lead)).matches("(Id, ").count() == 2);
        assert!(!returned(all.clone().without_object(SObject::Lead)).contains("Lead("));
        // Without a phone field there is nothing to compare.
        assert!(!returned(all.clone().without(None, "Phone").without(None, "MobilePhone")).contains("Lead("));
        let none = [SObject::Contact, SObject::Lead, SObject::Account];
        assert!(search(&none.into_iter().fold(all, CallerFields::without_object)).is_empty());
    }

    #[track_caller]
    fn check_cut_off(fields: &CallerFields, found: &[(SObject, usize)], expect: &[SObject]) {
        let search = &Sosl::phones(&[digits("14155550132")], fields)[0];
        let records: Vec<Record> =
            found.iter().flat_map(|(sobject, count)| std::iter::repeat_n(Record::new(*sobject), *count)).collect();
        assert_eq!(search.cut_off(&records), expect, "{found:?}");
    }

    #[test]
    fn a_result_that_reaches_a_limit_may_be_cut_off() {
        use SObject::{Account, Contact, Lead};
        let all = CallerFields::new(false);
        check_cut_off(&all, &[], &[]);
        check_cut_off(&all, &[(Contact, 249), (Lead, 249), (Account, 249)], &[]);
        check_cut_off(&all, &[(Contact, 249), (Lead, 250), (Account, 1)], &[Lead]);
        // By older guides, the limit is 2,000 in all.
        check_cut_off(&all, &[(Contact, 1_900), (Account, 100)], &[Contact, Lead, Account]);
        let contacts = all.without_object(Lead).without_object(Account);
        check_cut_off(&contacts, &[(Contact, 1_999)], &[]);
        check_cut_off(&contacts, &[(Contact, 2_000)], &[Contact]);
    }

    #[test]
    fn only_digits_are_accepted_as_a_term() {
        for text in ["", "1", "+33612345678", "12 34", "12*", "١٢٣", "12\"", &"1".repeat(41)] {
            assert_eq!(PhoneTerm::prefix(text), Err(NotDigits), "{text}");
            assert_eq!(PhoneTerm::phrase(&[text.to_owned()]), Err(NotDigits), "{text}");
        }
        let phrase = PhoneTerm::phrase(&["415".to_owned(), "555".to_owned(), "0132".to_owned()]).unwrap();
        let search = &Sosl::phones(&[phrase], &CallerFields::new(false))[0];
        assert!(search.as_str().starts_with("FIND {\"415 555 0132\"} IN"), "{}", search.as_str());
    }

    #[test]
    fn no_terms_need_no_search() {
        assert!(Sosl::phones(&[], &CallerFields::new(false)).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_term_is_searched_once_and_every_search_string_fits(
            terms in prop::collection::btree_set(10..u64::MAX, 1..800), person_accounts: bool
        ) {
            let terms: BTreeSet<String> = terms.iter().map(u64::to_string).collect();
            let list: Vec<_> = terms.iter().map(|term| digits(term)).collect();
            let mut found = BTreeSet::new();
            let searches = Sosl::phones(&list, &CallerFields::new(person_accounts));
            let len: usize = list.iter().map(PhoneTerm::len).sum();
            prop_assert_eq!(len - OR.len() <= Sosl::ROOM, searches.len() == 1);
            for search in searches {
                let (find, rest) = search.as_str().split_once('}').unwrap();
                prop_assert!(find.len() < MAX_FIND);
                prop_assert!(rest.starts_with(" IN PHONE FIELDS RETURNING Contact("));
                for term in find.strip_prefix("FIND {").unwrap().split(" OR ") {
                    let term = term.strip_suffix('*').unwrap();
                    prop_assert!(term.bytes().all(|byte| byte.is_ascii_digit()));
                    prop_assert!(found.insert(term.to_owned()));
                }
            }
            prop_assert_eq!(found, terms);
        }
    }
}
