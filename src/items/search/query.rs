use crate::fields::{Currency, search_key, ungrouped};

/// What was typed into a search, taken apart. What cannot be understood is taken literally, so nothing is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What has to be true of an item, in the order typed.
    pub terms: Vec<Term>,
    /// The texts that make one match better than another, those for which no field is named: each as often as it was typed,
    /// since there is a town called New York New York.
    pub ranked_by: Vec<String>,
    /// Comparisons with what is no number, such as `price>x`: they are among the terms, as texts.
    pub unread: Vec<String>,
}

/// One thing that has to be true of an item, or must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether it has to be true; a minus says that it must not.
    pub wanted: bool,
    /// What it is about.
    pub about: About,
}

/// What a term is about. Texts are as [`search_key`] has them, names of tags and stores as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the words that are typed
pub enum About {
    /// A text anywhere in name, SKU or barcode.
    Text(String),
    Name(String),
    Sku(String),
    Barcode(String),
    Store(String),
    Tag(String),
    /// A column compared with a number: `price`, in minor units, or `quantity`.
    Number(&'static str, Comparison, i64),
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the signs
pub enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

/// The fields that a colon follows.
const FIELDS: [&str; 5] = ["name", "sku", "barcode", "store", "tag"];
/// The fields that are compared with a number.
const NUMBERS: [&str; 4] = ["price", "stock", "quantity", "qty"];
/// The longer signs first.
const SIGNS: [(&str, Comparison); 8] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("≥", Comparison::AtLeast),
    ("≤", Comparison::AtMost),
    (">", Comparison::More),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
    (":", Comparison::Equal),
];
/// Telephones type the curly ones by themselves.
const QUOTES: [char; 4] = ['"', '“', '”', '„'];

impl Comparison {
    /// As SQL writes it.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => " < ",
            Self::AtMost => " <= ",
            Self::Equal => " = ",
            Self::AtLeast => " >= ",
            Self::More => " > ",
        }
    }

    /// The lowest and the highest number that compares so with this one.
    fn range(self, number: i64) -> (i64, i64) {
        match self {
            Self::Less => (i64::MIN, number.saturating_sub(1)),
            Self::AtMost => (i64::MIN, number),
            Self::Equal => (number, number),
            Self::AtLeast => (number, i64::MAX),
            Self::More => (number.saturating_add(1), i64::MAX),
        }
    }
}

impl Query {
    /// Takes apart what was typed; prices are in `currency`.
    #[must_use]
    pub fn parse(typed: &str, currency: Currency) -> Self {
        let (mut terms, mut ranked_by, mut unread) = (Vec::<Term>::new(), Vec::new(), Vec::new());
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            unread.extend(unread_comparison(rest, currency));
            let (term, after) = term(rest, currency);
            if let Some(Term { wanted: true, about: About::Text(text) }) = &term {
                ranked_by.push(text.clone());
            }
            if let Some(term) = term.filter(|term| !terms.contains(term)) {
                terms.push(term);
            }
            rest = after.trim_start();
        }
        Self { terms, ranked_by, unread }
    }

    /// Whether no price, or no quantity, can be all that is asked of it, as in `price>10 price<5`.
    #[must_use]
    pub fn contradicts_itself(&self) -> bool {
        let is_empty = |column: &str| {
            let asked = self.terms.iter().filter(|term| term.wanted).filter_map(|term| match term.about {
                About::Number(compared, comparison, number) if compared == column => Some(comparison.range(number)),
                _ => None,
            });
            let all = (i64::MIN, i64::MAX);
            let (lowest, highest) = asked.fold(all, |range, one| (range.0.max(one.0), range.1.min(one.1)));
            lowest > highest
        };
        is_empty("price") || is_empty("quantity")
    }

    /// The texts that have to be somewhere in an item.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| term.wanted).filter_map(|term| match &term.about {
            About::Text(text) | About::Name(text) | About::Sku(text) | About::Barcode(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// The term that a text begins with, if it says anything, and what follows it.
fn term(text: &str, currency: Currency) -> (Option<Term>, &str) {
    let excluded = text.strip_prefix('-').filter(|after| after.chars().next().is_some_and(|c| !c.is_whitespace()));
    let (wanted, body) = excluded.map_or((true, text), |after| (false, after));
    let understood = phrase(body).or_else(|| number(body, currency)).or_else(|| field(body));
    let (about, after) = understood.unwrap_or_else(|| {
        let (word, after) = word(body);
        (text_about(About::Text, word), after)
    });
    (about.map(|about| Term { wanted, about }), after)
}

/// A text in quotes. One that is not closed, as while it is typed, goes on to the end.
fn phrase(text: &str) -> Option<(Option<About>, &str)> {
    let (inside, after) = quoted(text)?;
    Some((text_about(About::Text, inside), after))
}

/// `price>10` and the like, with or without spaces.
fn number(text: &str, currency: Currency) -> Option<(Option<About>, &str)> {
    let Compared { field, comparison, value, after } = compared(text)?;
    let about = if field == "price" {
        // A comma that cannot part thousands is a decimal one.
        let price = currency.parse(value).or_else(|_| currency.parse(&value.replacen(',', ".", 1)));
        About::Number("price", comparison, price.ok()?)
    } else {
        let (sign, number) = value.strip_prefix('-').map_or((1, value), |number| (-1, number));
        let digits = ungrouped(number).filter(|digits| !digits.is_empty())?;
        About::Number("quantity", comparison, sign * digits.parse().unwrap_or(i64::MAX))
    };
    Some((Some(about), after))
}

/// A comparison with what is no number, as it was typed, if a text begins with one.
fn unread_comparison(text: &str, currency: Currency) -> Option<String> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let Compared { after, .. } = compared(text)?;
    number(text, currency).is_none().then(|| text[..text.len() - after.len()].trim_end().to_owned())
}

