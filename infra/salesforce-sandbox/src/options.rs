//! Options of an org, which can be changed while the sandbox runs.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{
    id,
    schema::{self, Field},
};

/// The org's options. Missing keys keep their defaults; unknown keys are refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of an org")]
pub struct Options {
    /// Lag of the search index in milliseconds: how long SOSL does not find a new record or a changed phone number.
    pub index_lag_ms: u64,
    /// How search indexes phone fields, which Salesforce does not document.
    pub phone_index: PhoneIndex,
    /// The most records of each object that a search over several objects returns; 0 for no limit but the 2,000 in all.
    pub search_limit_per_object: usize,
    /// The most records of a page of a query, 200 to 2,000. Salesforce makes pages smaller where records are wide.
    pub query_page_size: usize,
    /// How long a query of an object takes, in milliseconds; one of two minutes and more times out at once.
    pub slow_query_ms: BTreeMap<String, u64>,
    /// Lifetime of an access token, in milliseconds; 0 means it does not expire.
    pub session_ms: u64,
    /// Each refresh issues a new refresh token, and using an old one revokes the grant.
    pub rotate_refresh_tokens: bool,
    /// Whether the External Client App is installed in this org; else nobody can authorise it.
    pub app_installed: bool,
    /// Whether Person Accounts and their fields exist.
    pub person_accounts: bool,
    /// The language of error messages.
    pub language: Language,
    /// The record type of an Account that is created without `RecordTypeId`.
    pub default_account_type: AccountType,
    /// The organisation-wide default access to records of others; it binds users who may not view all data.
    pub sharing: Sharing,
    /// Whether every user has the permission View All Data; otherwise only those to whom a permission set grants it.
    pub view_all_data: bool,
    /// The org's list of Task statuses; by default the five of a new org.
    pub task_statuses: Option<Vec<TaskStatus>>,
    /// The `Country` of the organization.
    pub organization_country: Option<String>,
    /// The `DefaultLocaleSidKey` of the organization, for example `fr_FR`.
    pub organization_locale: String,
    /// Whether the unique external id `Aircall_Key__c` is deployed on Activity.
    pub unique_key_field: bool,
    /// Whether all users may read and write the key field; otherwise only users with a permission set that grants it.
    ///
    /// Creating the field through the Tooling API turns this off, as a field created through an API is granted to no
    /// user.
    pub unique_key_field_for_all: bool,
    /// Authorization requests are granted as the admin, without showing the login and consent pages.
    pub auto_approve: bool,
    /// API calls allowed before `REQUEST_LIMIT_EXCEEDED`.
    pub daily_api_limit: u64,
    /// How long a write request keeps its row locks before its response, in milliseconds.
    pub write_ms: u64,
    /// How long a write waits for rows that another write has locked, in milliseconds.
    pub lock_wait_ms: u64,
    /// The most records of one object that a request may write: with more, a trigger of the org exceeds a governor
    /// limit, and all of them are refused. 0 for any number.
    pub max_records_per_write: usize,
    /// The org is read-only, as during a site switch: it answers reads and refuses every write of a record.
    pub read_only: bool,
    /// Field-level security that the API writes for a custom field of Task or Event is written for the other one, too.
    pub mirror_activity_permissions: bool,
    /// The owners that the active assignment rules give to new records.
    pub assignment_rules: AssignmentRules,
    /// Active duplicate rules.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// Active validation rules.
    pub validation_rules: Vec<ValidationRule>,
    /// Fields that users may not see, for example `Task.CallDisposition`.
    pub hidden_fields: Vec<String>,
    /// Fields that users may see but not write, for example `Task.Type`.
    pub read_only_fields: Vec<String>,
    /// Fields that queries can neither filter nor sort by, as they are encrypted, for example `Contact.Phone`.
    pub unfilterable_fields: Vec<String>,
    /// Objects that users have no access to, for example `Lead`.
    pub hidden_objects: Vec<String>,
    /// The `instance_url` in token responses; by default the address that the caller used.
    pub instance_url: Option<String>,
    /// Keys of the answer of `userinfo` that are replaced, for example the `user_id`.
    pub userinfo: Option<Map<String, Value>>,
    /// The app's consumer key; random by default.
    pub client_id: Option<String>,
    /// The app's consumer secret; random by default.
    pub client_secret: Option<String>,
}

