use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Read;

use serde::Deserializer as _;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::Value;

use super::ImportError;
use super::file::{Row, Sink};
use crate::fields::join_names;

/// The most different paths that the objects of a file may have: a guard against a file that uses keys as data.
const HEADERS_MAX: usize = 1_000;

/// The paths of all values in an array of objects, each once: `name`, `location.lat`.
pub fn headers(input: impl Read) -> Result<Vec<String>, ImportError> {
    let mut headers: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    each(input, &mut |_, value| {
        if !value.is_object() {
            return Ok(()); // refused when its turn comes
        }
        flatten(&value, "", &mut |path, _| {
            if known.insert(path.to_owned()) {
                headers.push(path.to_owned());
            }
        });
        if headers.len() > HEADERS_MAX {
            return Err(ImportError::File(format!("the objects have more than {HEADERS_MAX} different keys")));
        }
        Ok(())
    })?;
    Ok(headers)
}

/// Reads an array of objects one by one. What is no object is handed over as unreadable.
pub fn rows(input: impl Read, headers: &[String], sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let places: HashMap<&str, usize> = headers.iter().enumerate().map(|(place, path)| (path.as_str(), place)).collect();
    each(input, &mut |line, value| {
        let cells = if value.is_object() {
            let mut cells = vec![None; headers.len()];
            flatten(&value, "", &mut |path, text| {
                if let Some(place) = places.get(path) {
                    cells[*place] = Some(text);
                }
            });
            Ok(cells)
        } else {
            Err("This is no object.".to_owned())
        };
        sink(Row { line, cells })
    })
}

/// Calls `each` with every value at its path.
fn flatten(value: &Value, path: &str, each: &mut impl FnMut(&str, String)) {
    let Value::Object(object) = value else { return each(path, text(value)) };
    for (key, value) in object {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        flatten(value, &path, each);
    }
}

/// A value as one would type it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            let text = number.to_string();
            match number.as_f64() {
                // Written without; and not where a float would not have all the digits.
                Some(float) if text.contains(['e', 'E']) && text.len() < 16 => float.to_string(),
                _ => text.strip_suffix(".0").map_or(text.clone(), str::to_owned), // 3.0 of something are 3
            }
        }
        Value::Array(values) => join_names(values.iter().map(text).collect::<Vec<_>>().iter().map(String::as_str)),
        Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

/// Takes each element of an array, with only that one in memory.
fn each(input: impl Read, take: &mut dyn FnMut(i64, Value) -> Result<(), ImportError>) -> Result<(), ImportError> {
    let mut failed = None;
    let mut reader = serde_json::Deserializer::from_reader(input);
    let read = reader.deserialize_seq(Elements { take, failed: &mut failed }).and_then(|()| reader.end());
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) if error.is_data() || error.is_syntax() && error.column() < 2 => {
            Err(ImportError::File(format!("a JSON file has to be one array of objects, like [{{…}}, {{…}}]: {error}")))
        }
        (None, Err(error)) if error.is_eof() => Err(ImportError::File(format!("the file breaks off: {error}"))),
        (None, Err(error)) => Err(ImportError::File(error.to_string())),
        (None, Ok(())) => Ok(()),
    }
}

struct Elements<'a> {
    take: &'a mut dyn FnMut(i64, Value) -> Result<(), ImportError>,
    failed: &'a mut Option<ImportError>,
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut place = 0;
        while let Some(value) = elements.next_element::<Value>()? {
            place += 1;
            if let Err(error) = (self.take)(place, value) {
                *self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_are_named_by_their_path() {
        let file = br#"[{"name": "A", "location": {"lat": 44.5}}, {"tags": ["Rum, dark", "Gin"], "qty": 3.0, "price": 1.25e1}, 7]"#;
        let headers = headers(&file[..]).expect("reads");
        assert_eq!(headers[..2], ["location.lat", "name"]);
        let mut rows_read = Vec::new();
        rows(&file[..], &headers, &mut |row| {
            rows_read.push(row.cells);
            Ok(())
        })
        .expect("reads");
        let first = rows_read[0].as_ref().expect("an object");
        assert_eq!(first.iter().map(Option::as_deref).collect::<Vec<_>>(), [Some("44.5"), Some("A"), None, None, None]);
        let second = rows_read[1].as_ref().expect("an object");
        for text in ["\"Rum, dark\",Gin", "3", "12.5"] {
            assert!(second.contains(&Some(text.to_owned())), "{second:?}");
        }
        assert!(rows_read[2].is_err());
    }

    #[test]
    fn a_file_that_breaks_off_is_refused() {
        assert!(headers(&br#"[{"name": "A"}"#[..]).is_err());
        assert!(headers(&br#"{"name": "A"}"#[..]).is_err());
    }
}
