//! `docs/api.md`: what it shows is what happens.
use std::process::Command;

use serde_json::Value;

use super::Api;

on_both!(every_call_of_the_page_answers_as_it_says);

const PAGE: &str = include_str!("../../../docs/api.md");

/// A call, the status it gets, and the body.
type Example = (&'static str, u16, Value);

/// Every `sh` block, with the `json` block after it.
fn examples() -> Vec<Example> {
    let mut found = Vec::new();
    let mut blocks = PAGE.split("\n```").skip(1).step_by(2);
    while let Some(block) = blocks.next() {
        let Some(command) = block.strip_prefix("sh\n") else { continue };
        let answer = blocks.next().and_then(|block| block.strip_prefix("json ")).expect("an answer after each call");
        let (status, body) = answer.split_once('\n').expect("a status, then the body");
        found.push((command, status.parse().expect("a status"), serde_json::from_str(body).expect("JSON")));
    }
    found
}

/// The body with every time made the same: the page cannot know them.
fn timeless(mut body: Value) -> Value {
    match &mut body {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                *value = if key.ends_with("_at") { Value::Null } else { timeless(value.take()) };
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = timeless(value.take())),
        _ => {}
    }
    body
}

fn every_call_of_the_page_answers_as_it_says(api: Api) {
    let examples = examples();
    assert_eq!(examples.len(), 21);
    for (command, status, body) in examples {
        let command = command.replace("http://127.0.0.1:8080", api.origin());
        let run = format!("{} --silent --show-error --write-out '\n%{{http_code}}'", command.trim_end());
        let output = Command::new("sh").args(["-c", &run]).output().expect("there is a shell");
        let said = String::from_utf8_lossy(&output.stdout);
        let (answer, code) = said.trim_end().rsplit_once('\n').unwrap_or_else(|| panic!("{command}: {output:?}"));
        let answer: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{command}: {error}: {said}"));
        assert_eq!((code, timeless(answer)), (status.to_string().as_str(), timeless(body)), "{command}");
    }
}

/// The page shows every call that the description has.
#[test]
fn no_call_is_left_out() {
    let shown: Vec<_> = examples()
        .iter()
        .map(|(command, ..)| {
            let method = command.split(" -X ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("GET");
            let path = command.split("http://127.0.0.1:8080").nth(1).expect("a path");
            let path = path.split([' ', '\'', '?', '\n']).next().expect("a path");
            format!("{method} {}", path.replace("/1", "/{id}"))
        })
        .collect();
    for call in [
        "GET /store",
        "POST /store",
        "GET /store/{id}",
        "PATCH /store/{id}",
        "DELETE /store/{id}",
        "GET /item",
        "POST /item",
        "GET /item/{id}",
        "PUT /item/{id}",
        "PATCH /item/{id}",
        "DELETE /item/{id}",
        "GET /store/{id}/tag",
        "POST /store/{id}/tag",
        "GET /tag/{id}",
        "DELETE /tag/{id}",
        "POST /item/{id}/tag/{id}",
        "DELETE /item/{id}/tag/{id}",
    ] {
        assert!(shown.iter().any(|shown| shown == call), "{call} is not shown: {shown:?}");
    }
}
