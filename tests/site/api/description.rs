//! `openapi.json`, and the page made of it.
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Api, Calls};

on_both!(the_description_is_what_clients_of_the_former_service_know, every_reference_leads_somewhere,);

fn document(api: &Api) -> Value {
    let answer = api.ask("GET", "/openapi.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    answer.json()
}

fn the_description_is_what_clients_of_the_former_service_know(api: Api) {
    let document = document(&api);
    assert_eq!((&document["info"]["title"], &document["info"]["version"]), (&json!("Stores REST API"), &json!("v1")));
    assert!(document["openapi"].as_str().is_some_and(|version| version == "3.0.3" || version.starts_with("3.1.")));
    let tags: Vec<_> = document["tags"].as_array().expect("tags").iter().map(|tag| tag["name"].clone()).collect();
    assert_eq!(tags, [json!("Stores"), json!("Items"), json!("Tags")]);
    let schemas = &document["components"]["schemas"];
    for name in ["Store", "Item", "PlainStore", "PlainItem", "Tag", "PlainTag", "ItemUpdate", "Error"] {
        assert_eq!(schemas[name]["type"], json!("object"), "{name}");
    }
    let item = &schemas["Item"];
    assert_eq!(item["required"], json!(["name", "price", "store_id"]));
    for (property, mark) in [("id", "readOnly"), ("store", "readOnly"), ("tags", "readOnly"), ("store_id", "writeOnly")]
    {
        assert_eq!(item["properties"][property][mark], json!(true), "{property}");
    }
    assert_eq!(schemas["PlainItem"]["properties"]["id"]["type"], json!("integer"));
    assert_eq!(schemas["PlainItem"]["properties"]["price"]["type"], json!("number"));
    for (path, methods) in [
        ("/store", &["get", "post"][..]),
        ("/store/{id}", &["delete", "get", "patch"]),
        ("/store/{id}/tag", &["get", "post"]),
        ("/item", &["get", "post"]),
        ("/item/{id}", &["delete", "get", "patch", "put"]),
        ("/item/{id}/tag/{tag_id}", &["delete", "post"]),
        ("/tag/{id}", &["delete", "get"]),
    ] {
        assert_eq!(super::keys(&document["paths"][path]), methods, "{path}");
    }
    assert_eq!(document["paths"].as_object().map(serde_json::Map::len), Some(7));
    let operations = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|path| path.as_object().expect("methods").values());
    let mut ids: Vec<_> =
        operations.map(|operation| operation["operationId"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 17, "{ids:?}");
    assert!(!document.to_string().contains("multipleOf"), "17.99 is no multiple of 0.01 as a float");
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], json!("bearer"));
}

fn every_reference_leads_somewhere(api: Api) {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document(&api);
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference into the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

on_both!(the_page_loads_everything_from_here,);

fn the_page_loads_everything_from_here(api: Api) {
    let answer = api.ask("GET", "/swagger-ui");
    assert_eq!(answer.status, 200);
    let page = answer.html();
    let loaded = [page.attrs("script", "src"), page.attrs("link", "href"), page.attrs("img", "src")].concat();
    assert!(loaded.len() >= 4, "{loaded:?}");
    for path in loaded {
        assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
        let file = api.ask("GET", &path);
        assert_eq!(file.status, 200, "{path}");
        assert!(!file.bytes.is_empty());
    }
    assert_eq!(page.all("script:not([src])").len(), 0);
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains("unsafe-eval") && !policy.contains('*'), "{policy}");
    assert_eq!(api.ask("GET", "/swagger-ui/index.html").status, 404);
}

#[test]
fn a_browser_draws_the_page_and_refuses_nothing_on_it() {
    let api = <Api as crate::support::On>::on(crate::support::Database::sqlite());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let drawn = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr"])
        .args(["--v=0", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .arg(format!("{}/swagger-ui", api.origin()))
        .stdin(Stdio::null())
        .output()
        .expect("chromium is there: bin/test installs it");
    let (dom, log) = (String::from_utf8_lossy(&drawn.stdout), String::from_utf8_lossy(&drawn.stderr));
    let page = crate::support::Page::parse(&dom);
    let paths = page.texts(".opblock-summary-path");
    assert_eq!(paths.len(), 17, "{paths:?} {log}");
    assert_eq!(page.texts(".opblock-tag a span"), ["Stores", "Items", "Tags"]);
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
