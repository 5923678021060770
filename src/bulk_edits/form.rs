use super::{By, Operation, PriceChange, Rounding};
use crate::fields::{Currency, FormErrors, Grouped};
use crate::tags;
use crate::web::FormData;

/// What can be done, as it stands in the URL, and what it is called.
pub const OPERATIONS: [(&str, &str); 9] = [
    ("change-price-by-percentage", "Change prices by a percentage"),
    ("change-price-by-amount", "Change prices by an amount"),
    ("set-price", "Set the same price"),
    ("set-quantity", "Set the same quantity"),
    ("set-description", "Set the same description"),
    ("add-tag", "Add a tag"),
    ("remove-tag", "Remove a tag"),
    ("move", "Move to another store"),
    ("delete", "Delete"),
];

/// The largest percentage by which a price can rise.
const PERCENT_MAX: i64 = 1_000;

/// A bulk edit as typed. Which store items move to is typed elsewhere: see `pages.rs`.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // each is the field of one operation; see `OPERATIONS`
pub struct BulkEditForm {
    pub operation: String,
    pub percent: String,
    pub amount: String,
    pub rounding: String,
    pub price: String,
    pub quantity: String,
    pub description: String,
    pub tag: String,
}

impl BulkEditForm {
    /// An empty form for this operation.
    #[must_use]
    pub fn of(operation: &str) -> Self {
        Self { operation: operation.to_owned(), rounding: Rounding::ALL[0].name(), ..Self::default() }
    }

    /// As it was sent.
    #[must_use]
    pub fn read(data: &FormData) -> Self {
        Self {
            operation: data.text("operation"),
            percent: data.text("percent"),
            amount: data.text("amount"),
            rounding: data.text("rounding"),
            price: data.text("price"),
            quantity: data.text("quantity"),
            description: data.text("description"),
            tag: data.text("tag"),
        }
    }

    /// What the operation is called, if it is one.
    #[must_use]
    pub fn title(&self) -> Option<&'static str> {
        OPERATIONS.iter().find(|(name, _)| *name == self.operation).map(|(_, title)| *title)
    }

    /// What was typed, as far as it can be taken; faults are added to `errors`. `store` is where items move to.
    pub fn check(&self, store: (i64, String), errors: &mut FormErrors) -> Operation {
        let currency = Currency::installed();
        match self.operation.as_str() {
            "change-price-by-percentage" => {
                let by = By::Percent(or_fault(errors, "percent", hundredths(&self.percent)));
                Operation::ChangePrice(PriceChange { by, rounding: self.rounding(errors) })
            }
            "change-price-by-amount" => {
                let by = By::Amount(or_fault(errors, "amount", signed(&self.amount, currency)));
                Operation::ChangePrice(PriceChange { by, rounding: self.rounding(errors) })
            }
            "set-price" => Operation::SetPrice(errors.money("price", &self.price, currency)),
            "set-quantity" => {
                if self.quantity.trim().is_empty() {
                    errors.add("quantity", "Write a whole number, like 12.");
                }
                Operation::SetQuantity(errors.quantity("quantity", &self.quantity))
            }
            "set-description" => Operation::SetDescription(errors.long_text("description", &self.description, 10_000)),
            "add-tag" => Operation::AddTag(errors.text("tag", &self.tag, 1..=tags::NAME_MAX)),
            "remove-tag" => Operation::RemoveTag(errors.text("tag", &self.tag, 1..=tags::NAME_MAX)),
            "move" => Operation::Move { store_id: store.0, store: store.1 },
            "delete" => Operation::Delete,
            _ => {
                errors.add("operation", "Choose what to change.");
                Operation::SetQuantity(0)
            }
        }
    }

    fn rounding(&self, errors: &mut FormErrors) -> Rounding {
        Rounding::named(&self.rounding).unwrap_or_else(|| {
            errors.add("rounding", "Choose how to round.");
            Rounding::ALL[0]
        })
    }
}

fn or_fault(errors: &mut FormErrors, field: &'static str, read: Result<i64, String>) -> i64 {
    read.unwrap_or_else(|fault| {
        errors.add(field, fault);
        0
    })
}

/// The sign of a number, and what follows it.
fn sign(typed: &str) -> (i64, &str) {
    let typed = typed.trim();
    match typed.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, typed.strip_prefix('+').unwrap_or(typed)),
    }
}

/// Reads an amount with its sign, in minor units.
fn signed(typed: &str, currency: Currency) -> Result<i64, String> {
    let (sign, digits) = sign(typed);
    match currency.parse(digits)? {
        0 => Err("This changes nothing. Write an amount like 0.50 or -0.50.".to_owned()),
        minor => Ok(sign * minor),
    }
}

/// Reads a percentage like `5`, `-2.5` or `+7.25 %`, in hundredths of a percent.
fn hundredths(typed: &str) -> Result<i64, String> {
    let (sign, digits) = sign(typed);
    let digits = digits.trim().trim_end_matches('%').trim();
    let unclear = || "Write a number with two decimals at most, like 5 or -2.5.".to_owned();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = [whole, fraction].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    if !is_number || fraction.len() > 2 || whole.is_empty() && fraction.is_empty() && !digits.contains('0') {
        return Err(unclear());
    }
    let hundredths = format!("{whole}{fraction:0<2}").parse::<i64>().unwrap_or(i64::MAX);
    match (sign, hundredths) {
        (_, 0) => Err("This changes nothing. Write a number like 5 or -2.5.".to_owned()),
        (-1, hundredths) if hundredths > 10_000 => Err("A price cannot fall by more than 100 %.".to_owned()),
        (_, hundredths) if hundredths > PERCENT_MAX * 100 => {
            Err(format!("A price cannot rise by more than {} % at once.", Grouped(PERCENT_MAX)))
        }
        (sign, hundredths) => Ok(sign * hundredths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_can_be_written_in_many_ways() {
        for (typed, read) in [
            ("5", 500),
            ("+5 %", 500),
            ("-2.5", -250),
            ("−0.25%", -25),
            (" 7.250 % ", 725),
            (".5", 50),
            ("1000", 100_000),
            ("-100", -10_000),
        ] {
            assert_eq!(hundredths(typed), Ok(read), "{typed}");
        }
    }

    #[test]
    fn what_is_not_a_percentage_is_refused_not_guessed() {
        for typed in ["", "%", "0", "-0.00", "2.125", "1e2", "5,5", "1000.01", "-100.01", "abc", "--5", "5%5", ".", "-"]
        {
            assert!(hundredths(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn an_amount_has_a_sign() {
        let read = |typed: &str| signed(typed, Currency::default());
        assert_eq!(
            [read("0.50"), read("-0.50"), read("+1,000"), read("−$2")],
            [Ok(50), Ok(-50), Ok(100_000), Ok(-200)]
        );
        assert!(["", "0", "-0.00", "0.001", "--1", "x"].iter().all(|typed| read(typed).is_err()));
    }
}
