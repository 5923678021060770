use diesel::prelude::*;
use proptest::prelude::*;
use stockroom::db::{ChangeSet, Db};
use stockroom::error::AppError;
use stockroom::items::{Item, ItemDraft, TagChoice};
use stockroom::stores::{Deletion, Store, StoreDraft};
use stockroom::tags::{Tag, TagDraft};

use super::snapshot::lines;
use crate::support::somebody;

/// Something that people or programs do. A number picks among the rows there are; a name is one of a few, so that they clash.
#[derive(Debug, Clone)]
pub enum Step {
    AddStore {
        name: u8,
        code: Option<u8>,
    },
    EditStore {
        store: u8,
        name: u8,
        code: Option<u8>,
        notes: u8,
    },
    DeleteStore {
        store: u8,
    },
    AddItem {
        store: u8,
        name: u8,
        sku: Option<u8>,
        tags: Vec<u8>,
    },
    EditItem {
        item: u8,
        name: u8,
        price: u8,
        tags: Vec<u8>,
    },
    MoveItem {
        item: u8,
        store: u8,
    },
    DeleteItem {
        item: u8,
    },
    AddTag {
        store: u8,
        name: u8,
    },
    RenameTag {
        tag: u8,
        name: u8,
    },
    DeleteTag {
        tag: u8,
    },
    /// Raw statements, all in one change set.
    Bulk(Vec<&'static str>),
    /// A change set that fails at its end.
    Fail {
        name: u8,
    },
}

const BULK: [&str; 9] = [
    "UPDATE items SET price_minor = price_minor * 2 + 1, version = version + 1 WHERE price_minor < 1000000",
    "UPDATE items SET quantity = quantity",
    "UPDATE items SET sku = NULL, sku_key = NULL WHERE quantity < 2",
    "UPDATE stores SET city = 'Zürich “west”', notes = name WHERE code IS NOT NULL",
    "UPDATE tags SET version = version + 1",
    "DELETE FROM items WHERE price_minor > 100",
    "DELETE FROM item_tags WHERE tag_id % 2 = 0",
    "DELETE FROM tags WHERE id % 3 = 0",
    "DELETE FROM stores WHERE id % 2 = 0",
];

const NAMES: [&str; 6] = ["Lamp", "lamp", "Äpfel", "A \"quoted\" name", "back\\slash\n", "𝔘nicode ✓"];

/// Any step.
pub fn step() -> impl Strategy<Value = Step> {
    let pick = || 0u8..8;
    let name = || 0u8..6;
    let code = || prop::option::of(0u8..4);
    let tags = || prop::collection::vec(0u8..4, 0..3);
    prop_oneof![
        4 => (name(), code()).prop_map(|(name, code)| Step::AddStore { name, code }),
        2 => (pick(), name(), code(), 0u8..3)
            .prop_map(|(store, name, code, notes)| Step::EditStore { store, name, code, notes }),
        1 => pick().prop_map(|store| Step::DeleteStore { store }),
        6 => (pick(), name(), code(), tags())
            .prop_map(|(store, name, sku, tags)| Step::AddItem { store, name, sku, tags }),
        3 => (pick(), name(), 0u8..3, tags())
            .prop_map(|(item, name, price, tags)| Step::EditItem { item, name, price, tags }),
        2 => (pick(), pick()).prop_map(|(item, store)| Step::MoveItem { item, store }),
        1 => pick().prop_map(|item| Step::DeleteItem { item }),
        1 => (pick(), name()).prop_map(|(store, name)| Step::AddTag { store, name }),
        1 => (pick(), name()).prop_map(|(tag, name)| Step::RenameTag { tag, name }),
        1 => pick().prop_map(|tag| Step::DeleteTag { tag }),
        3 => prop::collection::vec(prop::sample::select(BULK.to_vec()), 1..4).prop_map(Step::Bulk),
        1 => name().prop_map(|name| Step::Fail { name }),
    ]
}

impl Step {
    /// Does it, in a change set of its own. Being refused is fine: then nothing has happened.
    pub fn run(&self, db: &Db) {
        match self.attempt(db) {
            Ok(()) | Err(AppError::Invalid(_) | AppError::NotFound) => {}
            Err(error) => panic!("{self:?}: {error}"),
        }
    }

    /// Does it while others do things too. Then it may also come too late, or meet another in a deadlock.
    pub fn run_among_others(&self, db: &Db) {
        match self.attempt(db) {
            Ok(()) | Err(AppError::Invalid(_) | AppError::NotFound | AppError::Stale) => {}
            Err(AppError::Busy(reason)) if reason.contains("deadlock") => {}
            Err(error) => panic!("{self:?}: {error}"),
        }
    }

    fn attempt(&self, db: &Db) -> Result<(), AppError> {
        let step = self.clone();
        db.write_now(somebody(), move |change| step.work(change))
    }

