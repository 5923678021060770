use super::{Columns, Kind};
use crate::db::{StagedItem, StagedStore, StagedTag};
use crate::fields::{FormErrors, label};
use crate::items::{ItemDraft, ItemForm};
use crate::stores::{StoreDraft, StoreForm};
use crate::tags::TagDraft;

/// Something wrong with a row: the field, and the reason in words.
pub type Fault = (&'static str, String);

/// Puts the cells of a row into the forms that every other door uses.
///
/// A field without a column is not asked for: whether it is needed shows when it is known whether the
/// row is new.
pub struct Checker<'a>(pub &'a Columns);

impl Checker<'_> {
    /// The store that a row describes or names.
    pub fn store(&self, cells: &[String]) -> Result<StoreDraft, Vec<Fault>> {
        let mut form = StoreForm::read(|field| self.0.cell(cells, self.0.store_field(field)).to_owned());
        if !self.0.has(self.0.store_field("name")) {
            // The code alone says which store it is, and its name stays as it is.
            form.name.clone_from(&form.code);
        }
        form.check().map_err(|errors| {
            let faults = self.faults(&errors, |field| self.0.store_field(field));
            if faults.is_empty() { vec![(self.0.store_field("code"), one_needed())] } else { faults }
        })
    }

    /// The item that a row describes, and its tags.
    pub fn item(&self, cells: &[String]) -> Result<(ItemDraft, Vec<TagDraft>), Vec<Fault>> {
        let form = ItemForm::read(|field| self.0.cell(cells, item_field(field)).to_owned(), Vec::new());
        let mut errors = FormErrors::default();
        let (draft, tags) = form.check(0, &mut errors);
        let mut faults = self.faults(&errors, item_field);
        if draft.sku.is_none() && !self.0.has("name") {
            faults.push(("sku", one_needed()));
        }
        if faults.is_empty() { Ok((draft, tags.names.into_iter().map(TagDraft::named).collect())) } else { Err(faults) }
    }

    /// Whether the row says how many there are: else an item keeps what it has, and a new one has none.
    pub fn says_quantity(&self, cells: &[String]) -> bool {
        !self.0.cell(cells, "quantity").trim().is_empty()
    }

    /// What a new store lacks in this file, if the columns do not fill all that it needs.
    pub fn new_store_lacks(&self) -> Option<Fault> {
        let name = self.0.store_field("name");
        (!self.0.has(name)).then(|| (name, "There is no such store yet, and a new one needs a name.".to_owned()))
    }

    /// What a new item lacks likewise.
    pub fn new_item_lacks(&self) -> Option<Fault> {
        let mut errors = FormErrors::default();
        let _ = ItemForm::default().check(0, &mut errors);
        let (field, _) = errors.iter().find(|(field, _)| !self.0.has(field))?;
        let needed = label(field).to_lowercase();
        Some((field, format!("There is no such item yet, and a new one needs a {needed}.")))
    }

    fn faults(&self, errors: &FormErrors, name: impl Fn(&'static str) -> &'static str) -> Vec<Fault> {
        let faults = errors.iter().map(|(field, fault)| (name(field), fault.to_owned()));
        faults.filter(|(field, _)| self.0.has(field)).collect()
    }
}

impl Columns {
    /// The field of this file for a field of a store.
    #[must_use]
    pub fn store_field(&self, field: &'static str) -> &'static str {
        match self.kind {
            Kind::Stores => field,
            Kind::Items => super::columns::of_store(field),
        }
    }
}

/// The form's word for the names of tags is that of its box for further ones.
fn item_field(field: &'static str) -> &'static str {
    if field == "add_tags" { "tags" } else { field }
}

fn one_needed() -> String {
    "Write something here: nothing else says which one this row means.".to_owned()
}

pub fn staged_store(line: i64, last_line: Option<i64>, draft: StoreDraft) -> StagedStore {
    StagedStore {
        line,
        last_line,
        name: draft.name,
        name_key: draft.name_key,
        code: draft.code,
        code_key: draft.code_key,
        address: draft.address,
        city: draft.city,
        region: draft.region,
        postal_code: draft.postal_code,
        country: draft.country,
        notes: draft.notes,
        search_key: draft.search_key,
    }
}

pub fn staged_item(line: i64, store_line: i64, draft: ItemDraft, says_quantity: bool) -> StagedItem {
    StagedItem {
        line,
        store_line,
        name: draft.name,
        name_key: draft.name_key,
        sku: draft.sku,
        sku_key: draft.sku_key,
        barcode: draft.barcode,
        description: draft.description,
        price_minor: draft.price_minor,
        quantity: says_quantity.then_some(draft.quantity),
        search_key: draft.search_key,
    }
}

pub fn staged_tag(line: i64, draft: TagDraft) -> StagedTag {
    StagedTag { line, name: draft.name, name_key: draft.name_key, search_key: draft.search_key }
}
