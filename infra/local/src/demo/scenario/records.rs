//! The org's records when the day begins.

use anyhow::Result;
use salesforce_sandbox::{Options, Org};
use serde_json::json;

/// Long enough that search does not find the records that the demo creates.
const INDEX_LAG_MS: u64 = 60_000;

/// Seeds the org, unless an earlier run has done so.
pub(in crate::demo) fn seed(org: &Org) -> Result<()> {
    org.set_options(Options { person_accounts: true, index_lag_ms: INDEX_LAG_MS, ..org.options() });
    let robin = json!({"Username": "robin@org.example.com", "Email": "Robin.Rep@example.com", "FirstName": "Robin",
        "LastName": "Rep", "Alias": "rrep"});
    if org.records("User").iter().any(|user| user["Username"] == robin["Username"]) {
        return Ok(());
    }
    org.insert("User", robin)?;

    // Phone numbers have the formats that people use.
    let bakery = org.insert("Account", json!({"Name": "Example Bakery"}))?;
    let camille = json!({"FirstName": "Camille", "LastName": "Moreau", "AccountId": bakery,
        "Email": "camille.moreau@example.com", "MobilePhone": "06 39 98 12 34"});
    let camille = org.insert("Contact", camille)?;
    org.insert("Case", json!({"ContactId": camille, "Subject": "Oven does not start", "Status": "Working"}))?;
    org.insert("Case", json!({"ContactId": camille, "Subject": "Invoice was lost", "Status": "Closed"}))?;

    let noor = json!({"FirstName": "Noor", "LastName": "Haddad", "Company": "Sample Studio", "Phone": "+33639982020"});
    org.insert("Lead", noor)?;
    org.insert("Account", json!({"Name": "Fictional Freight", "Phone": "01.99.00.45.67"}))?;
    let jo = json!({"FirstName": "Jo", "LastName": "Roux", "PersonMobilePhone": "+33 (0)6 39 98 30 30"});
    org.insert("Account", jo)?;

    // Three records with one switchboard number.
    let press = json!({"Name": "Placeholder Press", "Phone": "+33 1 99 00 88 00"});
    let press = org.insert("Account", press)?;
    let ines = json!({"FirstName": "Inès", "LastName": "Duval", "AccountId": press, "Phone": "01 99 00 88 00"});
    org.insert("Contact", ines)?;
    let theo = json!({"FirstName": "Théo", "LastName": "Petit", "Company": "Placeholder Press",
        "Phone": "+33 1 99 00 88 00"});
    org.insert("Lead", theo)?;

    let sam = org.insert("Contact", json!({"FirstName": "Sam", "LastName": "Sample", "Phone": "(415) 555-0132"}))?;
    org.insert("Case", json!({"ContactId": sam, "Subject": "Wrong delivery", "Status": "Closed"}))?;
    Ok(())
}
