//! Describes an object as it is in this org, for this user.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::{Client, Error, Reply, SObject, SalesforceId};

/// An object as the user may use it: object permissions and field-level security are applied. Fields that the user may
/// not see are missing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Description {
    /// Whether the user may create records of it.
    pub createable: bool,
    /// Whether the user may query it.
    pub queryable: bool,
    /// The fields that the user sees, by their API names.
    #[serde(deserialize_with = "by_name")]
    pub fields: BTreeMap<String, FieldDescription>,
    /// The record types of the object; none if it has none.
    #[serde(default, rename = "recordTypeInfos")]
    pub record_types: Vec<RecordTypeInfo>,
}

/// A record type, as the user may use it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordTypeInfo {
    /// The id.
    pub record_type_id: SalesforceId,
    /// Whether the user may create records of it.
    pub available: bool,
    /// Whether new records of the user have it, unless they say another.
    pub default_record_type_mapping: bool,
    /// Whether it only stands for records without a record type.
    #[serde(default)]
    pub master: bool,
}

/// A value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PicklistValue {
    /// The value, independent of the language.
    pub value: String,
    /// Whether it can be chosen.
    pub active: bool,
}

/// A field that the user sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "Salesforce's own")]
pub struct FieldDescription {
    /// The API name.
    pub name: String,
    /// `string`, `picklist`, `phone` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// The maximum length of a text.
    #[serde(default)]
    pub length: u32,
    /// Whether the user may set it in a new record.
    pub createable: bool,
    /// Whether the user may change it.
    pub updateable: bool,
    /// Whether it may be empty.
    pub nillable: bool,
    /// Whether it has a default value in new records.
    pub defaulted_on_create: bool,
    /// Whether no two records may have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Whether it is an external id, and so indexed.
    #[serde(default)]
    pub external_id: bool,
    /// Whether queries may filter by it. An encrypted field may not be.
    #[serde(default = "yes")]
    pub filterable: bool,
    /// The values of a picklist.
    #[serde(default)]
    pub picklist_values: Vec<PicklistValue>,
}

fn yes() -> bool {
    true
}

fn by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, FieldDescription>, D::Error> {
    let fields = Vec::<FieldDescription>::deserialize(deserializer)?;
    Ok(fields.into_iter().map(|field| (field.name.clone(), field)).collect())
}

impl Client {
    /// Describes an object. The response is up to a megabyte long, so use it rarely.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do; [`crate::ErrorCode::NotFound`] if the user has no access to the object.
    pub async fn describe(&self, sobject: SObject) -> Result<Reply<Description>, Error> {
        self.get(&format!("sobjects/{sobject}/describe")).await
    }
}
