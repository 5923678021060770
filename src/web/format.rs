use std::borrow::Borrow;
use std::fmt;

use arrayvec::ArrayString;
use askama::filters::{Html, HtmlSafe, escape};
use askama::{FastWritable, Values};
use chrono::NaiveDateTime;

use crate::db::{COUNT_CAP, Count};
use crate::fields::{Currency, Grouped, Moment, Price};

/// What has no letter to escape, written at once: lists are full of it.
#[derive(Debug)]
pub struct Figures<const LENGTH: usize>(ArrayString<LENGTH>);

impl<const LENGTH: usize> fmt::Display for Figures<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const LENGTH: usize> HtmlSafe for Figures<LENGTH> {}

impl<const LENGTH: usize> FastWritable for Figures<LENGTH> {
    fn write_into(&self, page: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(page.write_str(&self.0)?)
    }
}

/// A price with its decimals, like `1,234.50`.
#[must_use]
pub fn price(minor: impl Borrow<i64>) -> Figures<64> {
    Figures(Price(Currency::installed(), *minor.borrow()).text())
}

/// A whole number with a comma at every thousand.
#[must_use]
pub fn number(number: impl Borrow<i64>) -> Figures<64> {
    Figures(Grouped(*number.borrow()).text())
}

/// A sum of prices with its decimals.
#[must_use]
pub fn worth(minor: impl Borrow<i128>) -> Figures<64> {
    Figures(Price(Currency::installed(), *minor.borrow()).text())
}

/// A sum of quantities with a comma at every thousand.
#[must_use]
pub fn sum(quantity: impl Borrow<i128>) -> Figures<64> {
    Figures(Grouped(*quantity.borrow()).text())
}

/// A text as HTML, for what a page prints as it stands.
#[must_use]
pub fn escaped(text: &str) -> String {
    let Ok(html) = escape(text, Html);
    html.to_string()
}

/// A count with its noun: `1 item`, `9,485 items`, `10,000+ items`.
#[must_use]
pub fn count(count: impl Borrow<Count>, noun: &str) -> String {
    match *count.borrow() {
        Count::Exactly(1) => format!("1 {noun}"),
        Count::Exactly(n) => format!("{} {noun}s", Grouped(n)),
        Count::BeyondCap => format!("{}+ {noun}s", Grouped(COUNT_CAP)),
        Count::AtLeast(n) if n < 1 => String::new(),
        Count::AtLeast(n) => {
            let round = 10_i64.pow(n.ilog10());
            format!("{}+ {noun}s", Grouped(n / round * round))
        }
    }
}

/// A count that is not capped with its noun: `1 item`, `48,213 items`.
#[must_use]
pub fn exact(count: impl Borrow<i64>, noun: &str) -> String {
    match *count.borrow() {
        1 => format!("1 {noun}"),
        n => format!("{} {noun}s", Grouped(n)),
    }
}

/// A time for people, like `2026-11-23 14:05` (UTC).
#[must_use]
pub fn time(time: &NaiveDateTime) -> Figures<16> {
    Figures(Moment(*time).to_the_minute())
}

/// A time for programs (RFC 3339).
#[must_use]
pub fn timestamp(time: &NaiveDateTime) -> Figures<27> {
    Figures(Moment(*time).to_the_microsecond())
}

/// Through which door a change came, in words.
#[must_use]
pub fn door(source: &str) -> &'static str {
    match source {
        "page" => "on a page",
        "api" => "by the API",
        "import" => "by an import",
        _ => "at the command line",
    }
}

/// How long to wait.
#[must_use]
pub fn wait(seconds: u64) -> String {
    match (seconds, seconds.div_ceil(60)) {
        (1, _) => "a second".to_owned(),
        (0..60, _) => format!("{seconds} seconds"),
        (_, 1) => "a minute".to_owned(),
        (_, minutes) => format!("{minutes} minutes"),
    }
}

/// What a form says that was sent before, with something else typed in it. As HTML.
#[must_use]
pub fn already_sent(location: &str) -> String {
    format!(
        "This form was sent before, and <a href=\"{}\">this is what it saved</a>. What you see here is typed since, \
         and not saved yet. Save it, and it will be a second one.",
        escaped(location)
    )
}

/// What a form says when what it edits was deleted. As HTML.
#[must_use]
pub fn deleted_meanwhile(noun: &str, id: i64) -> String {
    format!(
        "This {noun} was deleted while you had it open (<a href=\"/{noun}s/{id}/history\">see its history</a>). \
         What you typed is still here. Save it, and it will be a new {noun}."
    )
}

/// What the question before a deletion says when it was answered too late.
#[must_use]
pub fn changed_meanwhile(noun: &str) -> String {
    format!(
        "This {noun} was changed while you had it open. Look at it as it is now, and say again whether to delete it."
    )
}
