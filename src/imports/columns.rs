use std::fmt;

use super::file::Cell;
use crate::items::ItemForm;
use crate::stores::StoreForm;

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Items, each with its store.
    Items,
    /// Stores.
    Stores,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Items => "items",
            Self::Stores => "stores",
        })
    }
}

/// Other headers that say which field a column holds, without spaces and signs. The first one found counts.
const ITEM_ALIASES: [(&str, &[&str]); 7] = [
    ("name", &["itemname", "item", "productname", "product", "title"]),
    ("sku", &["itemsku", "itemcode", "itemnumber", "itemno", "productcode", "articlenumber", "partnumber"]),
    ("barcode", &["gtin", "ean", "upc"]),
    ("description", &["itemdescription", "productdescription", "details"]),
    ("price", &["itemprice", "unitprice", "retailprice"]),
    ("quantity", &["qty", "stock", "instock", "onhand", "quantityonhand"]),
    ("tags", &["tag", "labels"]),
];

const STORE_ALIASES: [(&str, &[&str]); 8] = [
    ("name", &["store"]),
    ("code", &["number", "no"]),
    ("address", &["street", "streetaddress", "address1"]),
    ("city", &["town"]),
    ("region", &["state", "province"]),
    ("postal_code", &["zip", "zipcode", "postcode"]),
    ("country", &[]),
    ("notes", &["note", "comments", "remarks"]),
];

/// The field of an items file that holds this field of the store.
pub(super) fn of_store(field: &str) -> &'static str {
    match field {
        "name" => "store.name",
        "code" => "store.code",
        "address" => "store.address",
        "city" => "store.city",
        "region" => "store.region",
        "postal_code" => "store.postal_code",
        "country" => "store.country",
        _ => "store.notes",
    }
}

/// Every field that a file of this kind can fill.
fn fields(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Stores => StoreForm::FIELDS.to_vec(),
        Kind::Items => {
            let store = StoreForm::FIELDS.into_iter().map(of_store);
            ItemForm::FIELDS.into_iter().chain(["tags"]).chain(store).collect()
        }
    }
}

