/// Takes a line of names apart at its commas. A name in double quotes may hold a comma itself.
#[must_use]
pub fn split_names(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(line.trim().as_bytes());
    reader
        .records()
        .flatten() // reading from memory fails for invalid UTF-8 only, and this is a &str
        .flat_map(|record| record.iter().map(str::to_owned).collect::<Vec<_>>())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Writes names in a line, as [`split_names`] reads it.
#[must_use]
pub fn join_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = names.into_iter().map(|name| {
        if name.contains([',', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{join_names, split_names};
    use proptest::prelude::*;

    #[test]
    fn a_comma_separates_unless_it_is_quoted() {
        assert_eq!(split_names(" Vodka, \"Rum, dark\" ,,Gin "), ["Vodka", "Rum, dark", "Gin"]);
    }

    proptest! {
        #[test]
        fn names_joined_are_the_names_split(names in prop::collection::vec("[a-z,\"']{1,3}[a-z]", 1..5)) {
            prop_assert_eq!(split_names(&join_names(names.iter().map(String::as_str))), names);
        }
    }
}
