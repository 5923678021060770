use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use arrayvec::ArrayString;

/// The largest price, in minor units: a float still tells it from its neighbours.
pub const MINOR_MAX: i64 = 100_000_000_000_000;

/// What prices are in (ISO 4217). It gives the number of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(iso_currency::Currency);

static INSTALLED: OnceLock<Currency> = OnceLock::new();

impl Default for Currency {
    fn default() -> Self {
        Self(iso_currency::Currency::USD)
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        iso_currency::Currency::from_code(&code.trim().to_ascii_uppercase())
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| {
                format!("“{code}” is no currency of ISO 4217 with minor units; use a code like USD, EUR or JPY")
            })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code())
    }
}

impl Currency {
    /// Makes this the currency of the installation. The first call counts.
    pub fn install(self) {
        let _ = INSTALLED.set(self);
    }

    /// The currency of the installation.
    #[must_use]
    pub fn installed() -> Self {
        INSTALLED.get().copied().unwrap_or_default()
    }

    /// How many digits follow the decimal point.
    #[must_use]
    pub fn decimals(self) -> usize {
        usize::from(self.0.exponent().unwrap_or_default())
    }

    /// Reads a price: `1,234.50`, `1234.5`, `$7.13` and `7.13 USD` will do.
    ///
    /// # Errors
    /// What is wrong, in words for the person who typed it. Nothing is rounded.
    pub fn parse(self, typed: &str) -> Result<i64, String> {
        let example = self.format(1250);
        let number = self.without_sign(typed);
        if number.is_empty() {
            return Err(format!("Write a price, like {example}."));
        }
        if number.starts_with(['-', '\u{2212}']) {
            return Err("A price cannot fall below zero.".to_owned());
        }
        let point =
            if typed.contains(',') && !typed.contains('.') && self.decimals() > 0 { "with a point, " } else { "" };
        let unclear = || format!("“{}” is not a price. Write it {point}like {example}.", super::shown(typed.trim()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole = ungrouped(whole).ok_or_else(unclear)?;
        if !fraction.bytes().all(|b| b.is_ascii_digit()) || (whole.is_empty() && fraction.is_empty()) {
            return Err(unclear());
        }
        let significant = fraction.trim_end_matches('0');
        if significant.len() > self.decimals() {
            return Err(match self.decimals() {
                0 => format!("{self} has no decimals. Write a whole number."),
                n => format!("{self} has {n} decimals; this has {}. Round it as you mean it.", significant.len()),
            });
        }
        format!("{whole}{significant:0<width$}", width = self.decimals())
            .parse::<i64>()
            .ok()
            .filter(|minor| *minor <= MINOR_MAX)
            .ok_or_else(|| format!("That is more than {}, the highest price there can be.", self.format(MINOR_MAX)))
    }

    fn without_sign(self, typed: &str) -> &str {
        let code = self.0.code();
        let symbol = self.0.symbol().symbol;
        let mut rest = typed.trim();
        for sign in [code, symbol.as_str()] {
            rest = rest.strip_prefix(sign).or_else(|| rest.strip_suffix(sign)).unwrap_or(rest).trim();
        }
        rest
    }

    /// Writes a price for people: `1,234.50`.
    #[must_use]
    pub fn format(self, minor: impl itoa::Integer + Copy) -> String {
        Price(self, minor).to_string()
    }

    /// Writes a price for programs: `1234.50`.
    #[must_use]
    pub fn plain(self, minor: impl fmt::Display) -> String {
        let digits = format!("{minor:0>width$}", width = self.decimals() + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.decimals());
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }
}

/// The digits of a whole number written with or without separators at the thousands, or `None` if it is something else.
#[must_use]
pub fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split([',', ' ', '\u{a0}', '\u{202f}', '\'', '’']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let fits = rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || (1..=3).contains(&first.len()));
    let digits = format!("{first}{}", rest.concat());
    (fits && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// The digits of a number, without asking for memory: lists are full of them. A sum of prices has 40 at most, and a comma at
/// every thousand.
pub type Digits = ArrayString<64>;

/// A price written for people, like `1,234.50`.
#[derive(Debug, Clone, Copy)]
pub struct Price<N>(pub Currency, pub N);

impl<N: itoa::Integer + Copy> Price<N> {
    /// The digits, with a comma at every thousand of the whole part.
    #[must_use]
    pub fn text(&self) -> Digits {
        let decimals = self.0.decimals();
        let mut buffer = itoa::Buffer::new();
        let number = buffer.format(self.1);
        let mut digits = Digits::new();
        for _ in number.len()..=decimals {
            digits.push('0');
        }
        digits.push_str(number);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let mut text = grouped(whole);
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(fraction);
        }
        text
    }
}

impl<N: itoa::Integer + Copy> fmt::Display for Price<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// A whole number written with a comma at every thousand.
#[derive(Debug, Clone, Copy)]
pub struct Grouped<N>(pub N);

impl<N: itoa::Integer + Copy> Grouped<N> {
    /// The digits with their commas.
    #[must_use]
    pub fn text(&self) -> Digits {
        grouped(itoa::Buffer::new().format(self.0))
    }
}

impl<N: itoa::Integer + Copy> fmt::Display for Grouped<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

fn grouped(number: &str) -> Digits {
    let (sign, digits) = number.split_at(number.len() - number.trim_start_matches('-').len());
    let mut text = Digits::new();
    text.push_str(sign);
    let (mut first, mut rest) = digits.split_at(digits.len() % 3);
    if first.is_empty() && !rest.is_empty() {
        (first, rest) = rest.split_at(3);
    }
    text.push_str(first);
    while !rest.is_empty() {
        let (group, others) = rest.split_at(3);
        text.push(',');
        text.push_str(group);
        rest = others;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(typed: &str) -> Result<i64, String> {
        Currency::default().parse(typed)
    }

    #[test]
    fn one_price_can_be_written_in_many_ways() {
        for typed in ["1,234.50", "1234.5", " 1234.500 ", "$1,234.50", "1 234.50", "1234.50 USD", "001234.5"] {
            assert_eq!(usd(typed), Ok(123_450), "{typed}");
        }
        assert_eq!(usd(".5"), Ok(50));
        assert_eq!(usd("5."), Ok(500));
    }

    #[test]
    fn what_is_not_a_price_is_refused_not_guessed() {
        for typed in [
            "",
            "7.1.3",
            "1,23",
            "1,2345.00",
            "abc",
            "-1",
            "1e3",
            "７",
            "7.135",
            ".",
            "NaN",
            "99999999999999999999",
            "1.234,50",
            "$",
        ] {
            assert!(usd(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn the_currency_gives_the_decimals() {
        let yen: Currency = "jpy".parse().expect("JPY is a currency");
        assert_eq!(yen.parse("1,000"), Ok(1000));
        assert!(yen.parse("1.5").is_err());
        assert_eq!(yen.format(1000), "1,000");
        let dinar: Currency = "KWD".parse().expect("KWD is a currency");
        assert_eq!(dinar.parse("1.234"), Ok(1234));
        assert!("GOLD".parse::<Currency>().is_err());
    }

    #[test]
    fn every_thousand_has_its_comma() {
        for (number, written) in [
            (0, "0"),
            (-7, "-7"),
            (999, "999"),
            (1_000, "1,000"),
            (-123_456, "-123,456"),
            (i128::MIN, "-170,141,183,460,469,231,731,687,303,715,884,105,728"),
        ] {
            assert_eq!(Grouped(number).to_string(), written);
        }
        assert_eq!(Currency::default().format(i128::MAX), "1,701,411,834,604,692,317,316,873,037,158,841,057.27");
        assert_eq!(format!("{:>7}", Grouped(1_000)), "  1,000");
    }

    proptest! {
        #[test]
        fn a_price_shown_is_the_price_read(minor in 0..=MINOR_MAX) {
            prop_assert_eq!(usd(&Currency::default().format(minor)), Ok(minor));
            prop_assert_eq!(usd(&Currency::default().plain(minor)), Ok(minor));
        }
    }
}