/// A header without case, spaces and signs: `Item name`, `item_name` and `ITEM-NAME` are one.
fn plain(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The headers, plain, that stand for a field.
fn headers(kind: Kind, field: &str) -> Vec<String> {
    let aliases = |table: &[(&str, &[&str])], field: &str| -> Vec<String> {
        let more = table.iter().find(|(name, _)| *name == field).map_or(&[][..], |(_, more)| more);
        std::iter::once(plain(field)).chain(more.iter().map(|alias| (*alias).to_owned())).collect()
    };
    match (kind, field.strip_prefix("store.")) {
        (Kind::Items, None) => aliases(&ITEM_ALIASES, field),
        // In a file of items only a column that names the store is the store's: its city may be the maker's.
        (Kind::Items, Some(field)) => in_a_store(&aliases(&STORE_ALIASES, field), field),
        (Kind::Stores, _) => {
            let own = aliases(&STORE_ALIASES, field);
            own.iter().cloned().chain(in_a_store(&own, field)).collect()
        }
    }
}

fn in_a_store(headers: &[String], field: &str) -> Vec<String> {
    let more: &[&str] = match field {
        "name" => &["store"],
        "code" => &["storeid"],
        _ => &[],
    };
    headers.iter().map(|header| format!("store{header}")).chain(more.iter().map(|&header| header.to_owned())).collect()
}

/// Which column of a file fills which field.
#[derive(Debug, Clone)]
pub struct Columns {
    /// What the rows are.
    pub kind: Kind,
    headers: Vec<String>,
    /// Each field with the place of its column.
    mapped: Vec<(&'static str, usize)>,
}

impl Columns {
    /// Finds out which column fills which field: first what `map` says as `(field, column)`, then what the
    /// headers say. An empty column in `map` leaves its field alone.
    ///
    /// # Errors
    /// In words: a field or column that is not there, or that a row cannot do without.
    pub fn find(kind: Option<Kind>, headers: Vec<String>, map: &[(String, String)]) -> Result<Self, String> {
        let kind = kind.unwrap_or_else(|| guess(&headers, map));
        let known = fields(kind);
        let mut decided: Vec<(&'static str, Option<usize>)> = Vec::new();
        for (field, column) in map {
            let field = known
                .iter()
                .find(|name| name.eq_ignore_ascii_case(field.trim()))
                .ok_or_else(|| format!("“{field}” is no field of {kind}. The fields are {}.", known.join(", ")))?;
            if decided.iter().any(|(name, _)| name == field) {
                return Err(format!("{field} is mapped twice."));
            }
            let place = if column.is_empty() { None } else { Some(place(&headers, column)?) };
            decided.push((field, place));
        }
        for field in &known {
            if decided.iter().any(|(name, _)| name == field) {
                continue;
            }
            let is_free = |place: &usize| !decided.iter().any(|(_, taken)| *taken == Some(*place));
            let said = self::headers(kind, field)
                .into_iter()
                .map(|said| places(&headers, |header| plain(header) == said).into_iter().filter(is_free).collect())
                .find(|places: &Vec<_>| !places.is_empty());
            match said.unwrap_or_default().as_slice() {
                [one, other, ..] => return Err(ambiguous(field, &headers[*one], &headers[*other])),
                places => decided.push((field, places.first().copied())),
            }
        }
        let mapped = decided.into_iter().filter_map(|(field, place)| Some((field, place?))).collect();
        let columns = Self { kind, headers, mapped };
        columns.suffice()?;
        Ok(columns)
    }

    /// A row must say which store it means, and which item.
    fn suffice(&self) -> Result<(), String> {
        if self.headers.is_empty() {
            return Ok(()); // an empty array: no rows, no columns, nothing to do
        }
        let has = |field| self.place(field).is_some();
        let missing = match self.kind {
            Kind::Stores if !has("name") && !has("code") => "name=COLUMN or --map code=COLUMN",
            Kind::Items if !has("store.name") && !has("store.code") => "store.name=COLUMN or --map store.code=COLUMN",
            Kind::Items if !has("name") && !has("sku") => "name=COLUMN or --map sku=COLUMN",
            _ => return Ok(()),
        };
        let which = if missing.starts_with("store") { "store an item is in" } else { "row is which" };
        Err(format!(
            "No column says which {which}. Say so with --map {missing}; the columns are {}.",
            self.headers.join(", ")
        ))
    }

    fn place(&self, field: &str) -> Option<usize> {
        self.mapped.iter().find(|(name, _)| *name == field).map(|(_, place)| *place)
    }

    /// Whether a column fills this field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.place(field).is_some()
    }

    /// What a row has for a field; nothing, if no column fills it.
    #[must_use]
    pub fn cell<'a>(&self, cells: &'a [Cell], field: &str) -> &'a str {
        self.place(field).and_then(|place| cells.get(place)?.as_deref()).unwrap_or_default()
    }

    /// Whether a row says something of a field, if only that it is empty.
    #[must_use]
    pub fn says(&self, cells: &[Cell], field: &str) -> bool {
        self.place(field).is_some_and(|place| cells.get(place).is_some_and(Option::is_some))
    }

    /// What a row of items has for its store.
    #[must_use]
    pub fn store_cells(&self, cells: &[Cell]) -> Vec<Cell> {
        let of_store = self.mapped.iter().filter(|(field, _)| field.starts_with("store."));
        of_store.filter_map(|(_, place)| cells.get(*place).cloned()).collect()
    }

    /// The header of a field's column, or the field's own name where it has none.
    #[must_use]
    pub fn header(&self, field: &str) -> String {
        self.place(field).map_or_else(|| format!("{field} (no column)"), |place| self.headers[place].clone())
    }

    /// Every field with its column, for a summary: `price from “unit_price”`.
    #[must_use]
    pub fn described(&self) -> String {
        let pairs = self.mapped.iter().map(|(field, place)| format!("{field} from “{}”", self.headers[*place]));
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// The columns that fill no field.
    #[must_use]
    pub fn unused(&self) -> Vec<&str> {
        let is_unused = |place: &usize| !self.mapped.iter().any(|(_, used)| used == place);
        (0..self.headers.len()).filter(is_unused).map(|place| self.headers[place].as_str()).collect()
    }
}

/// Items, unless there are addresses and nothing that an item has.
fn guess(headers: &[String], map: &[(String, String)]) -> Kind {
    let mentions = |kind, fields: &[&str]| {
        fields.iter().any(|field| {
            map.iter().any(|(name, column)| name == field && !column.is_empty())
                || headers.iter().any(|header| self::headers(kind, field).contains(&plain(header)))
        })
    };
    let items = mentions(Kind::Items, &["price", "sku", "quantity", "barcode", "tags"])
        || map.iter().any(|(field, _)| field.starts_with("store."));
    if !items && mentions(Kind::Stores, &["address", "city", "region", "postal_code"]) {
        Kind::Stores
    } else {
        Kind::Items
    }
}

fn places(headers: &[String], is_meant: impl Fn(&str) -> bool) -> Vec<usize> {
    (0..headers.len()).filter(|place| is_meant(&headers[*place])).collect()
}

fn place(headers: &[String], column: &str) -> Result<usize, String> {
    let mut found = places(headers, |header| header == column);
    if found.is_empty() {
        found = places(headers, |header| plain(header) == plain(column));
    }
    match found.as_slice() {
        [] => Err(format!("There is no column “{column}”. The columns are {}.", headers.join(", "))),
        [place] => Ok(*place),
        several => Err(format!("{} columns are called “{column}”. Rename those that are not meant.", several.len())),
    }
}

fn ambiguous(field: &str, one: &str, other: &str) -> String {
    let way_out = if one == other {
        "Rename the one that is not meant.".to_owned()
    } else {
        format!("Say which one with --map {field}=COLUMN.")
    };
    format!("Two columns could be {field}: “{one}” and “{other}”. {way_out}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(headers: &[&str], map: &[(&str, &str)]) -> Result<Columns, String> {
        let map: Vec<_> = map.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned())).collect();
        Columns::find(None, headers.iter().map(|header| (*header).to_owned()).collect(), &map)
    }

    #[test]
    fn headers_that_say_it_need_no_map() {
        let columns = find(&["Store name", "SKU", "Item name", "qty", "PRICE", "store_zip"], &[]).expect("fits");
        assert_eq!(columns.kind, Kind::Items);
        for (field, header) in [
            ("store.name", "Store name"),
            ("name", "Item name"),
            ("quantity", "qty"),
            ("store.postal_code", "store_zip"),
        ] {
            assert_eq!(columns.header(field), header);
        }
    }

    #[test]
    fn addresses_without_prices_are_stores() {
        assert_eq!(find(&["Name", "Street", "ZIP"], &[]).expect("fits").kind, Kind::Stores);
        assert_eq!(find(&["Name", "City", "Price", "Store"], &[]).expect("fits").kind, Kind::Items);
    }

    #[test]
    fn a_column_is_used_once_and_can_be_left_alone() {
        let columns = find(&["name", "store", "sku", "price"], &[("sku", "name"), ("price", "")]).expect("fits");
        assert!(!columns.has("name") && !columns.has("price"));
    }

    #[test]
    fn of_two_columns_for_one_field_none_is_taken_silently() {
        let wrong = find(&["store", "name", "price", "price"], &[]).expect_err("two prices");
        assert!(wrong.contains("“price” and “price”. Rename"), "{wrong}");
        let wrong = find(&["store", "name", "price", "cost", "cost"], &[("price", "cost")]).expect_err("two costs");
        assert!(wrong.contains("2 columns are called “cost”"), "{wrong}");
        let wrong = find(&["store", "name", "Price", "price"], &[]).expect_err("two prices");
        assert!(wrong.contains("--map price=COLUMN"), "{wrong}");
        assert!(find(&["store", "name", "Price", "price"], &[("price", "price")]).is_ok());
        let wrong = find(&["store", "name", "Price", "price"], &[("price", "PRICE")]).expect_err("two prices");
        assert!(wrong.contains("2 columns are called “PRICE”"), "{wrong}");
    }

    #[test]
    fn what_is_not_there_is_named_beside_what_is() {
        let wrong = find(&["name", "store"], &[("colour", "name")]).expect_err("no such field");
        assert!(wrong.contains("barcode, description, price"), "{wrong}");
        let wrong = find(&["name", "store"], &[("price", "cost")]).expect_err("no such column");
        assert!(wrong.contains("name, store"), "{wrong}");
    }
}
