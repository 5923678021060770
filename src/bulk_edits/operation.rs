use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use super::{By, PriceChange};
use crate::fields::{Currency, Grouped};
use crate::web::format;

/// What a bulk edit does to each of its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// Changes the price.
    ChangePrice(PriceChange),
    /// Gives all of them one price, in minor units.
    SetPrice(i64),
    /// Gives all of them one quantity.
    SetQuantity(i64),
    /// Gives all of them one description.
    SetDescription(String),
    /// Puts a tag of this name on them; a store that does not have it yet gets it.
    AddTag(String),
    /// Takes the tag of this name off them.
    RemoveTag(String),
    /// Moves them to a store; their tags go along by name.
    Move {
        /// The store.
        store_id: i64,
        /// What it is called.
        store: String,
    },
    /// Deletes them.
    Delete,
}

impl Operation {
    /// What it is called in the history when it was done to so many items.
    #[must_use]
    pub fn done_to(&self, count: impl Borrow<i64>) -> String {
        let items = format::exact(count, "item");
        match self {
            Self::ChangePrice(change) => format!("Changed the price of {items} by {}", change.amount()),
            Self::SetPrice(price) => format!("Set the price of {items} to {}", Currency::installed().format(*price)),
            Self::SetQuantity(quantity) => format!("Set the quantity of {items} to {}", Grouped(*quantity)),
            Self::SetDescription(text) if text.is_empty() => format!("Emptied the description of {items}"),
            Self::SetDescription(_) => format!("Set the description of {items}"),
            Self::AddTag(name) => format!("Tagged {items} with “{name}”"),
            Self::RemoveTag(name) => format!("Took tag “{name}” off {items}"),
            Self::Move { store, .. } => format!("Moved {items} to store “{store}”"),
            Self::Delete => format!("Deleted {items}"),
        }
    }

    /// What the button says that does it to so many items.
    #[must_use]
    pub fn to_do(&self, count: impl Borrow<i64>) -> String {
        let items = format::exact(count, "item");
        match self {
            Self::ChangePrice(change) => format!("Change the price of {items} by {}", change.amount()),
            Self::SetPrice(price) => format!("Set the price of {items} to {}", Currency::installed().format(*price)),
            Self::SetQuantity(quantity) => format!("Set the quantity of {items} to {}", Grouped(*quantity)),
            Self::SetDescription(text) if text.is_empty() => format!("Empty the description of {items}"),
            Self::SetDescription(_) => format!("Set the description of {items}"),
            Self::AddTag(name) => format!("Tag {items} with “{name}”"),
            Self::RemoveTag(name) => format!("Take tag “{name}” off {items}"),
            Self::Move { store, .. } => format!("Move {items} to store “{store}”"),
            Self::Delete => format!("Delete {items}"),
        }
    }

    /// What is said of it beside the number, if there is more to say.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::ChangePrice(PriceChange { by: By::Percent(_), rounding }) => {
                format!("New prices are rounded {}. What costs nothing goes on costing nothing.", rounding.described())
            }
            Self::ChangePrice(change) => format!("New prices are rounded {}.", change.rounding.described()),
            Self::AddTag(_) => "A store that does not have this tag yet gets it.".to_owned(),
            Self::Move { .. } => "Their tags go along; those that the store does not have yet are made.".to_owned(),
            Self::Delete => "The history keeps all of it.".to_owned(),
            _ => String::new(),
        }
    }

    /// Whether what it changes is a number.
    #[must_use]
    pub fn is_of_numbers(&self) -> bool {
        matches!(self, Self::ChangePrice(_) | Self::SetPrice(_) | Self::SetQuantity(_))
    }

    /// The heading of what it changes, as that was before.
    #[must_use]
    pub fn before(&self) -> &'static str {
        match self {
            Self::ChangePrice(_) | Self::SetPrice(_) => "Price before",
            Self::SetQuantity(_) => "Quantity before",
            Self::SetDescription(_) => "Description before",
            Self::AddTag(_) | Self::RemoveTag(_) => "Tags before",
            Self::Move { .. } => "Store before",
            Self::Delete => "Quantity and price before",
        }
    }
}
