//! The record created for a phone number that no record has.

use rules::settings::UnknownNumber;
use rules::unknown::{NewRecord, create};
use rules::{Contact, E164, Trace};

fn contact(first: &str, last: &str, company: &str, email: &str) -> Contact {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Contact { first_name: text(first), last_name: text(last), company_name: text(company), email: text(email) }
}

fn create_record(setting: UnknownNumber, contact: Option<&Contact>) -> Option<NewRecord> {
    create(setting, &E164::parse("+33 6 12 34 56 78").unwrap(), contact, &mut Trace::new())
}

#[test]
fn a_lead_takes_all_data_of_the_aircall_contact() {
    let contact = contact("Ada", "Demo", "Example Ltd", "ada@example.com");
    let expected = NewRecord::Lead {
        first_name: Some("Ada".to_owned()),
        last_name: "Demo".to_owned(),
        company: "Example Ltd".to_owned(),
        phone: "+33612345678".to_owned(),
        email: Some("ada@example.com".to_owned()),
    };
    assert_eq!(create_record(UnknownNumber::CreateLead, Some(&contact)), Some(expected));
}

#[test]
fn required_names_default_to_the_formatted_phone_number() {
    let formatted = "+33 6 12 34 56 78".to_owned();
    let phone = "+33612345678".to_owned();
    let (first_name, email) = (None, None);
    let contact =
        NewRecord::Contact { first_name: None, last_name: formatted.clone(), phone: phone.clone(), email: None };
    let lead = NewRecord::Lead {
        first_name,
        last_name: formatted.clone(),
        company: formatted.clone(),
        phone: phone.clone(),
        email,
    };
    assert_eq!(create_record(UnknownNumber::CreateContact, None), Some(contact));
    assert_eq!(create_record(UnknownNumber::CreateLead, None), Some(lead));
    assert_eq!(create_record(UnknownNumber::CreateAccount, None), Some(NewRecord::Account { name: formatted, phone }));
    assert_eq!(create_record(UnknownNumber::DoNothing, None), None);
}

#[test]
fn an_account_is_named_after_the_company_else_the_person() {
    let name = |contact: &Contact| create_record(UnknownNumber::CreateAccount, Some(contact)).unwrap().name();
    assert_eq!(name(&contact("Ada", "Demo", "Example Ltd", "")), "Example Ltd");
    assert_eq!(name(&contact("Ada", "Demo", "", "")), "Ada Demo");
}

#[test]
fn names_are_truncated_and_an_invalid_email_is_left_out() {
    let long = contact(&"a".repeat(100), &"b".repeat(100), &"c".repeat(300), "not an e-mail");
    match create_record(UnknownNumber::CreateLead, Some(&long)).unwrap() {
        NewRecord::Lead { first_name, last_name, company, email, .. } => {
            let lengths = [first_name.unwrap(), last_name, company].map(|name| name.chars().count());
            assert_eq!((lengths, email), ([40, 80, 255], None));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_email_that_is_too_long_or_invalid_is_left_out() {
    let email =
        |email: &str| match create_record(UnknownNumber::CreateContact, Some(&contact("", "", "", email))).unwrap() {
            NewRecord::Contact { email, .. } => email,
            other => panic!("{other:?}"),
        };
    let of_length = |length: usize| format!("{}@example.com", "a".repeat(length - 12));
    assert_eq!(email(&of_length(80)), Some(of_length(80)));
    assert_eq!(email(&of_length(81)), None);
    // Salesforce counts an emoji as two characters.
    assert_eq!(email(&format!("{}@example.com", "😀".repeat(35))), None);
    assert_eq!(email("ada demo@example.com"), None);
}

#[test]
fn names_contain_no_composite_references_and_still_fit() {
    match create_record(UnknownNumber::CreateLead, Some(&contact("@{c.id}", &"@{".repeat(40), "", "ada@{c.id}")))
        .unwrap()
    {
        NewRecord::Lead { first_name, last_name, email, .. } => {
            assert_eq!(first_name.as_deref(), Some("@ {c.id}"));
            assert_eq!((last_name.chars().count(), last_name.contains("@{")), (80, false));
            assert_eq!(email, None);
        }
        other => panic!("{other:?}"),
    }
}
