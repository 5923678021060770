use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::{Currency, has_wrong_check_digit, name_key, text, ungrouped};

/// The largest quantity of one item.
const QUANTITY_MAX: i64 = 1_000_000_000;

/// Everything wrong with a form, in the order found: a fault, under the name of its field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors(Vec<(&'static str, String)>);

impl FormErrors {
    /// A form with this one fault.
    #[must_use]
    pub fn one(field: &'static str, fault: impl Into<String>) -> Self {
        Self(vec![(field, fault.into())])
    }

    /// Notes a fault. A field keeps its first one: later checks may only follow from it.
    pub fn add(&mut self, field: &'static str, fault: impl Into<String>) {
        if self.on(field).is_none() {
            self.0.push((field, fault.into()));
        }
    }

    /// The fault of a field, if it has one.
    #[must_use]
    pub fn on(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, fault)| fault.as_str())
    }

    /// Every field with its fault, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, fault)| (*field, fault.as_str()))
    }

    /// The faults in the order in which the fields stand in a form.
    #[must_use]
    pub fn in_order(mut self, fields: &[&str]) -> Self {
        self.0.sort_by_key(|(field, _)| fields.iter().position(|name| name == field));
        self
    }

    /// The faults of those fields that `keep` names.
    #[must_use]
    pub fn only(self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.into_iter().filter(|(field, _)| keep(field)).collect())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `draft`, if nothing was found wrong with it.
    ///
    /// # Errors
    /// These errors, if there are any.
    pub fn or<T>(self, draft: T) -> Result<T, Self> {
        if self.is_empty() { Ok(draft) } else { Err(self) }
    }

    /// One line of text without surrounding spaces, its length counted in characters.
    pub fn text(&mut self, field: &'static str, typed: &str, length: RangeInclusive<usize>) -> String {
        let line = typed.trim();
        self.readable(field, line, &length, false);
        line.to_owned()
    }

    /// One line of text that may be left out: nothing, if there is nothing to see in it.
    pub fn optional_text(&mut self, field: &'static str, typed: &str, max: usize) -> Option<String> {
        let line = self.text(field, typed, 0..=max);
        (!text::is_blank(&line)).then_some(line)
    }

    /// Text of several lines, their ends written as `\n`.
    pub fn long_text(&mut self, field: &'static str, typed: &str, max: usize) -> String {
        let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
        let lines = lines.trim();
        self.readable(field, lines, &(0..=max), true);
        lines.to_owned()
    }

    fn readable(&mut self, field: &'static str, line: &str, length: &RangeInclusive<usize>, lines: bool) {
        let characters = line.chars().count();
        if *length.start() > 0 && text::is_blank(line) {
            self.add(field, "Write something here: this cannot be empty.");
        } else if characters > *length.end() {
            self.add(field, format!("This is {characters} characters long. Use {} at most.", length.end()));
        } else if let Some(fault) = text::unreadable(line, lines) {
            self.add(field, fault);
        }
    }

    /// An e-mail address. Whether it can be reached is found out by nobody: no mail is sent.
    pub fn email(&mut self, field: &'static str, typed: &str) -> String {
        let email = self.text(field, typed, 3..=254);
        let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        if !is_address || email.chars().any(char::is_whitespace) || email.matches('@').count() > 1 {
            self.add(field, "Write an e-mail address, like anna@example.com.");
        }
        email
    }

    /// A price in the currency's minor units.
    pub fn money(&mut self, field: &'static str, typed: &str, currency: Currency) -> i64 {
        currency.parse(typed).unwrap_or_else(|fault| {
            self.add(field, fault);
            0
        })
    }

    /// A whole number from 0 to a thousand million; nothing typed is 0.
    pub fn quantity(&mut self, field: &'static str, typed: &str) -> i64 {
        let typed = typed.trim();
        if typed.is_empty() {
            return 0;
        }
        // It may be meant to come on top of what is there.
        if typed.starts_with('+') {
            self.add(field, "Write how many there are in all, as a whole number without a sign.");
            return 0;
        }
        let (is_negative, number) = typed.strip_prefix('-').map_or((false, typed), |number| (true, number));
        let Some(digits) = ungrouped(number).filter(|digits| !digits.is_empty()) else {
            self.add(field, "Write a whole number, like 12.");
            return 0;
        };
        match digits.parse::<i64>() {
            Ok(0) => {}
            _ if is_negative => self.add(field, "A quantity cannot fall below zero."),
            Ok(quantity) if quantity <= QUANTITY_MAX => return quantity,
            _ => self.add(field, "That is more than 1,000,000,000, the most a quantity can be."),
        }
        0
    }

    /// A barcode: free text, but a GTIN by its form must have the right check digit.
    pub fn barcode(&mut self, field: &'static str, typed: &str, max: usize) -> String {
        let barcode = self.text(field, typed, 0..=max);
        if has_wrong_check_digit(&barcode) {
            self.add(field, "The last digit of this barcode does not fit the others. Check the number.");
        }
        barcode
    }

    /// Tag names, each once whatever its case.
    pub fn tag_names(&mut self, field: &'static str, typed: &str, max: usize) -> Vec<String> {
        let mut known = HashSet::new();
        let names = super::split_names(typed).into_iter().map(|name| self.text(field, &name, 1..=max));
        names.filter(|name| known.insert(name_key(name))).collect()
    }
}
