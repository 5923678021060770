use super::{Store, StoreDraft};
use crate::fields::FormErrors;

/// A store as typed.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // the fields of a store
pub struct StoreForm {
    pub name: String,
    pub code: String,
    pub address: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
    pub notes: String,
}

impl StoreForm {
    /// The names of the fields, as in forms, files and the API.
    pub const FIELDS: [&'static str; 8] =
        ["name", "code", "address", "city", "region", "postal_code", "country", "notes"];

    /// The form filled in by asking for each field.
    pub fn read(mut field: impl FnMut(&'static str) -> String) -> Self {
        Self {
            name: field("name"),
            code: field("code"),
            address: field("address"),
            city: field("city"),
            region: field("region"),
            postal_code: field("postal_code"),
            country: field("country"),
            notes: field("notes"),
        }
    }

    /// Every field with what is typed in it.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("name", &self.name),
            ("code", &self.code),
            ("address", &self.address),
            ("city", &self.city),
            ("region", &self.region),
            ("postal_code", &self.postal_code),
            ("country", &self.country),
            ("notes", &self.notes),
        ]
    }

    /// What was typed, as far as it can be taken; faults are added to `errors`.
    #[must_use]
    pub fn check(&self, errors: &mut FormErrors) -> StoreDraft {
        let draft = StoreDraft {
            name: errors.text("name", &self.name, 1..=200),
            code: errors.optional_text("code", &self.code, 40),
            address: errors.text("address", &self.address, 0..=200),
            city: errors.text("city", &self.city, 0..=100),
            region: errors.text("region", &self.region, 0..=100),
            postal_code: errors.text("postal_code", &self.postal_code, 0..=20),
            country: errors.text("country", &self.country, 0..=100),
            notes: errors.long_text("notes", &self.notes, 10_000),
            ..StoreDraft::default()
        };
        draft.with_keys()
    }
}

impl From<&Store> for StoreForm {
    fn from(store: &Store) -> Self {
        Self {
            name: store.name.clone(),
            code: store.code.clone().unwrap_or_default(),
            address: store.address.clone(),
            city: store.city.clone(),
            region: store.region.clone(),
            postal_code: store.postal_code.clone(),
            country: store.country.clone(),
            notes: store.notes.clone(),
        }
    }
}