/// What is compared with what, and what follows it in the text.
struct Compared<'a> {
    field: &'static str,
    comparison: Comparison,
    value: &'a str,
    after: &'a str,
}

/// The comparison that a text begins with, whatever it compares with.
fn compared(text: &str) -> Option<Compared<'_>> {
    let (field, after) = known(text, &NUMBERS)?;
    let (sign, comparison) = SIGNS.iter().find(|(sign, _)| after.trim_start().starts_with(sign))?;
    // A colon stands at its word, and may have a sign of its own behind it.
    let colon = *sign == ":";
    if colon && !after.starts_with(':') {
        return None;
    }
    let mut after = &after.trim_start()[sign.len()..];
    let mut comparison = *comparison;
    if colon && let Some((sign, further)) = SIGNS.iter().find(|(sign, _)| after.starts_with(sign) && *sign != ":") {
        (comparison, after) = (*further, &after[sign.len()..]);
    }
    let (value, after) = if colon { word(after) } else { word(after.trim_start()) };
    Some(Compared { field, comparison, value, after })
}

/// `tag:used` and the like, with or without a space behind the colon; the value may be in quotes.
fn field(text: &str) -> Option<(Option<About>, &str)> {
    let (field, after) = known(text, &FIELDS)?;
    let after = after.strip_prefix(':')?.trim_start();
    let (value, after) = quoted(after).unwrap_or_else(|| word(after));
    let value = value.trim();
    if search_key(value).trim().is_empty() {
        return None;
    }
    let about = match field {
        "name" => text_about(About::Name, value),
        "sku" => text_about(About::Sku, value),
        "barcode" => text_about(About::Barcode, value),
        "store" => Some(About::Store(value.to_owned())),
        _ => Some(About::Tag(value.to_owned())),
    };
    Some((about, after))
}

/// The text as it is searched for, in one line; nothing if nothing is left of it.
fn text_about(about: impl FnOnce(String) -> About, text: &str) -> Option<About> {
    let key = search_key(&text.replace('\n', " "));
    (!key.trim().is_empty()).then(|| about(key))
}

/// The field that a text begins with, whatever its case, and what follows it.
fn known<'a>(text: &'a str, fields: &[&'static str]) -> Option<(&'static str, &'a str)> {
    let field =
        fields.iter().find(|field| text.get(..field.len()).is_some_and(|head| head.eq_ignore_ascii_case(field)));
    field.map(|field| (*field, &text[field.len()..]))
}

/// What is between the quotes that a text begins with, and what follows them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix(QUOTES)?;
    let (inside, after) = inside.split_once(QUOTES).unwrap_or((inside, ""));
    (!inside.trim().is_empty()).then_some((inside, after))
}

