//! The org's records, with an undo journal that turns a sequence of writes into a transaction.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{id, schema::Object};

/// A record's fields by their declared names; an absent field is null.
pub(crate) type Fields = Map<String, Value>;

/// A stored record.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    pub(crate) fields: Fields,
    /// Last change that the search index must pick up, in UNIX milliseconds; 0 means indexed long ago.
    pub(crate) touched_at: i64,
}

impl Record {
    pub(crate) fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.get(field).as_str()
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        self.get(field) == &Value::Bool(true)
    }

    pub(crate) fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }
}

/// One object's records in the order of their creation.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Table {
    rows: Vec<Record>,
    #[serde(skip)]
    by_id: HashMap<String, usize>,
    /// Live records by unique field and value.
    #[serde(skip)]
    unique: HashMap<(&'static str, String), String>,
}

/// A journal entry that undoes one write.
#[derive(Debug)]
enum Undo {
    Insert(&'static Object),
    Update(&'static Object, Box<Record>),
}

/// All records of the org.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Tables {
    by_object: BTreeMap<String, Table>,
    pod: String,
    minted: u64,
    case_numbers: u64,
    #[serde(skip)]
    journal: Vec<Undo>,
}

impl Tables {
    /// Empty tables; `pod` is the four characters that this org's ids share.
    pub(crate) fn new(pod: String) -> Self {
        Self { pod, ..Self::default() }
    }

    /// Rebuilds the indexes, which a snapshot does not contain.
    pub(crate) fn reindex(&mut self) {
        for (name, table) in &mut self.by_object {
            if let Some(object) = crate::schema::object(name) {
                table.reindex(object);
            }
        }
    }

    pub(crate) fn mint_id(&mut self, object: &Object) -> String {
        self.minted += 1;
        id::mint(object.prefix, &self.pod, self.minted)
    }

    /// `00001000` and up.
    pub(crate) fn next_case_number(&mut self) -> String {
        self.case_numbers += 1;
        format!("{:08}", 999 + self.case_numbers)
    }

    pub(crate) fn rows(&self, object: &Object) -> &[Record] {
        self.by_object.get(object.name).map_or(&[], |table| &table.rows)
    }

    pub(crate) fn get(&self, object: &Object, id: &str) -> Option<&Record> {
        let table = self.by_object.get(object.name)?;
        table.by_id.get(id).map(|&at| &table.rows[at])
    }

    /// The record of an id, and its object.
    pub(crate) fn find(&self, id: &str) -> Option<(&'static Object, &Record)> {
        let object = crate::schema::object_of_id(id)?;
        self.get(object, id).map(|record| (object, record))
    }

    /// The id of the live record that has this value in a unique field.
    pub(crate) fn holder(&self, object: &Object, field: &'static str, value: &str) -> Option<&str> {
        self.by_object.get(object.name)?.unique.get(&(field, value.to_owned())).map(String::as_str)
    }

    /// Inserts a record, or replaces the one with the same `Id`.
    pub(crate) fn put(&mut self, object: &'static Object, record: Record) {
        let table = self.by_object.entry(object.name.to_owned()).or_default();
        let undo = table.put(object, record);
        self.journal.push(undo.map_or(Undo::Insert(object), |before| Undo::Update(object, Box::new(before))));
    }

    /// Removes the records of the object for which `keep` is false, permanently and without a journal entry.
    pub(crate) fn retain(&mut self, object: &Object, keep: impl Fn(&Record) -> bool) {
        if let Some(table) = self.by_object.get_mut(object.name) {
            table.rows.retain(keep);
            table.reindex(object);
        }
    }

    /// Changes a field of a record, permanently and without a journal entry.
    pub(crate) fn amend(&mut self, object: &Object, id: &str, field: &str, value: Value) {
        let table = self.by_object.get_mut(object.name);
        if let Some((table, at)) = table.and_then(|table| table.by_id.get(id).copied().map(|at| (table, at))) {
            table.rows[at].fields.insert(field.to_owned(), value);
        }
    }

    pub(crate) fn savepoint(&self) -> usize {
        self.journal.len()
    }

    /// Undoes every write since the savepoint.
    pub(crate) fn rollback(&mut self, savepoint: usize) {
        while self.journal.len() > savepoint {
            match self.journal.pop() {
                Some(Undo::Insert(object)) => self.by_object.entry(object.name.to_owned()).or_default().pop(object),
                Some(Undo::Update(object, before)) => {
                    self.by_object.entry(object.name.to_owned()).or_default().put(object, *before);
                }
                None => break,
            }
        }
    }

    /// Commits the transaction.
    pub(crate) fn commit(&mut self) {
        self.journal.clear();
    }
}

impl Table {
    fn reindex(&mut self, object: &Object) {
        self.by_id = self.rows.iter().enumerate().map(|(at, row)| (row.id().to_owned(), at)).collect();
        self.unique.clear();
        for row in &self.rows {
            self.unique.extend(unique_values(object, row).into_iter().map(|key| (key, row.id().to_owned())));
        }
    }

    fn put(&mut self, object: &'static Object, record: Record) -> Option<Record> {
        let existing = self.by_id.get(record.id()).copied();
        if let Some(at) = existing {
            for key in unique_values(object, &self.rows[at]) {
                self.unique.remove(&key);
            }
        }
        for key in unique_values(object, &record) {
            self.unique.insert(key, record.id().to_owned());
        }
        if let Some(at) = existing {
            return Some(std::mem::replace(&mut self.rows[at], record));
        }
        self.by_id.insert(record.id().to_owned(), self.rows.len());
        self.rows.push(record);
        None
    }

    fn pop(&mut self, object: &'static Object) {
        if let Some(row) = self.rows.pop() {
            self.by_id.remove(row.id());
            for key in unique_values(object, &row) {
                self.unique.remove(&key);
            }
        }
    }
}

/// The record's values of unique fields; empty for a deleted record, which releases its keys.
fn unique_values(object: &Object, record: &Record) -> Vec<(&'static str, String)> {
    if record.flag("IsDeleted") {
        return Vec::new();
    }
    let fields = object.unique_fields().map(|field| field.name);
    fields.filter_map(|name| record.text(name).map(|value| (name, value.to_owned()))).collect()
}
