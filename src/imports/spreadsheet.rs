use std::borrow::Cow;

/// What spreadsheets show in place of a value that they cannot compute.
const ERRORS: [&str; 10] =
    ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!"];

/// The text of a cell. As a formula, `="00123"`, it keeps the zeros that a spreadsheet would take away.
pub fn text(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        Some(text) => Cow::Owned(text.replace("\"\"", "\"")),
        None => Cow::Borrowed(cell),
    }
}

/// A cell to write, from which [`text`] reads this text.
#[must_use]
pub fn cell(written: &str) -> Cow<'_, str> {
    match text(written) {
        Cow::Borrowed(_) => Cow::Borrowed(written),
        Cow::Owned(_) => Cow::Owned(format!("=\"{}\"", written.replace('"', "\"\""))),
    }
}

/// What is wrong with what a spreadsheet has left in the cell of a field.
pub fn fault(field: &str, cell: &str) -> Option<String> {
    let cell = cell.trim();
    let is_too_narrow = cell.len() > 3 && cell.bytes().all(|byte| byte == b'#');
    let is_code = matches!(field, "sku" | "barcode" | "code" | "store.code");
    let is_any_text = matches!(field.trim_start_matches("store."), "description" | "notes" | "tags");
    if !is_any_text && (is_too_narrow || ERRORS.contains(&cell)) {
        return Some(format!(
            "A spreadsheet shows “{cell}” where it has no value, or no room for it. Mend that there, and save the file again."
        ));
    }
    (is_code && is_shortened(cell)).then(|| {
        format!(
            "A spreadsheet has shortened a number to “{cell}”. Show all of it there, as text, and save the file again."
        )
    })
}

/// Whether this is a number like `4.00638E+12`.
fn is_shortened(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((number, power)) = cell.split_once("E+") else { return false };
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    digits(whole) && digits(decimals) && digits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_has_broken_is_told_from_what_people_write() {
        for cell in ["#N/A", " #REF! ", "########", "4.00638E+12", "4,00638E+12", "1E+05"] {
            assert!(fault("sku", cell).is_some(), "{cell}");
        }
        for cell in ["", "#", "##", "#1", "N/A", "E+5", "1E5", "1.2.3E+5", "1E+", "USB-C E+ 5", "00123"] {
            assert_eq!(fault("sku", cell), None, "{cell}");
        }
        assert_eq!((fault("name", "1E+05"), fault("store.notes", "#N/A")), (None, None));
    }

    #[test]
    fn a_text_is_taken_out_of_its_formula() {
        for (cell, expected) in
            [("=\"00123\"", "00123"), ("=\"5\"\" pipe\"", "5\" pipe"), ("=1+1", "=1+1"), ("=\"", "=\"")]
        {
            assert_eq!(text(cell), expected);
            assert_eq!(text(&super::cell(cell)), cell, "written and read");
        }
    }
}
