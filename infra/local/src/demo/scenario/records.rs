//! Who is known to Salesforce when the day begins.

use anyhow::Result;
use salesforce_sandbox::{Options, Org};
use serde_json::json;

/// Long enough that whatever is created today is not found by search today.
const INDEX_LAG_MS: u64 = 60_000;

/// Fills the org, unless an earlier run has.
pub(in crate::demo) fn seed(org: &Org) -> Result<()> {
    org.set_options(Options { person_accounts: true, index_lag_ms: INDEX_LAG_MS, ..org.options() });
    let robin = json!({"Username": "robin@org.example.com", "Email": "Robin.Rep@example.com", "FirstName": "Robin",
        "LastName": "Rep", "Alias": "rrep"});
    if org.records("User").iter().any(|user| user["Username"] == robin["Username"]) {
        return Ok(());
    }
    org.insert("User", robin)?;

    // Numbers are written as people write them.
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

    // One switchboard, three records.
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
