//! The record types of Accounts, of which options say which ones a user has.

use serde_json::{Value, json};

use crate::{
    call::DATA,
    options::AccountType,
    query::{self, Scope},
    schema::{self, Object},
    state::State,
    tables::Record,
};

/// The record type of users without any other, which `describe` lists for every object and no record has.
const MASTER: &str = "012000000000000AAA";

impl State {
    /// The record types of the object that exist in the org.
    fn record_types(&self, object: &Object) -> impl Iterator<Item = &Record> {
        let record_type = schema::object("RecordType");
        let exists = move |record: &&Record| {
            record_type.is_some_and(|record_type| query::visible(self, record_type, record, Scope::Live))
                && record.text("SobjectType") == Some(object.name)
        };
        self.live("RecordType").filter(exists)
    }

    /// The `recordTypeInfos` of `describe`; empty for an object without record types.
    pub(crate) fn record_type_infos(&self, version: &str, object: &Object) -> Vec<Value> {
        let is_default = |record: &&Record| match self.options.default_account_type {
            AccountType::Business => !record.flag("IsPersonType"),
            AccountType::Person => record.flag("IsPersonType"),
            AccountType::None => false,
        };
        let default = self.record_types(object).find(is_default).map(Record::id);
        let available = self.options.default_account_type != AccountType::None;
        let layout = |id: &str| format!("{DATA}/v{version}/sobjects/{}/describe/layouts/{id}", object.name);
        let info = |record: &Record| {
            json!({"active": record.flag("IsActive"), "available": available,
                "defaultRecordTypeMapping": default == Some(record.id()), "developerName": record.get("DeveloperName"),
                "master": false, "name": record.get("Name"), "recordTypeId": record.id(),
                "urls": {"layout": layout(record.id())}})
        };
        let mut infos: Vec<Value> = self.record_types(object).map(info).collect();
        if !infos.is_empty() {
            infos.push(json!({"active": true, "available": true, "defaultRecordTypeMapping": !available,
                "developerName": "Master", "master": true, "name": "Master", "recordTypeId": MASTER,
                "urls": {"layout": layout(MASTER)}}));
        }
        infos
    }
}
