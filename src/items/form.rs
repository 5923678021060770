use super::{Item, ItemDraft, TagChoice};
use crate::fields::{Currency, FormErrors};
use crate::tags::{self, Tag};

/// The most tags that one item can have.
pub const TAGS_MAX: usize = 100;

/// An item as typed. Which store it is in is typed elsewhere: see `items/pages.rs`.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // the fields of an item
pub struct ItemForm {
    pub name: String,
    pub sku: String,
    pub barcode: String,
    pub description: String,
    pub price: String,
    pub quantity: String,
    /// The ids of the tags that are ticked.
    pub tags: Vec<String>,
    /// Names of further tags, separated by commas.
    pub add_tags: String,
}

impl ItemForm {
    /// The names of the fields of one value, as in forms, files and the API.
    pub const FIELDS: [&'static str; 6] = ["name", "sku", "barcode", "description", "price", "quantity"];

    /// The form filled in by asking for each field.
    pub fn read(mut field: impl FnMut(&'static str) -> String, tags: Vec<String>) -> Self {
        Self {
            name: field("name"),
            sku: field("sku"),
            barcode: field("barcode"),
            description: field("description"),
            price: field("price"),
            quantity: field("quantity"),
            tags,
            add_tags: field("add_tags"),
        }
    }

    /// The form of an item that has these tags.
    #[must_use]
    pub fn of(item: &Item, tags: &[Tag]) -> Self {
        Self {
            name: item.name.clone(),
            sku: item.sku.clone().unwrap_or_default(),
            barcode: item.barcode.clone(),
            description: item.description.clone(),
            price: Currency::installed().format(item.price_minor),
            quantity: item.quantity.to_string(),
            tags: tags.iter().map(|tag| tag.id.to_string()).collect(),
            add_tags: String::new(),
        }
    }

    /// Every field of one value, with what is typed in it.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("name", &self.name),
            ("sku", &self.sku),
            ("barcode", &self.barcode),
            ("description", &self.description),
            ("price", &self.price),
            ("quantity", &self.quantity),
        ]
    }

    /// The form with its numbers written as the program writes them, so that `7.1` and `7.10` are the same.
    #[must_use]
    pub fn in_plain_form(&self) -> Self {
        let mut errors = FormErrors::default();
        let (draft, _) = self.check(0, &mut errors);
        let written = |field: &str, number: String, typed: &str| {
            if errors.on(field).is_none() { number } else { typed.to_owned() }
        };
        Self {
            price: written("price", Currency::installed().format(draft.price_minor), &self.price),
            quantity: written("quantity", draft.quantity.to_string(), &self.quantity),
            ..self.clone()
        }
    }

    /// What was typed, as far as it can be taken, for the store `store_id`; faults are added to `errors`.
    #[must_use]
    pub fn check(&self, store_id: i64, errors: &mut FormErrors) -> (ItemDraft, TagChoice) {
        let draft = ItemDraft {
            store_id,
            name: errors.text("name", &self.name, 1..=200),
            sku: errors.optional_text("sku", &self.sku, 80),
            barcode: errors.barcode("barcode", &self.barcode, 80),
            description: errors.long_text("description", &self.description, 10_000),
            price_minor: errors.money("price", &self.price, Currency::installed()),
            quantity: errors.quantity("quantity", &self.quantity),
            ..ItemDraft::default()
        };
        let names = errors.tag_names("add_tags", &self.add_tags, tags::NAME_MAX);
        if self.tags.len() + names.len() > TAGS_MAX {
            errors.add("add_tags", format!("An item can have {TAGS_MAX} tags at most."));
        }
        let ids = self.tags.iter().filter_map(|id| id.parse().ok()).collect();
        (draft.with_keys(), TagChoice { ids, names, ..TagChoice::default() })
    }
}
