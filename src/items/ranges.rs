use super::ItemFilter;
use crate::fields::{Currency, FormErrors};
use crate::web::listing::ListQuery;

/// From what price and quantity to what a list shows items, as typed. What is typed wrongly does not count.
#[derive(Debug)]
#[allow(missing_docs)] // the fields of the form
pub struct Ranges {
    pub min_price: String,
    pub max_price: String,
    pub min_quantity: String,
    pub max_quantity: String,
    pub errors: FormErrors,
    bounds: [Option<i64>; 4],
}

impl Ranges {
    /// Those in the URL.
    #[must_use]
    pub fn read(query: &ListQuery) -> Self {
        let typed = |name| query.get(name).trim().to_owned();
        let mut ranges = Self {
            min_price: typed("min_price"),
            max_price: typed("max_price"),
            min_quantity: typed("min_quantity"),
            max_quantity: typed("max_quantity"),
            errors: FormErrors::default(),
            bounds: [None; 4],
        };
        ranges.bounds = ranges.check();
        ranges
    }

    fn check(&mut self) -> [Option<i64>; 4] {
        let errors = &mut self.errors;
        let mut bound = |field: &'static str, typed: &str, is_price: bool| {
            let read = (!typed.is_empty()).then(|| {
                if is_price { errors.money(field, typed, Currency::installed()) } else { errors.quantity(field, typed) }
            });
            read.filter(|_| errors.on(field).is_none())
        };
        let min_price = bound("min_price", &self.min_price, true);
        let mut max_price = bound("max_price", &self.max_price, true);
        let min_quantity = bound("min_quantity", &self.min_quantity, false);
        let mut max_quantity = bound("max_quantity", &self.max_quantity, false);
        if max_price.is_some() && max_price < min_price {
            self.errors.add("max_price", "This is less than the lowest price beside it.");
            max_price = None;
        }
        if max_quantity.is_some() && max_quantity < min_quantity {
            self.errors.add("max_quantity", "This is less than the lowest quantity beside it.");
            max_quantity = None;
        }
        [min_price, max_price, min_quantity, max_quantity]
    }

    /// The filter that these are, and nothing else.
    #[must_use]
    pub fn filter(&self) -> ItemFilter {
        let [min_price, max_price, min_quantity, max_quantity] = self.bounds;
        ItemFilter { min_price, max_price, min_quantity, max_quantity, ..ItemFilter::default() }
    }

    /// Whether anything is typed.
    #[must_use]
    pub fn are_typed(&self) -> bool {
        [&self.min_price, &self.max_price, &self.min_quantity, &self.max_quantity].iter().any(|typed| !typed.is_empty())
    }
}
