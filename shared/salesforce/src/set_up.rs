//! Sets up the key field and gives the connected user access to it. This is the part of `infra/salesforce` that one
//! click can do: the field, and the permission to use it.
//!
//! Each step is idempotent, so the set-up may be repeated after any failure.

mod resource;

use resource::Resource;
use serde_json::{Value, json};

use crate::call_log::limits::limit;
use crate::{ApiUsage, Client, Error, ErrorCode, KeyField, Kind, Record, Refusal, Reply, SObject, SalesforceId, Soql};

/// The permission set, with the same name as in `infra/salesforce`.
const PERMISSION_SET: &str = "Aircall_Integration";

/// The manual alternative, appended to each failure.
const BY_HAND: &str = "An admin can also deploy the field and the permission set by hand, as infra/salesforce in the \
                       source code describes";

/// A step of the set-up and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUpStep {
    /// What it is, in a few words, such as `Field Aircall_Key__c on Activity`.
    pub what: String,
    /// How it ended.
    pub outcome: SetUpOutcome,
    /// What happened and, if it failed, what to do, in sentences.
    pub message: String,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpOutcome {
    /// Done in this run.
    Done,
    /// Nothing to do: it was done before.
    AlreadyThere,
    /// Salesforce refused, or an earlier step that it needs failed.
    Failed,
}

/// Creates the field `Aircall_Key__c` on Activity, which Task and Event share; a permission set that lets its holders
/// use the field on both; and assigns that to `user`, who connected the org. About eight API calls.
///
/// The steps are in order. A refusal by Salesforce is a failed step, and the steps that depend on it are omitted.
///
/// # Errors
///
/// [`Error`] if Salesforce does not answer, or refuses because of the whole org or the session: repeat the set-up
/// later.
pub async fn set_up(client: &Client, user: &SalesforceId) -> Result<Reply<Vec<SetUpStep>>, Error> {
    let mut set_up = SetUp { client, usage: None, calls: 0, steps: Vec::new() };
    set_up.all(user).await?;
    Ok(Reply { value: set_up.steps, usage: set_up.usage, calls: set_up.calls })
}

struct SetUp<'a> {
    client: &'a Client,
    usage: Option<ApiUsage>,
    calls: u64,
    steps: Vec<SetUpStep>,
}

/// Whether a record was created now, or before.
enum Created {
    Now(SalesforceId),
    Before,
}

