use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::words::{BRANDS, CITIES, City, DEPARTMENTS, Department, LABELS, QUALITIES, QUARTERS, SHOPS, STREETS};
use crate::fields::{Currency, with_check_digit};
use crate::items::ItemDraft;
use crate::stores::StoreDraft;

/// Invents stores and items: the same ones from the same seed.
pub struct Catalogue(StdRng);

/// A store to put items in, and the tags it has.
pub struct Shelf {
    pub store_id: i64,
    /// Names and ids.
    pub tags: Vec<(&'static str, i64)>,
}

/// How many of [`LABELS`] a store uses, beside the tags of its departments.
const LABELS_USED: usize = 3;
/// How many departments a store has.
const DEPARTMENTS_USED: usize = 4;

impl Catalogue {
    /// Begins anew.
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A store with this number in its code.
    pub fn store(&mut self, number: i64) -> StoreDraft {
        let City(city, region, country, postal_code) = self.pick(&CITIES);
        let name = format!("{city} {} {}", self.pick(&QUARTERS), self.pick(&SHOPS));
        let address = format!("{} {}", self.0.random_range(1..240), self.pick(&STREETS));
        let postal_code = self.postal_code(postal_code);
        let draft = StoreDraft {
            name,
            code: Some(format!("S{number:04}")),
            address,
            city: (*city).to_owned(),
            region: (*region).to_owned(),
            postal_code,
            country: (*country).to_owned(),
            ..StoreDraft::default()
        };
        draft.with_keys()
    }

    /// The tags that a store uses: first those of its departments.
    pub fn tags(&mut self) -> Vec<&'static str> {
        let first = self.0.random_range(0..DEPARTMENTS.len());
        let departments = (0..DEPARTMENTS_USED).map(|n| DEPARTMENTS[(first + n) % DEPARTMENTS.len()].tag);
        let first = self.0.random_range(0..LABELS.len());
        departments.chain((0..LABELS_USED).map(|n| LABELS[(first + n) % LABELS.len()])).collect()
    }

    /// An item with this number in its SKU and barcode, and the ids of its tags.
    pub fn item(&mut self, place: &Shelf, number: i64) -> (ItemDraft, Vec<i64>) {
        let department = self.department(place);
        let (brand, quality) = (*self.pick(&BRANDS), *self.pick(&QUALITIES));
        let (good, size) = (*self.pick(department.goods), *self.pick(department.sizes));
        let description = match self.0.random_range(0..4) {
            0 => format!("{quality} {}, made by {brand}. Sold as {size}.", good.to_lowercase()),
            _ => String::new(),
        };
        let draft = ItemDraft {
            store_id: place.store_id,
            name: format!("{brand} {quality} {good} {size}"),
            sku: Some(format!("{}-{number:06}", department.sku)),
            // Numbers that begin with 2 are for use inside of a company: no real product has them.
            barcode: with_check_digit(&format!("2{:011}", number % 100_000_000_000)),
            description,
            price_minor: self.price(department),
            quantity: self.quantity(),
            ..ItemDraft::default()
        };
        let tags = self.item_tags(place, department);
        (draft.with_keys(), tags)
    }

    fn department(&mut self, place: &Shelf) -> &'static Department {
        let of_shelf = |tag: &str| DEPARTMENTS.iter().find(|department| department.tag == tag);
        let known: Vec<&Department> = place.tags.iter().filter_map(|(tag, _)| of_shelf(tag)).collect();
        if known.is_empty() { self.pick(&DEPARTMENTS) } else { self.pick::<&Department>(&known) }
    }

    /// None, or that of its department and up to two others.
    fn item_tags(&mut self, place: &Shelf, department: &Department) -> Vec<i64> {
        let count = self.0.random_range(0..=3);
        let first = self.0.random_range(0..LABELS.len());
        let own = place.tags.iter().filter(|(tag, _)| *tag == department.tag);
        let labels: Vec<_> = place.tags.iter().filter(|(tag, _)| LABELS.contains(tag)).collect();
        let others = (0..labels.len().min(2)).map(|n| labels[(first + n) % labels.len()]);
        own.chain(others).take(count).map(|(_, id)| *id).collect()
    }

    /// Ends in 9, as prices do; where the currency has other decimals than two, about as much.
    fn price(&mut self, department: &Department) -> i64 {
        let hundredths = self.0.random_range(department.price.clone()) / 10 * 10 + 9;
        let decimals = u32::try_from(Currency::installed().decimals()).unwrap_or(2);
        hundredths * 10_i64.pow(decimals.saturating_sub(2))
    }

    /// Now and then nothing, mostly a few, sometimes many.
    fn quantity(&mut self) -> i64 {
        match self.0.random_range(0..20) {
            0 => 0,
            1..=14 => self.0.random_range(1..60),
            _ => self.0.random_range(60..2_000),
        }
    }

    fn postal_code(&mut self, pattern: &str) -> String {
        let mut character = |c| match c {
            '#' => char::from(self.0.random_range(b'0'..=b'9')),
            '@' => char::from(self.0.random_range(b'A'..=b'Z')),
            c => c,
        };
        pattern.chars().map(&mut character).collect()
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.0.random_range(0..list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::FormErrors;
    use crate::items::ItemForm;
    use crate::stores::StoreForm;

    #[test]
    fn what_is_invented_passes_the_checks_that_typed_things_pass() {
        let mut catalogue = Catalogue::new(7);
        for number in 1..2_000 {
            let store = catalogue.store(number);
            let form = StoreForm::read(|field| match field {
                "name" => store.name.clone(),
                "code" => store.code.clone().unwrap_or_default(),
                "postal_code" => store.postal_code.clone(),
                _ => String::new(),
            });
            let mut errors = FormErrors::default();
            let draft = form.check(&mut errors);
            assert_eq!((draft.name_key, errors), (store.name_key, FormErrors::default()));
            let tags = catalogue.tags().into_iter().zip(1..).collect();
            let (item, tags) = catalogue.item(&Shelf { store_id: 1, tags }, number);
            let form = ItemForm::read(
                |field| match field {
                    "name" => item.name.clone(),
                    "sku" => item.sku.clone().unwrap_or_default(),
                    "barcode" => item.barcode.clone(),
                    "description" => item.description.clone(),
                    "price" => Currency::installed().format(item.price_minor),
                    "quantity" => item.quantity.to_string(),
                    _ => String::new(),
                },
                Vec::new(),
            );
            let mut errors = FormErrors::default();
            let (draft, _) = form.check(1, &mut errors);
            assert_eq!((draft, errors), (item, FormErrors::default()));
            assert!(tags.len() <= 3);
        }
    }
}