    fn work(&self, change: &mut ChangeSet<'_>) -> Result<(), AppError> {
        match self {
            Self::AddStore { name, code } => drop(Store::create(change, &store(*name, *code, 0))?),
            Self::EditStore { store: picked, name, code, notes } => {
                let read = Store::find_picked(change, *picked)?;
                Store::update(change, read.id, read.version, &store(*name, *code, *notes))?;
            }
            Self::DeleteStore { store } => {
                let read = Store::find_picked(change, *store)?;
                Deletion::of(read.id).finish(change)?;
            }
            Self::AddItem { store, name, sku, tags } => {
                let store_id = Store::find_picked(change, *store)?.id;
                Item::create(change, &item(store_id, *name, *sku), &choice(tags))?;
            }
            Self::EditItem { item, name, price, tags } => {
                let read = Item::find_picked(change, *item)?;
                let draft = ItemDraft { name: named(*name), price_minor: i64::from(*price), ..ItemDraft::from(&read) };
                Item::update(change, read.id, read.version, &draft.with_keys(), &choice(tags))?;
            }
            Self::MoveItem { item, store } => {
                let read = Item::find_picked(change, *item)?;
                let store_id = Store::find_picked(change, *store)?.id;
                let tags = Tag::of_item(change.conn(), read.id)?;
                let tags = TagChoice {
                    ids: tags.iter().map(|tag| tag.id).collect(),
                    names: Vec::new(),
                    ..TagChoice::default()
                };
                let draft = ItemDraft { store_id, ..ItemDraft::from(&read) };
                Item::update(change, read.id, read.version, &draft, &tags)?;
            }
            Self::DeleteItem { item } => {
                let read = Item::find_picked(change, *item)?;
                Item::delete(change, read.id, read.version)?;
            }
            Self::AddTag { store, name } => {
                let store_id = Store::find_picked(change, *store)?.id;
                Tag::create(change, store_id, &TagDraft::named(named(*name)))?;
            }
            Self::RenameTag { tag, name } => {
                let read = Tag::find_picked(change, *tag)?;
                Tag::update(change, read.id, read.version, &TagDraft::named(named(*name)))?;
            }
            Self::DeleteTag { tag } => {
                let read = Tag::find_picked(change, *tag)?;
                Tag::delete(change, read.id, read.version, None)?;
            }
            Self::Bulk(statements) => {
                for statement in statements {
                    diesel::sql_query(*statement).execute(change.conn())?;
                }
            }
            Self::Fail { name } => {
                Store::create(change, &store(*name, Some(99), 0))?;
                return Err(AppError::NotFound);
            }
        }
        Ok(())
    }
}

/// Rows that can be picked by a number.
trait Picked: Sized {
    const TABLE: &str;

    fn find(change: &mut ChangeSet<'_>, id: i64) -> Result<Self, AppError>;

    /// The row that a number picks, whatever there is; `NotFound` if there is none.
    fn find_picked(change: &mut ChangeSet<'_>, number: u8) -> Result<Self, AppError> {
        let ids = lines(change.conn(), &format!("SELECT CAST(id AS TEXT) AS line FROM {} ORDER BY id", Self::TABLE));
        let id = ids.get(usize::from(number) % ids.len().max(1)).ok_or(AppError::NotFound)?;
        Self::find(change, id.parse().expect("ids are numbers"))
    }
}

impl Picked for Store {
    const TABLE: &str = "stores";
    fn find(change: &mut ChangeSet<'_>, id: i64) -> Result<Self, AppError> {
        Self::find(change.conn(), id)
    }
}

impl Picked for Item {
    const TABLE: &str = "items";
    fn find(change: &mut ChangeSet<'_>, id: i64) -> Result<Self, AppError> {
        Self::find(change.conn(), id)
    }
}

impl Picked for Tag {
    const TABLE: &str = "tags";
    fn find(change: &mut ChangeSet<'_>, id: i64) -> Result<Self, AppError> {
        Self::find(change.conn(), id)
    }
}

fn named(name: u8) -> String {
    NAMES[usize::from(name)].to_owned()
}

fn store(name: u8, code: Option<u8>, notes: u8) -> StoreDraft {
    let code = code.map(|code| format!("s{code}"));
    StoreDraft { name: named(name), code, notes: "n".repeat(notes.into()), ..StoreDraft::default() }.with_keys()
}

fn item(store_id: i64, name: u8, sku: Option<u8>) -> ItemDraft {
    let sku = sku.map(|sku| format!("SKU {sku}"));
    let quantity = i64::from(name);
    ItemDraft { store_id, name: named(name), sku, price_minor: 60, quantity, ..ItemDraft::default() }.with_keys()
}

fn choice(tags: &[u8]) -> TagChoice {
    TagChoice { ids: Vec::new(), names: tags.iter().map(|tag| named(*tag)).collect(), ..TagChoice::default() }
}