impl SetUp<'_> {
    async fn all(&mut self, user: &SalesforceId) -> Result<(), Error> {
        if !self.key_field().await? {
            return Ok(());
        }
        let Some(permission_set) = self.permission_set().await? else { return Ok(()) };
        // If one of the two entries is missing, Salesforce treats the field as hidden for both.
        let objects = [SObject::Task.name(), "Event"];
        let names = objects.map(|object| format!("{object}.{}", KeyField::AircallKey.name()));
        let soql = Soql::field_permissions(&permission_set, &names.each_ref().map(String::as_str));
        let held = self.take(self.client.query(&soql).await)?;
        for (object, field) in objects.into_iter().zip(&names) {
            let held = held.iter().find(|record| record.str("Field") == Some(field));
            if !self.field_permission(&permission_set, object, field, held).await? {
                return Ok(());
            }
        }
        self.assignment(&permission_set, user).await
    }

    /// Creates the field. Returns whether it exists now.
    async fn key_field(&mut self) -> Result<bool, Error> {
        let name = KeyField::AircallKey.name();
        let what = format!("Field {name} on Activity");
        let body = json!({
            // Task and Event cannot have custom fields of their own.
            "FullName": format!("Activity.{name}"),
            "Metadata": {
                "label": "Aircall Key",
                "description": "Unique key of the Aircall call or message, written by the integration. Keeps a call \
                                from being logged twice.",
                "type": "Text",
                "length": limit(SObject::Task, name),
                "required": false,
                "unique": true,
                "caseSensitive": true,
                "externalId": true,
            },
        });
        let created = self.create(Resource::CustomField, &body).await?;
        let there =
            "Tasks and Events already have the field. The check of the org says whether it is set up correctly.";
        Ok(self.note(what, created, "The field was created: text, unique, external ID.", there).is_some())
    }

    async fn permission_set(&mut self) -> Result<Option<SalesforceId>, Error> {
        let what = format!("Permission set {PERMISSION_SET}");
        let there = "The org already has it.";
        if let Some(id) = self.find_permission_set().await? {
            self.note(what, Ok(Created::Before), "", there);
            return Ok(Some(id));
        }
        let body = json!({
            "Name": PERMISSION_SET,
            "Label": "Aircall Integration",
            "Description": "Lets the user who connects Aircall write the key field of Tasks.",
        });
        let created = self.create(Resource::PermissionSet, &body).await?;
        match self.note(what, created, "It was created.", there) {
            Some(Created::Now(id)) => Ok(Some(id)),
            // Another process created it since the query.
            Some(Created::Before) => self.find_permission_set().await,
            None => Ok(None),
        }
    }

    async fn find_permission_set(&mut self) -> Result<Option<SalesforceId>, Error> {
        let found = self.take(self.client.query(&Soql::permission_set(PERMISSION_SET)).await)?;
        Ok(found.first().and_then(Record::id))
    }

    /// Grants access to a field. Returns whether holders of the permission set may use it now.
    async fn field_permission(
        &mut self,
        permission_set: &SalesforceId,
        object: &str,
        field: &str,
        held: Option<&Record>,
    ) -> Result<bool, Error> {
        let what = format!("Permission for {field}");
        let may = |permission| held.is_some_and(|record| record.bool(permission) == Some(true));
        let rights = json!({"PermissionsRead": true, "PermissionsEdit": true});
        let written = match held.and_then(Record::id) {
            Some(_) if may("PermissionsRead") && may("PermissionsEdit") => Ok(Created::Before),
            Some(id) => {
                let path = Resource::FieldPermissions.row(&id);
                let answer = self.client.send_json::<()>(reqwest::Method::PATCH, &path, &rights).await;
                self.step(answer)?.map(|()| Created::Now(id))
            }
            None => {
                let mut body = json!({"ParentId": permission_set, "SobjectType": object, "Field": field});
                for (name, value) in rights.as_object().into_iter().flatten() {
                    body[name] = value.clone();
                }
                self.create(Resource::FieldPermissions, &body).await?
            }
        };
        let there = "The permission set already grants it.";
        Ok(self.note(what, written, "The permission set now lets its users read and write the field.", there).is_some())
    }

    async fn assignment(&mut self, permission_set: &SalesforceId, user: &SalesforceId) -> Result<(), Error> {
        let soql = Soql::permission_set_assignment(permission_set, user);
        let assigned = if self.take(self.client.query(&soql).await)?.is_empty() {
            let body = json!({"PermissionSetId": permission_set, "AssigneeId": user});
            self.create(Resource::PermissionSetAssignment, &body).await?
        } else {
            Ok(Created::Before)
        };
        let what = format!("{PERMISSION_SET} for the connected user");
        self.note(what, assigned, "The permission set was assigned.", "The user already has the permission set.");
        Ok(())
    }

    /// Creates a record. The inner error is a refusal of this record only.
    async fn create(&mut self, resource: Resource, body: &Value) -> Result<Result<Created, Refusal>, Error> {
        let answer = resource.create(self.client, body).await;
        Ok(match self.step(answer)? {
            Ok(id) => Ok(Created::Now(id)),
            Err(refusal) if resource::already_exists(&refusal) => Ok(Created::Before),
            Err(refusal) => Err(refusal),
        })
    }

    /// Turns a final refusal into the step's failure; any other error ends the set-up.
    fn step<T>(&mut self, answer: Result<Reply<T>, Error>) -> Result<Result<T, Refusal>, Error> {
        match answer {
            Err(Error::Refused(refusal)) if is_final(&refusal) => {
                self.usage = refusal.usage().or(self.usage);
                self.calls += 1;
                Ok(Err(refusal))
            }
            answer => Ok(Ok(self.take(answer)?)),
        }
    }

    fn take<T>(&mut self, answer: Result<Reply<T>, Error>) -> Result<T, Error> {
        let answer = answer?;
        self.usage = answer.usage.or(self.usage);
        self.calls += answer.calls;
        Ok(answer.value)
    }

    /// Records how a step ended. Returns what was created unless it failed.
    fn note(&mut self, what: String, made: Result<Created, Refusal>, done: &str, there: &str) -> Option<Created> {
        let (outcome, message) = match &made {
            Ok(Created::Now(_)) => (SetUpOutcome::Done, done.to_owned()),
            Ok(Created::Before) => (SetUpOutcome::AlreadyThere, there.to_owned()),
            Err(refusal) => (SetUpOutcome::Failed, failed(refusal)),
        };
        self.steps.push(SetUpStep { what, outcome, message });
        made.ok()
    }
}

/// Whether the same request would be refused again in any case.
fn is_final(refusal: &Refusal) -> bool {
    match refusal.kind() {
        Kind::Retry | Kind::Reconnect | Kind::Refresh | Kind::Unknown => false,
        // A limit of custom fields or a missing permission, neither of which affects other requests.
        Kind::Pause => matches!(refusal.code(), ErrorCode::LimitExceeded | ErrorCode::Http(_)),
        Kind::Degrade | Kind::RematchOnce | Kind::UseRecord | Kind::DefaultOwner | Kind::AlreadyLogged | Kind::Fail => {
            true
        }
    }
}

fn failed(refusal: &Refusal) -> String {
    let follows = if resource::is_forbidden(refusal) {
        "It takes the permissions Customize Application, Manage Profiles and Permission Sets, and Assign Permission \
         Sets: connect as an admin who has them and try again"
    } else if resource::is_not_available_yet(refusal) {
        "A new field may take a minute to become available: try again then; completed steps are not repeated"
    } else {
        "Once that is fixed, try again: completed steps are not repeated"
    };
    format!("Salesforce refused: {refusal}. {follows}. {BY_HAND}.")
}
