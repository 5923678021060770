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
    /// What was typed, if it can be taken.
    ///
    /// # Errors
    /// Every fault, under its field.
    pub fn check(&self) -> Result<TagDraft, FormErrors> {
        let mut errors = FormErrors::default();
        let name = errors.text("name", &self.name, 1..=NAME_MAX);
        errors.or(TagDraft::named(name))
    }
}
