//! Field declarations.

/// The type of a field; types with the same rules are one kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Id,
    Text,
    Combobox,
    LongText,
    Picklist,
    Phone,
    Email,
    Url,
    Date,
    DateTime,
    Boolean,
    Int,
    Number,
    /// The objects whose ids it accepts.
    Reference(&'static [&'static str]),
}

/// When a caller may set the field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    CreateAndUpdate,
    CreateOnly,
    ReadOnly,
}

/// Whether the field is an external id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Key {
    No,
    ExternalId,
    UniqueExternalId,
}

/// The feature that the field belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Feature {
    Standard,
    PersonAccounts,
    UniqueKeyField,
}

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The label, which error messages about values contain.
    pub(crate) label: &'static str,
    pub(crate) kind: Kind,
    /// UTF-16 code units for text, digits for `Int`; 0 where the type has no length.
    pub(crate) length: usize,
    pub(crate) access: Access,
    pub(crate) required: bool,
    pub(crate) default: Option<&'static str>,
    pub(crate) values: &'static [&'static str],
    /// Whether only `values` are accepted.
    pub(crate) restricted: bool,
    pub(crate) key: Key,
    /// The name in queries for the referenced record, for example `Owner` for `OwnerId`.
    pub(crate) relationship: Option<&'static str>,
    pub(crate) feature: Feature,
}

impl Field {
    pub(crate) const fn new(name: &'static str, label: &'static str, kind: Kind, length: usize) -> Self {
        Self {
            name,
            label,
            kind,
            length,
            access: Access::CreateAndUpdate,
            required: false,
            default: None,
            values: &[],
            restricted: false,
            key: Key::No,
            relationship: None,
            feature: Feature::Standard,
        }
    }

    pub(crate) const fn text(name: &'static str, label: &'static str, length: usize) -> Self {
        Self::new(name, label, Kind::Text, length)
    }

    pub(crate) const fn phone(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Kind::Phone, 40)
    }

    pub(crate) const fn picklist(name: &'static str, label: &'static str, values: &'static [&'static str]) -> Self {
        Self { values, ..Self::new(name, label, Kind::Picklist, 255) }
    }

    pub(crate) const fn flag(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Kind::Boolean, 0)
    }

    pub(crate) const fn reference(
        name: &'static str,
        label: &'static str,
        relationship: &'static str,
        to: &'static [&'static str],
    ) -> Self {
        Self { relationship: Some(relationship), ..Self::new(name, label, Kind::Reference(to), 18) }
    }

    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(crate) const fn default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    pub(crate) const fn restricted(self) -> Self {
        Self { restricted: true, ..self }
    }

    pub(crate) const fn create_only(self) -> Self {
        Self { access: Access::CreateOnly, ..self }
    }

    pub(crate) const fn read_only(self) -> Self {
        Self { access: Access::ReadOnly, ..self }
    }

    pub(crate) const fn key(self, key: Key) -> Self {
        Self { key, ..self }
    }

    pub(crate) const fn with(self, feature: Feature) -> Self {
        Self { feature, ..self }
    }

    /// Whether queries can filter and sort by the field, which they cannot by long text.
    pub(crate) fn filterable(&self) -> bool {
        self.kind != Kind::LongText
    }

    /// Whether comparisons are case-sensitive: only those of the unique key are, as its metadata says.
    pub(crate) fn case_sensitive(&self) -> bool {
        self.key == Key::UniqueExternalId
    }
}
