//! The records of a new org: the organization, its profiles, two users, record types and statuses.

use serde_json::{Value, json};

use crate::{
    schema::{self, Object, USER_PERMISSIONS},
    state::State,
    tables::Record,
    task_statuses, write,
};

/// The profile that has all permissions.
pub(crate) const ADMIN_PROFILE: &str = "System Administrator";
/// The default profile of users: they may use the API, but not change the org's setup.
pub(crate) const STANDARD_PROFILE: &str = "Standard User";

/// Stores the seed records of a new org.
pub(crate) fn seed(state: &mut State) {
    // The record type of Person Accounts always exists, and becomes visible when the feature is enabled.
    let person_accounts = std::mem::replace(&mut state.options.person_accounts, true);
    add_profiles(state);
    for (name, record) in records(state) {
        add(state, name, &record);
    }
    state.options.person_accounts = person_accounts;
    update_organization(state);
    update_profiles(state);
    state.tables.commit();
}

/// Gives the organization the country and locale of the options.
pub(crate) fn update_organization(state: &mut State) {
    let (options, id) = (&state.options, &state.identity.org_id);
    let values =
        [("Country", json!(options.organization_country)), ("DefaultLocaleSidKey", json!(options.organization_locale))];
    for (field, value) in values {
        state.tables.amend(object("Organization"), id, field, value);
    }
}

/// Grants or revokes View All Data in all profiles, as the options say.
pub(crate) fn update_profiles(state: &mut State) {
    let profiles: Vec<String> = state.live("Profile").map(|profile| profile.id().to_owned()).collect();
    for id in profiles {
        state.tables.amend(object("Profile"), &id, "PermissionsViewAllData", json!(state.options.view_all_data));
    }
}

/// Adds the profiles to an org that was restored from a snapshot without them.
pub(crate) fn add_missing_profiles(state: &mut State) {
    if profile_id(state, ADMIN_PROFILE).is_some() {
        return;
    }
    add_profiles(state);
    let (admin, standard) = (profile_id(state, ADMIN_PROFILE), profile_id(state, STANDARD_PROFILE));
    let users: Vec<Record> = state.tables.rows(object("User")).to_vec();
    for mut user in users {
        let profile = if user.id() == state.identity.admin_user_id { &admin } else { &standard };
        user.fields.insert("ProfileId".to_owned(), json!(profile));
        state.tables.put(object("User"), user);
    }
    state.tables.commit();
}

/// The id of the profile of that name.
pub(crate) fn profile_id(state: &State, name: &str) -> Option<String> {
    state.live("Profile").find(|profile| profile.text("Name") == Some(name)).map(|profile| profile.id().to_owned())
}

/// An object of the setup, by its name.
pub(crate) fn object(name: &str) -> &'static Object {
    schema::object(name).expect("the schema has its setup objects")
}

fn add(state: &mut State, name: &str, record: &Value) {
    write::seed(state, object(name), record, write::Indexing::AtOnce).expect("the seed records fit the schema");
}

fn add_profiles(state: &mut State) {
    let mut admin = json!({"Name": ADMIN_PROFILE});
    for permission in USER_PERMISSIONS {
        admin[permission] = json!(true);
    }
    add(state, "Profile", &admin);
    add(state, "Profile", &json!({"Name": STANDARD_PROFILE, "PermissionsApiEnabled": true}));
}

fn records(state: &State) -> Vec<(&'static str, Value)> {
    let identity = &state.identity;
    let mut records = vec![
        (
            "User",
            json!({"Id": identity.admin_user_id, "Username": "admin@org.example.com", "Email": "admin@example.com",
                "FirstName": "Alex", "LastName": "Admin", "Alias": "aadmin",
                "ProfileId": profile_id(state, ADMIN_PROFILE)}),
        ),
        (
            "User",
            json!({"Username": "standard@org.example.com", "Email": "standard@example.com", "FirstName": "Sam",
                "LastName": "Standard", "Alias": "sstand", "ProfileId": profile_id(state, STANDARD_PROFILE)}),
        ),
        (
            "Organization",
            json!({"Id": identity.org_id, "Name": "Sandbox Org", "OrganizationType": "Developer Edition",
                "IsSandbox": true, "InstanceName": "LOCAL", "TimeZoneSidKey": "Europe/Paris",
                "LanguageLocaleKey": "en_US"}),
        ),
        (
            "RecordType",
            json!({"Name": "Business Account", "DeveloperName": "Business_Account", "SobjectType": "Account"}),
        ),
        (
            "RecordType",
            json!({"Name": "Person Account", "DeveloperName": "PersonAccount", "SobjectType": "Account",
                "IsPersonType": true}),
        ),
    ];
    records.extend(task_statuses::records(&state.options).into_iter().map(|record| ("TaskStatus", record)));
    records
}