/// Everything up to the next space, and what follows.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(typed: &str) -> Vec<(bool, About)> {
        let query = Query::parse(typed, Currency::default());
        query.terms.into_iter().map(|term| (term.wanted, term.about)).collect()
    }

    fn text(text: &str) -> (bool, About) {
        (true, About::Text(text.to_owned()))
    }

    #[test]
    fn words_and_phrases_are_texts_without_case_and_accents() {
        assert_eq!(parsed("  Crème   BRÛLÉE "), [text("creme"), text("brulee")]);
        assert_eq!(parsed("\"Red lamp\" red “Blue  lamp”"), [text("red lamp"), text("red"), text("blue lamp")]);
        assert_eq!(parsed("lamp LAMP lamp"), [text("lamp")]);
        assert_eq!(parsed("blue \"Red la"), [text("blue"), text("red la")]);
        assert_eq!(parsed("AB-17 a - b"), [text("ab-17"), text("a"), text("-"), text("b")]);
    }

    #[test]
    fn a_minus_excludes_what_follows_it() {
        let without = |about| (false, about);
        assert_eq!(parsed("lamp -red"), [text("lamp"), without(About::Text("red".to_owned()))]);
        assert_eq!(parsed("-\"Red lamp\""), [without(About::Text("red lamp".to_owned()))]);
        assert_eq!(parsed("-tag:Used"), [without(About::Tag("Used".to_owned()))]);
        assert_eq!(parsed("-price>2"), [without(About::Number("price", Comparison::More, 200))]);
        assert_eq!(parsed("--x"), [without(About::Text("-x".to_owned()))]);
    }

    #[test]
    fn fields_are_named_before_a_colon() {
        assert_eq!(
            parsed("SKU:Ab-1 barcode:400 name:é"),
            [
                (true, About::Sku("ab-1".to_owned())),
                (true, About::Barcode("400".to_owned())),
                (true, About::Name("e".to_owned()))
            ]
        );
        for typed in ["store:\"North dock\" tag:Used", "store: \"North dock\"  tag: Used"] {
            assert_eq!(
                parsed(typed),
                [(true, About::Store("North dock".to_owned())), (true, About::Tag("Used".to_owned()))]
            );
        }
        assert_eq!(parsed("tag:\"On sale"), [(true, About::Tag("On sale".to_owned()))]);
    }

    #[test]
    fn what_no_number_can_be_contradicts_itself() {
        let contradicts = |typed| Query::parse(typed, Currency::default()).contradicts_itself();
        for typed in ["price>10 price<5", "price<5 lamp price=5", "stock<0 stock>=0", "price=1 price=2", "qty>3 qty<4"]
        {
            assert!(contradicts(typed), "{typed}");
        }
        for typed in ["price>10 stock<5", "price>5 price<=5.01", "price=1 -price=1", "price>10 -price<5", "lamp", ""] {
            assert!(!contradicts(typed), "{typed}");
        }
    }

    #[test]
    fn prices_and_stock_are_compared() {
        let price = |comparison, minor| (true, About::Number("price", comparison, minor));
        let stock = |comparison, number| (true, About::Number("quantity", comparison, number));
        assert_eq!(parsed("price>10"), [price(Comparison::More, 1000)]);
        assert_eq!(parsed("Price >= $1,234.50"), [price(Comparison::AtLeast, 123_450)]);
        assert_eq!(
            parsed("price<10,50 price=1,234"),
            [price(Comparison::Less, 1050), price(Comparison::Equal, 123_400)]
        );
        assert_eq!(
            parsed("price:7.13 price:>7 price≤8"),
            [price(Comparison::Equal, 713), price(Comparison::More, 700), price(Comparison::AtMost, 800)]
        );
        assert_eq!(
            parsed("stock<5 qty=1,000 quantity:0"),
            [stock(Comparison::Less, 5), stock(Comparison::Equal, 1000), stock(Comparison::Equal, 0)]
        );
    }

    #[test]
    fn what_cannot_be_understood_is_taken_literally() {
        for typed in [
            "price>",
            "price>x",
            "sku:",
            "stock<1.5",
            "stock<2,5",
            "-",
            "\"",
            "12\"",
            "colour:red",
            "tag",
            "price>1.2.3",
            "price>1.2,3",
            "%_\\",
        ] {
            assert_eq!(parsed(typed), [text(typed)], "{typed}");
        }
        let unread = |typed| Query::parse(typed, Currency::default()).unread;
        assert_eq!(unread("lamp price>x -stock < many qty:"), ["price>x", "stock < many", "qty:"]);
        assert_eq!(unread("price>1 \"price>x\" pricey stock"), [""; 0]);
        assert_eq!(parsed("price > lamp"), [text("price"), text(">"), text("lamp")]);
        assert_eq!(
            parsed(" \u{301} -\u{301} \"\" -\"  \""),
            [text("\"\""), (false, About::Text("\"".to_owned())), text("\"")]
        );
        assert_eq!(parsed(""), []);
    }

    proptest! {
        #[test]
        fn nothing_that_can_be_typed_is_too_odd(typed in "(?s).{0,60}", odd in "[-:<>=≥\" \"“a-c1.,]{0,40}", field in "(-?(price|stock|sku|tag|store)[:<>=]{0,2}[\"x1 ]{0,3}){0,4}") {
            for typed in [&typed, &odd, &field] {
                for term in Query::parse(typed, Currency::default()).terms {
                    if let About::Text(text) = &term.about {
                        prop_assert!(!text.trim().is_empty());
                        prop_assert_eq!(&search_key(text), text);
                    }
                }
            }
        }
    }
}
