//! The JSON API, called as programs call it: every line of its contract, word for word.
mod access; // who may call
mod bodies; // what counts as a body, and what a hostile one does
mod conditions; // ETag, If-Match, If-None-Match
mod description; // openapi.json and the page made of it
mod errors; // paths, methods, and what errors look like
mod fields; // what a field takes, and what it says otherwise
mod filters; // what lists can be filtered by
mod idempotency; // a POST sent twice
mod items; // items, and moving them
mod lists; // pages of lists, and whole lists
mod page; // docs/api.md, tried as written
mod stores; // stores
mod tags; // tags and links

use std::ops::Deref;

use serde_json::{Value, json};

use crate::support::{Answer, Browser, Database, On, Site};

/// The program with its API open, and a program that calls it.
pub struct Api(Site);

impl On for Api {
    fn on(database: Database) -> Self {
        Self(Site::start_with(database, &[("STOCKROOM_API", "open")]))
    }
}

impl Deref for Api {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// What programs do.
trait Calls {
    /// Sends JSON.
    fn call(&self, method: &str, path: &str, body: &Value) -> Answer;
    /// Sends nothing.
    fn ask(&self, method: &str, path: &str) -> Answer;
    /// Adds a store and gives its id.
    fn new_store(&self, name: &str) -> i64;
    /// Adds an item of this name to a store and gives its id.
    fn new_item(&self, store: i64, name: &str) -> i64;
    /// Adds a tag to a store and gives its id.
    fn new_tag(&self, store: i64, name: &str) -> i64;
}

impl Calls for Browser {
    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, &[JSON], &body.to_string())
    }

    fn ask(&self, method: &str, path: &str) -> Answer {
        self.send(method, path, &[], "")
    }

    fn new_store(&self, name: &str) -> i64 {
        created(&self.call("POST", "/store", &json!({"name": name})))
    }

    fn new_item(&self, store: i64, name: &str) -> i64 {
        created(&self.call("POST", "/item", &json!({"name": name, "price": 1.5, "store_id": store})))
    }

    fn new_tag(&self, store: i64, name: &str) -> i64 {
        created(&self.call("POST", &format!("/store/{store}/tag"), &json!({"name": name})))
    }
}

fn created(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 201, "{}: {}", answer.path, answer.body);
    answer.json()["id"].as_i64().expect("an id")
}

impl Answer {
    /// Fails the test unless this is the status, and this the whole body.
    #[track_caller]
    fn is(&self, status: u16, body: &Value) {
        assert_eq!((self.status, self.json()), (status, body.clone()), "{}", self.path);
        assert_eq!(self.header("content-type"), "application/json", "{}", self.path);
    }
}

fn not_found() -> Value {
    json!({"code": 404, "status": "Not Found"})
}

fn refused(message: &str) -> Value {
    json!({"code": 400, "message": message, "status": "Bad Request"})
}

fn bad_json() -> Value {
    json!({"code": 400, "errors": {"json": ["Invalid JSON body."]}, "status": "Bad Request"})
}

fn faults(fields: &[(&str, &str)]) -> Value {
    faults_in("json", fields)
}

fn faults_in(place: &str, fields: &[(&str, &str)]) -> Value {
    let faults: serde_json::Map<_, _> =
        fields.iter().map(|(field, fault)| ((*field).to_owned(), json!([fault]))).collect();
    json!({"code": 422, "errors": {place: faults}, "status": "Unprocessable Entity"})
}

/// The object with these keys only.
fn only(object: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), object[*key].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// The keys of an object, in the order of the alphabet.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The ids of the objects in a list, in its order.
fn ids(list: &Value) -> Vec<i64> {
    list.as_array().expect("a list").iter().map(|object| object["id"].as_i64().expect("an id")).collect()
}
