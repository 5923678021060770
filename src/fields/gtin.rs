/// Whether this is a GTIN-8, -12, -13 or -14 by its form, but with a last digit that does not check.
///
/// The rule is in the GS1 General Specifications, section 7.9.1: from the right, digits count
/// alternately three times and once, and the check digit brings the sum to a multiple of ten.
#[must_use]
pub fn has_wrong_check_digit(barcode: &str) -> bool {
    let is_gtin = matches!(barcode.len(), 8 | 12 | 13 | 14) && barcode.bytes().all(|b| b.is_ascii_digit());
    let sum: u32 = barcode
        .bytes()
        .rev()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum();
    is_gtin && !sum.is_multiple_of(10)
}

/// These digits with the check digit that makes them a GTIN.
#[must_use]
pub fn with_check_digit(digits: &str) -> String {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::{has_wrong_check_digit, with_check_digit};

    #[test]
    fn every_length_of_gtin_is_checked() {
        for right in ["96385074", "036000291452", "4006381333931", "10614141000415"] {
            assert!(!has_wrong_check_digit(right), "{right}");
            assert_eq!(with_check_digit(&right[..right.len() - 1]), right);
            let wrong = format!("{}{}", &right[..right.len() - 1], (right.as_bytes()[right.len() - 1] - b'0' + 1) % 10);
            assert!(has_wrong_check_digit(&wrong), "{wrong}");
        }
    }

    #[test]
    fn other_barcodes_are_free_text() {
        for free in ["", "1234567", "BOX-4006381333932", "123456789", "４００６３８１３３３９３２"] {
            assert!(!has_wrong_check_digit(free), "{free}");
        }
    }
}