/// How search indexes phone fields.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PhoneIndex {
    /// All digits of a field are one term, whatever separates them.
    Digits,
    /// Each run of digits or letters is a term, and a phrase finds terms in a row.
    Tokens,
}

/// A language of error messages.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// French, in the sandbox's own translation.
    #[serde(rename = "fr")]
    French,
}

/// A user's default record type of Accounts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountType {
    /// A business account.
    Business,
    /// A Person Account, which has no `Name` to write. Business accounts can be created with their record type.
    Person,
    /// No record type is available to users, so that they can create no Account.
    None,
}

/// Who sees the Contacts, Leads, Accounts, Cases and Opportunities of others, without the permission View All Data.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sharing {
    /// Everybody, but for Contacts without an Account, which are private to their owners.
    Public,
    /// Nobody.
    Private,
}

/// A status of the org's list of Task statuses.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TaskStatus {
    /// The value of `Task.Status`.
    pub api_name: String,
    /// Its label, which may be translated; by default the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_label: Option<String>,
    /// Whether a Task with this status is closed.
    #[serde(default)]
    pub is_closed: bool,
    /// Whether it is that of a Task created without one; if the list has none such, that is the first.
    #[serde(default)]
    pub is_default: bool,
}

/// The ids of the owners that the active assignment rules give to new records.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssignmentRules {
    /// The owner of a new Lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// The owner of a new Case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

impl AssignmentRules {
    /// The new owner of a record of the object, with 18 characters.
    pub(crate) fn owner(&self, sobject: &str) -> Option<String> {
        let owner = match sobject {
            "Lead" => self.lead.as_deref(),
            "Case" => self.case.as_deref(),
            _ => None,
        };
        owner.and_then(id::normalise)
    }
}

/// A duplicate rule: a new record that equals an existing one in all `fields` is a duplicate.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DuplicateRule {
    /// The object that the rule applies to, for example `Contact`.
    pub sobject: String,
    /// Fields that must all be filled and equal, derived ones included; phone fields are compared by their digits.
    pub fields: Vec<String>,
    /// What the rule does with a duplicate.
    pub action: DuplicateAction,
    /// Whether the refusal names the existing records; it does not name those that the user may not see.
    #[serde(default = "names_record")]
    pub names_record: bool,
}

fn names_record() -> bool {
    true
}

impl DuplicateRule {
    /// Refuses a rule of an unknown object or field.
    fn check(&self) -> Result<(), String> {
        let object = schema::object(&self.sobject);
        let object = object.ok_or_else(|| format!("`duplicate_rules`: no object {}", self.sobject))?;
        match self.fields.iter().find(|name| object.declared(name).is_none()) {
            Some(name) => Err(format!("`duplicate_rules`: {} has no field {name}", object.name)),
            None => Ok(()),
        }
    }
}

/// What a duplicate rule does with a duplicate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DuplicateAction {
    /// Refuses the duplicate, unless the caller sends `Sforce-Duplicate-Rule-Header: allowSave=true`.
    Alert,
    /// Always refuses the duplicate.
    Block,
}

/// A validation rule: a record whose field meets the condition is refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationRule {
    /// The object that the rule applies to, for example `Task`.
    pub sobject: String,
    /// The field that it checks.
    pub field: String,
    /// Refuses text that matches; an empty field counts as empty text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// Refuses this value; null refuses an empty field.
    #[serde(default, deserialize_with = "some_value", skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// The error message.
    pub message: String,
}

