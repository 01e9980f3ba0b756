//! The Tasks of the sandbox org, each with the names of the records that it refers to.

use rules::RecordKind;
use salesforce_sandbox::Org;
use serde_json::Value;

/// A Task, with names in place of ids.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) key: String,
    pub(super) subject: String,
    pub(super) status: String,
    pub(super) is_closed: bool,
    pub(super) date: String,
    pub(super) owner: String,
    pub(super) result: Option<String>,
    pub(super) description: String,
    pub(super) record: Option<(RecordKind, String)>,
    pub(super) case: Option<Case>,
}

/// The Case of a Task.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) number: String,
    pub(super) is_closed: bool,
    pub(super) is_of_contact: bool,
}

/// All Tasks that are not deleted, in the order of their keys.
pub(super) fn tasks(org: &Org) -> Vec<Task> {
    let tables = Tables {
        users: live(org, "User"),
        contacts: live(org, "Contact"),
        leads: live(org, "Lead"),
        accounts: live(org, "Account"),
        cases: live(org, "Case"),
    };
    let mut tasks: Vec<Task> = live(org, "Task").iter().map(|task| tables.task(task)).collect();
    tasks.sort_by(|a, b| a.key.cmp(&b.key));
    tasks
}

/// Number of records of a kind with this name. A Person Account counts only as such, not as a Contact or Account.
pub(super) fn count_named(org: &Org, kind: RecordKind, name: &str) -> usize {
    let (sobject, is_person) = match kind {
        RecordKind::Contact => ("Contact", false),
        RecordKind::Lead => ("Lead", false),
        RecordKind::Account => ("Account", false),
        RecordKind::PersonAccount => ("Account", true),
    };
    let records = live(org, sobject);
    let named = |record: &&Value| record["Name"] == name && (record["IsPersonAccount"] == true) == is_person;
    records.iter().filter(named).count()
}

fn live(org: &Org, sobject: &str) -> Vec<Value> {
    org.records(sobject).into_iter().filter(|record| record["IsDeleted"] != true).collect()
}

struct Tables {
    users: Vec<Value>,
    contacts: Vec<Value>,
    leads: Vec<Value>,
    accounts: Vec<Value>,
    cases: Vec<Value>,
}

impl Tables {
    fn task(&self, task: &Value) -> Task {
        let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
        let case = by_id(&self.cases, &task["WhatId"]).map(|case| Case {
            number: name_of(case, "CaseNumber"),
            is_closed: case["IsClosed"] == true,
            is_of_contact: case["ContactId"] == task["WhoId"],
        });
        Task {
            // Not the unique key field, which a duplicate Task could not have.
            key: text("CallObject"),
            subject: text("Subject"),
            status: text("Status"),
            is_closed: task["IsClosed"] == true,
            date: text("ActivityDate"),
            owner: by_id(&self.users, &task["OwnerId"]).map(|user| name_of(user, "Name")).unwrap_or_default(),
            result: task["CallDisposition"].as_str().map(str::to_owned),
            description: text("Description"),
            record: self.record(task),
            case,
        }
    }

    /// The Contact, Lead or Person Account of the Task, else its Account.
    fn record(&self, task: &Value) -> Option<(RecordKind, String)> {
        let contact = by_id(&self.contacts, &task["WhoId"]).map(|contact| {
            let is_person = contact["IsPersonAccount"] == true;
            (if is_person { RecordKind::PersonAccount } else { RecordKind::Contact }, contact)
        });
        let lead = || by_id(&self.leads, &task["WhoId"]).map(|lead| (RecordKind::Lead, lead));
        let account = || by_id(&self.accounts, &task["WhatId"]).map(|account| (RecordKind::Account, account));
        contact.or_else(lead).or_else(account).map(|(kind, record)| (kind, name_of(record, "Name")))
    }
}

fn by_id<'a>(records: &'a [Value], id: &Value) -> Option<&'a Value> {
    records.iter().find(|record| !id.is_null() && record["Id"] == *id)
}

fn name_of(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}
