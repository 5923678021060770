use crate::fields::{SEARCH_MAX, search_key};

/// A `LIKE` pattern for each word of a search. `\` escapes; the column holds a [`search_key`].
#[must_use]
pub fn words(typed: &str) -> Vec<String> {
    let read: String = typed.chars().take(SEARCH_MAX).collect();
    search_key(&read).split_whitespace().map(containing).collect()
}

/// The `LIKE` pattern for texts that contain this one.
#[must_use]
pub fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
