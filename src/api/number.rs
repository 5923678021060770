use serde_json::Number;

use crate::fields::Currency;

pub const INVALID: &str = "Not a valid number.";
const SPECIAL: &str = "Special numeric values (nan or infinity) are not permitted.";

/// How far a float may be from the price that it stands for, as a part of it: what reckoning with
/// floats leaves behind, and far less than anybody means.
const NOISE: f64 = 1e-13;

/// A number as a program writes it, as a form would send it. A float that is off by less than the
/// program can help (0.1 + 0.2) counts as the price that it stands for.
///
/// # Errors
/// The fault, if it is no number.
pub fn price(typed: &str) -> Result<String, &'static str> {
    let number = float(typed.trim()).ok_or(INVALID)?;
    if number.is_finite() { Ok(decimal(number)) } else { Err(SPECIAL) }
}

/// An integer of JSON: `3` and `3.0`.
pub fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.0e15)?;
        #[allow(clippy::cast_possible_truncation)] // whole, and within what a float tells apart
        Some(float as i64)
    })
}

/// A number as Python's `float` reads it: `_` between digits will do.
fn float(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    let proper = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    plain.parse().ok().filter(|_| proper && !text.is_empty())
}

/// The number in decimal digits, without the noise. What has too many decimals keeps them, to be refused.
fn decimal(number: f64) -> String {
    let places = Currency::installed().decimals();
    let scale = 10_f64.powi(i32::try_from(places).unwrap_or_default());
    let rounded = (number * scale).round() / scale;
    let noise = (number.abs().max(1.0) * NOISE).min(0.01 / scale);
    let clean = if (number - rounded).abs() <= noise { rounded } else { number };
    // Debug writes 1e16 and more with an exponent; Display does not.
    format!("{}", if clean == 0.0 { 0.0 } else { clean })
}
