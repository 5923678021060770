/// Takes a line of names apart at its commas. A name in double quotes may hold a comma itself.
#[must_use]
pub fn split_names(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (name, after) = quoted(rest).unwrap_or_else(|| {
            let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
            (name.trim().to_owned(), after)
        });
        if !name.is_empty() {
            names.push(name);
        }
        rest = after.trim_start();
    }
    names
}

/// The quoted name that a line begins with, and what follows its comma. A quote inside is written twice.
fn quoted(line: &str) -> Option<(String, &str)> {
    let mut inside = line.strip_prefix('"')?;
    let mut name = String::new();
    loop {
        let (piece, after) = inside.split_once('"')?;
        name.push_str(piece);
        match after.strip_prefix('"') {
            Some(further) => {
                name.push('"');
                inside = further;
            }
            None if after.trim_start().is_empty() => return Some((name.trim().to_owned(), "")),
            None => return Some((name.trim().to_owned(), after.trim_start().strip_prefix(',')?)),
        }
    }
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
        assert_eq!(split_names("12\" pan, \"Big\" pan,\"open, end"), ["12\" pan", "\"Big\" pan", "\"open", "end"]);
    }

    proptest! {
        #[test]
        fn names_joined_are_the_names_split(names in prop::collection::vec("[a-z,\"']{1,3}[a-z]", 1..5)) {
            prop_assert_eq!(split_names(&join_names(names.iter().map(String::as_str))), names);
        }
    }
}