/// Deserializes a value that is present, even if it is null.
fn some_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Default for Options {
    fn default() -> Self {
        Self {
            index_lag_ms: 0,
            phone_index: PhoneIndex::Digits,
            search_limit_per_object: 250,
            query_page_size: 2_000,
            slow_query_ms: BTreeMap::new(),
            session_ms: 0,
            rotate_refresh_tokens: false,
            app_installed: true,
            person_accounts: false,
            language: Language::English,
            default_account_type: AccountType::Business,
            sharing: Sharing::Public,
            view_all_data: true,
            task_statuses: None,
            organization_country: None,
            organization_locale: "en_US".to_owned(),
            unique_key_field: true,
            unique_key_field_for_all: true,
            auto_approve: false,
            daily_api_limit: 100_000,
            write_ms: 0,
            lock_wait_ms: 10_000,
            max_records_per_write: 0,
            read_only: false,
            mirror_activity_permissions: true,
            assignment_rules: AssignmentRules::default(),
            duplicate_rules: Vec::new(),
            validation_rules: Vec::new(),
            hidden_fields: Vec::new(),
            read_only_fields: Vec::new(),
            unfilterable_fields: Vec::new(),
            hidden_objects: Vec::new(),
            instance_url: None,
            userinfo: None,
            client_id: None,
            client_secret: None,
        }
    }
}

impl Options {
    /// These options with the given keys replaced.
    ///
    /// Setting `unique_key_field` also sets `unique_key_field_for_all`, unless that is given.
    ///
    /// # Errors
    /// A sentence that names the invalid key.
    pub(crate) fn merged(&self, mut changes: Map<String, Value>) -> Result<Self, String> {
        if changes.contains_key("unique_key_field") {
            changes.entry("unique_key_field_for_all").or_insert(Value::Bool(true));
        }
        let options = sandbox_kit::options::merged(self, changes)?;
        for pattern in options.validation_rules.iter().filter_map(|rule| rule.regex.as_ref()) {
            Regex::new(pattern).map_err(|error| error.to_string())?;
        }
        options.duplicate_rules.iter().try_for_each(DuplicateRule::check)?;
        if options.task_statuses.as_ref().is_some_and(Vec::is_empty) {
            return Err("`task_statuses`: the list has at least one status".to_owned());
        }
        let owners = [&options.assignment_rules.lead, &options.assignment_rules.case];
        if let Some(owner) = owners.into_iter().flatten().find(|owner| id::normalise(owner).is_none()) {
            return Err(format!("`assignment_rules`: {owner} is not an id"));
        }
        if options.default_account_type == AccountType::Person && !options.person_accounts {
            return Err("`default_account_type`: `person` needs `person_accounts`".to_owned());
        }
        Ok(options)
    }

    /// Whether field-level security hides the field from every user.
    pub(crate) fn hides(&self, sobject: &str, field: &str) -> bool {
        lists(&self.hidden_fields, sobject, field)
    }

    /// Whether field-level security makes the field read-only for every user.
    pub(crate) fn protects(&self, sobject: &str, field: &str) -> bool {
        lists(&self.read_only_fields, sobject, field)
    }

    /// Whether queries can filter and sort by the field.
    pub(crate) fn can_filter(&self, sobject: &str, field: &Field) -> bool {
        field.filterable() && !lists(&self.unfilterable_fields, sobject, field.name)
    }

    /// How long a query of the object takes, in milliseconds.
    pub(crate) fn query_ms(&self, sobject: &str) -> u64 {
        let slow = self.slow_query_ms.iter().find(|(object, _)| object.eq_ignore_ascii_case(sobject));
        slow.map_or(0, |(_, &ms)| ms)
    }

    /// Whether users have no access to the object.
    pub(crate) fn hides_object(&self, sobject: &str) -> bool {
        self.hidden_objects.iter().any(|hidden| hidden.eq_ignore_ascii_case(sobject))
    }
}

/// Whether `Object.Field` is in the list, ignoring case.
fn lists(names: &[String], sobject: &str, field: &str) -> bool {
    names
        .iter()
        .filter_map(|name| name.split_once('.'))
        .any(|(object, name)| object.eq_ignore_ascii_case(sobject) && name.eq_ignore_ascii_case(field))
}
