use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizerBorrowed as Decomposed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed as CombiningClass;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// By which rules keys are made. Whoever changes [`name_key`] or [`search_key`] adds one, and the keys of what is stored
/// are made anew at the next start.
pub const KEY_RULES: i64 = 3;

/// How long a search is that is read, in characters, and that fields for one take: every word is one more condition.
pub const SEARCH_MAX: usize = 200;

/// A text without regard to case and to how an accent is encoded (canonical caseless matching, Unicode 16, D145).
#[must_use]
pub fn fold(text: &str) -> String {
    let nfd = Decomposed::new_nfd();
    nfd.normalize(&CaseMapper::new().fold_string(&nfd.normalize(text))).into_owned()
}

/// The form in which names, codes and SKUs are compared and sorted: like [`fold`], and equal for texts that look the same
/// because they differ in what cannot be seen, or in the kind and number of their spaces.
///
/// Decomposed, so that bytewise order puts "Äpfel" among the A and not behind the Z.
#[must_use]
pub fn name_key(text: &str) -> String {
    let folded = fold(text);
    let mut key = String::with_capacity(folded.len());
    for c in folded.chars() {
        push(&mut key, c);
    }
    key.truncate(key.trim_end().len());
    key
}

/// The form in which texts are searched: like [`name_key`], without accents and other marks, and with compatibility forms
/// (full-width letters, ligatures), Latin letters that Unicode takes for letters of their own (ł, ø, æ) and typographic
/// quotation marks and dashes made plain.
///
/// Marks that are letters of their own in their script, such as Indic vowel signs, stay, and so do ends of lines.
#[must_use]
pub fn search_key(text: &str) -> String {
    let nfkd = Decomposed::new_nfkd();
    let marks = CombiningClass::new();
    let folded = CaseMapper::new().fold_string(&nfkd.normalize(text)).into_owned();
    let mut key = String::with_capacity(folded.len());
    for c in nfkd.normalize(&folded).chars().filter(|c| marks.get_u8(*c) == 0) {
        match plain(c) {
            Some(letters) => key.push_str(letters),
            None => push(&mut key, c),
        }
    }
    key
}

/// Adds a character to a key: nothing if it cannot be seen, one space for any number of them.
fn push(key: &mut String, c: char) {
    match c {
        '\n' => key.push(c),
        c if c.is_whitespace() => {
            if !key.is_empty() && !key.ends_with([' ', '\n']) {
                key.push(' ');
            }
        }
        c if is_invisible(c) => {}
        c => key.push(c),
    }
}

/// Whether nothing of it can be seen: soft hyphens, zero width spaces and joiners, variation selectors.
fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// What is typed for a Latin letter, a quotation mark or a dash where the keyboard does not have it, after the
/// transliterator Latin-ASCII of the Unicode CLDR; nothing for all others. Letters with accents are taken apart before.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ĸ' => "q",
        'ł' => "l",
        'ŋ' => "n",
        'ø' => "o",
        'œ' => "oe",
        'þ' => "th",
        'ŧ' => "t",
        '\u{2018}'..='\u{201b}' => "'",
        '«' | '»' | '\u{201c}'..='\u{201f}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2044}' => "/",
        _ => return None,
    })
}

/// The text, with characters that cannot be seen or that turn the line round replaced by U+FFFD.
#[must_use]
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if is_forbidden(c, true) { '\u{fffd}' } else { c }).collect()
}

/// Why a text cannot be taken, if it holds something that no reader could see or trust.
pub(super) fn unreadable(text: &str, lines: bool) -> Option<String> {
    let found = text.chars().find(|c| is_forbidden(*c, lines))?;
    Some(match found {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => "Write this in one line.".to_owned(),
        c if is_bidi(c) => {
            format!(
                "This holds a hidden character (U+{:04X}) that turns the reading direction. Type it anew.",
                c as u32
            )
        }
        c => format!("This holds a control character (U+{:04X}). Type it anew.", c as u32),
    })
}

/// Whether there is nothing to see in it.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c) || c == '\u{2800}') // the last is a blank of Braille
}

fn is_forbidden(c: char, lines: bool) -> bool {
    let line_end = matches!(c, '\n' | '\t');
    (c.is_control() && !(lines && line_end)) || is_bidi(c) || (!lines && matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The explicit embeddings, overrides and isolates of the bidirectional algorithm (Unicode UAX #9, 2.1 to 2.4).
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_encoding_do_not_tell_names_apart() {
        for (one, other) in [("ÉCLAIR", "éclair"), ("e\u{301}clair", "Éclair"), ("Straße", "STRASSE"), ("ΣΑΣ", "σας")]
        {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("éclair"), fold("eclair"));
    }

    #[test]
    fn what_cannot_be_seen_does_not_tell_names_apart() {
        for other in
            ["AB\u{a0}17", " ab  17 ", "AB\u{200b} \u{3000}17\u{feff}", "A\u{ad}B \u{2060}17 \u{200d}", "AB\t17"]
        {
            assert_eq!(name_key(other), name_key("AB 17"), "{other:?}");
        }
        assert_ne!(name_key("AB17"), name_key("AB 17"));
    }

    #[test]
    fn names_sort_with_their_letter() {
        let mut names = ["zebra", "Zürich", "Apfel", "Äpfel", "Birne"];
        names.sort_by_key(|name| name_key(name));
        assert_eq!(names, ["Apfel", "Äpfel", "Birne", "zebra", "Zürich"]);
    }

    #[test]
    fn searching_ignores_accents_in_any_script_but_not_letters() {
        assert_eq!(search_key("CRÈME Brûlée"), "creme brulee");
        assert_eq!(search_key("ﬁne １２"), "fine 12");
        assert_eq!(search_key("Schreib\u{ad}tisch\u{a0} ❤\u{fe0f}\n\nx"), "schreibtisch ❤\n\nx");
        assert_eq!(search_key("Men’s “A‑1” ½ – 5"), "men's \"a-1\" 1/2 - 5");
        assert_eq!(search_key("άλφα"), search_key("ΑΛΦΑ"));
        assert_ne!(search_key("कि"), search_key("का"));
    }

    #[test]
    fn searching_takes_letters_for_what_other_keyboards_write() {
        assert_eq!(search_key("ŁÓDŹ Ø Đ Æble Straße œuvre Þór ǿ"), "lodz o d aeble strasse oeuvre thor o");
        assert_eq!(search_key("Iğdır"), search_key("IGDIR"));
    }

    #[test]
    fn a_key_of_a_key_is_the_same() {
        for text in ["ŁÓDŹ", "Ⅷ ﬁ ½ Æ", "a \u{200b} b  ’", "Straße", "ǅ ŉ ß ẞ"] {
            assert_eq!(search_key(&search_key(text)), search_key(text));
        }
    }

    #[test]
    fn hidden_characters_are_found() {
        assert!(unreadable("a\u{202e}b", true).is_some());
        assert!(unreadable("a\0b", true).is_some());
        assert!(unreadable("a\nb", false).is_some());
        assert_eq!(unreadable("a\nb\tc", true), None);
        assert!(is_blank("\u{200b} \u{a0}"));
    }
}
