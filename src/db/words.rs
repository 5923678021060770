use crate::fields::search_key;

/// How much of a search is read, in characters: every word is one more condition, and SQLite refuses long ones.
const SEARCH_MAX: usize = 200;

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
