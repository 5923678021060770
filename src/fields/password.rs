use icu_normalizer::ComposingNormalizerBorrowed as Composed;
use zxcvbn::{Score, zxcvbn};

use super::fold;

/// The fewest characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password: room for 64 of the widest characters, and little enough to hash at once.
pub const PASSWORD_MAX_BYTES: usize = 256;
/// From how many letters on a word of the person's name counts as known to everybody.
const KNOWN_WORD_MIN: usize = 3;

/// A password as it is hashed, so that it is the same from every keyboard (NIST SP 800-63B: NFKC). Nothing
/// is cut off, not even spaces.
#[must_use]
pub fn normal_password(typed: &str) -> String {
    Composed::new_nfkc().normalize(typed).into_owned()
}

/// Says why a password is too easy to guess. Any characters will do; what counts is the length, and that it is
/// neither among the passwords that people use most nor made of words, dates or keys in a row, nor of what is
/// `known` of the person: name and address.
///
/// # Errors
/// What to say.
pub fn check_password(typed: &str, known: &[&str]) -> Result<(), String> {
    let password = normal_password(typed);
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Err(format!(
            "Use {PASSWORD_MIN} characters or more. A few words that do not belong together are easy to keep in mind."
        ));
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(format!("This is too long. Use {} characters at most.", PASSWORD_MAX_BYTES / 4));
    }
    let words = known_words(known);
    let rest = words.iter().fold(fold(&password), |rest, word| rest.replace(word.as_str(), ""));
    if rest.chars().count() < PASSWORD_MIN {
        return Err(
            "Somebody who knows your name or your address would guess this. Leave them out, and “stockroom” too."
                .to_owned(),
        );
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if zxcvbn(&password, &words).score() < Score::Three {
        return Err("This is easy to guess: it is used by many, or made of a known word, a date or keys in a row. \
                    Add a few words that do not belong together."
            .to_owned());
    }
    Ok(())
}

/// The words of a name or an address, and this program's, the longest first.
fn known_words(known: &[&str]) -> Vec<String> {
    let parts = known.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<String> =
        parts.chain(["stockroom"]).map(fold).filter(|word| word.chars().count() >= KNOWN_WORD_MIN).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: [&str; 2] = ["Anna Lindqvist", "anna.lindqvist@nordics-dock.example"];

    fn refusal(typed: &str) -> String {
        check_password(typed, &ANNA).expect_err(typed)
    }

    #[test]
    fn a_password_of_words_that_do_not_belong_together_is_taken_whatever_its_characters() {
        for typed in [
            "correct horse battery staple",
            "velvet otter counts lamps",
            "kX9$vLq2#mTw",
            "ключ под ковриком лежит",
            "猫は屋根の上で魚を焼いていました",
            "🦊🐙🌵🎻🚲🧭🪁🧊🦉🥨🛶🪵",
            "  spaces count, at both ends  ",
        ] {
            assert_eq!(check_password(typed, &ANNA), Ok(()), "{typed}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        assert!(refusal("kX9$vLq2#mT").contains("12 characters or more"));
        assert!(refusal("🦊🐙🌵🎻🚲🧭").contains("12 characters or more"), "six characters in 24 bytes");
        let long = "kX9$vLq2".repeat(32);
        assert_eq!(check_password(&long[..256], &ANNA), Ok(()));
        assert!(refusal(&format!("{long}x")).contains("too long"));
        assert_eq!(check_password(&"🦊🐙🌵🎻🚲🧭🪁🧊".repeat(8), &ANNA), Ok(()), "64 of the widest characters");
    }

    #[test]
    fn a_password_that_many_use_or_that_follows_a_pattern_is_refused() {
        for typed in [
            "password1234",
            "Passw0rd1234",
            "passwordpassword",
            "qwertyuiop123",
            "1q2w3e4r5t6y",
            "123456789012",
            "aaaaaaaaaaaa",
            "abcabcabcabcabc",
            "iloveyou1234",
            "letmeinletmein",
            "december 2026",
            "1qaz2wsx3edc",
        ] {
            assert!(refusal(typed).contains("easy to guess"), "{typed}: {}", refusal(typed));
        }
    }

    #[test]
    fn a_password_made_of_what_everybody_knows_is_refused() {
        for typed in ["Stockroom-2026!", "lindqvist-kX9$", "ANNA.LINDQVIST", "nordics-dock.x7", "Lindqvistanna!1"] {
            assert!(refusal(typed).contains("name or your address"), "{typed}: {}", refusal(typed));
        }
        assert_eq!(check_password("banana velvet otter counts", &ANNA), Ok(()), "what is left is long enough");
    }

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(normal_password("cafe\u{301} 12"), normal_password("café １２"));
        assert_ne!(normal_password("Café"), normal_password("café"));
        assert_ne!(normal_password("café "), normal_password("café"));
    }
}
