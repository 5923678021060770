use super::TagDraft;
use crate::fields::FormErrors;

/// The longest name of a tag, in characters.
pub const NAME_MAX: usize = 100;

/// A tag as typed.
#[derive(Debug, Clone, Default)]
pub struct TagForm {
    /// Its name.
    pub name: String,
}

impl TagForm {
    /// What was typed, as far as it can be taken; faults are added to `errors`.
    #[must_use]
    pub fn check(&self, errors: &mut FormErrors) -> TagDraft {
        TagDraft::named(errors.text("name", &self.name, 1..=NAME_MAX))
    }
}
