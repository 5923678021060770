use super::file::Cell;
use super::{Columns, Kind, spreadsheet};
use crate::db::{StagedItem, StagedStore, StagedTag};
use crate::fields::FormErrors;
use crate::items::ItemForm;
use crate::stores::StoreForm;
use crate::tags::TagDraft;

/// Something wrong with a row: the field, and the reason in words.
pub type Fault = (&'static str, String);

/// Puts the cells of a row into the forms that every other door uses, and what they make of it into the staging tables.
///
/// A field of which the row says nothing is not asked for: whether it is needed shows when it is known whether the row is
/// new.
pub struct Checker<'a> {
    pub columns: &'a Columns,
    pub cells: &'a [Cell],
    pub line: i64,
    /// Whether a comma in a number may stand for the point.
    pub decimal_commas: bool,
}

const DECIMAL_COMMA: &str = "In a file with semicolons a comma may part thousands or stand for the point. Write the number without it, or with a point.";

impl Checker<'_> {
    /// The store that the row describes or names.
    pub fn store(&self, last_line: Option<i64>) -> Result<StagedStore, Vec<Fault>> {
        let field = |field| self.columns.store_field(field);
        let mut form = StoreForm::read(|name| self.cell(field(name)).to_owned());
        let says_name = self.says(field("name"));
        if !says_name {
            form.name.clone_from(&form.code); // the code alone says which store it is
        }
        let mut errors = FormErrors::default();
        let draft = form.check(&mut errors);
        let faults = self.faults(&errors, &StoreForm::FIELDS, field);
        if !faults.is_empty() {
            return Err(faults);
        }
        let draft = errors.or(draft).map_err(|_| vec![self.one_needed(field("code"), field("name"))])?;
        let said = |name, text| self.says(field(name)).then_some(text);
        Ok(StagedStore {
            line: self.line,
            last_line,
            name: if says_name { draft.name } else { String::new() },
            name_key: if says_name { draft.name_key } else { String::new() },
            code: draft.code,
            code_key: draft.code_key,
            address: said("address", draft.address),
            city: said("city", draft.city),
            region: said("region", draft.region),
            postal_code: said("postal_code", draft.postal_code),
            country: said("country", draft.country),
            notes: said("notes", draft.notes),
            search_key: draft.search_key,
        })
    }

    /// The item that the row describes, in the store staged under `store_line`, and its tags.
    pub fn item(&self, store_line: i64) -> Result<(StagedItem, Vec<StagedTag>), Vec<Fault>> {
        let form = ItemForm::read(|field| self.cell(item_field(field)).to_owned(), Vec::new());
        let mut errors = FormErrors::default();
        let (draft, tags) = form.check(0, &mut errors);
        let is_unclear = |number: &str| number.matches(',').count() == 1 && !number.contains('.');
        for field in ["price", "quantity"] {
            if self.decimal_commas && is_unclear(self.cell(field)) {
                errors.add(field, DECIMAL_COMMA);
            }
        }
        let mut faults = self.faults(&errors, &[&ItemForm::FIELDS[..], &["add_tags"]].concat(), item_field);
        if draft.sku.is_none() && !self.says("name") {
            faults.push(self.one_needed("sku", "name"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let item = StagedItem {
            line: self.line,
            store_line,
            name: draft.name,
            name_key: draft.name_key,
            sku: draft.sku,
            sku_key: draft.sku_key,
            barcode: self.says("barcode").then_some(draft.barcode),
            description: self.says("description").then_some(draft.description),
            price_minor: self.says("price").then_some(draft.price_minor),
            // An empty cell says nothing of what is in stock.
            quantity: (!self.cell("quantity").trim().is_empty()).then_some(draft.quantity),
            says_tags: self.says("tags"),
            search_key: draft.search_key,
        };
        Ok((item, tags.names.into_iter().map(|name| self.tag(TagDraft::named(name))).collect()))
    }

    fn tag(&self, draft: TagDraft) -> StagedTag {
        StagedTag { line: self.line, name: draft.name, name_key: draft.name_key, search_key: draft.search_key }
    }

    fn cell(&self, field: &str) -> &str {
        self.columns.cell(self.cells, field)
    }

    fn says(&self, field: &str) -> bool {
        self.columns.says(self.cells, field)
    }

    /// What is wrong with the fields of a form of which the row says something.
    fn faults(
        &self,
        errors: &FormErrors,
        fields: &[&'static str],
        name: impl Fn(&'static str) -> &'static str,
    ) -> Vec<Fault> {
        let said = fields.iter().map(|field| (*field, name(field))).filter(|(_, column)| self.says(column));
        said.filter_map(|(field, column)| {
            let broken = spreadsheet::fault(column, self.cell(column));
            Some((column, broken.or_else(|| errors.on(field).map(str::to_owned))?))
        })
        .collect()
    }

    /// What is wrong with a row that says neither of two fields, one of which says which one it means.
    fn one_needed(&self, field: &'static str, other: &'static str) -> Fault {
        let field = if self.columns.has(field) { field } else { other };
        (field, "Write something here: nothing else says which one this row means.".to_owned())
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
