use crate::fields::{Currency, MINOR_MAX};
use crate::items::TAGS_MAX;

/// Why an item is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is already as wanted.
    Unchanged,
    /// It was changed after the preview.
    Stale,
    /// It was deleted after the preview.
    Gone,
    /// Its price would fall below zero.
    BelowZero,
    /// Its price would rise beyond the highest there can be.
    TooHigh,
    /// Its price would rise where prices are lowered, or fall where they are raised, by rounding.
    OtherWay,
    /// An item with its SKU is in the store that it would move to, or moves there before it.
    SkuTaken,
    /// It has as many tags as an item can have.
    TooManyTags,
    /// The store that it would move to is deleted.
    StoreGone,
}

impl Verdict {
    const ALL: [Self; 9] = [
        Self::Unchanged,
        Self::Stale,
        Self::Gone,
        Self::BelowZero,
        Self::TooHigh,
        Self::OtherWay,
        Self::SkuTaken,
        Self::TooManyTags,
        Self::StoreGone,
    ];

    /// As it stands in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Gone => "gone",
            Self::BelowZero => "below_zero",
            Self::TooHigh => "too_high",
            Self::OtherWay => "other_way",
            Self::SkuTaken => "sku_taken",
            Self::TooManyTags => "too_many_tags",
            Self::StoreGone => "store_gone",
        }
    }

    /// The verdict of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// In words, for one item.
    #[must_use]
    pub fn reason(self) -> String {
        match self {
            Self::Unchanged => "It is like this already.".to_owned(),
            Self::Stale => "It was changed meanwhile.".to_owned(),
            Self::Gone => "It was deleted meanwhile.".to_owned(),
            Self::BelowZero => "Its price would fall below zero.".to_owned(),
            Self::TooHigh => {
                format!("Its price would be more than {}.", Currency::installed().format(MINOR_MAX))
            }
            Self::OtherWay => "Rounded, its price would go the other way.".to_owned(),
            Self::SkuTaken => "Another item has its SKU in that store, or moves there with it.".to_owned(),
            Self::TooManyTags => format!("It has {TAGS_MAX} tags, and cannot have more."),
            Self::StoreGone => "That store was deleted.".to_owned(),
        }
    }
}
