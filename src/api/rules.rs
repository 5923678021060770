use serde_json::{Map, Value, json};

use super::schema;
use crate::fields::MINOR_MAX;

/// Characters that no field takes: controls, line separators, and what turns the reading direction.
const FORBIDDEN: &str = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069";
/// The same for text of several lines.
const FORBIDDEN_IN_LINES: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069";
/// Characters that cannot be seen.
const BLANK: &str = r"\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufeff\uffa0";

/// Adds to the description what the fields may hold: what `form::check` takes, in the words of JSON Schema.
pub fn add(mut document: Value) -> Value {
    let name = |max: u32| json!({"type": "string", "minLength": 1, "maxLength": max, "pattern": format!("^[^{FORBIDDEN}]*[^{FORBIDDEN}{BLANK}][^{FORBIDDEN}]*$")});
    let text = |max: u32| json!({"type": "string", "maxLength": max, "pattern": format!("^[^{FORBIDDEN}]*$")});
    let nullable =
        |max: u32| json!({"type": ["string", "null"], "maxLength": max, "pattern": format!("^[^{FORBIDDEN}]*$")});
    let lines =
        |max: u32| json!({"type": "string", "maxLength": max, "pattern": format!("^[^{FORBIDDEN_IN_LINES}]*$")});
    // No `multipleOf`: floats that are exact to a hundredth are no multiples of 0.01.
    let number = json!({"type": "number", "minimum": 0, "maximum": schema::price(MINOR_MAX)});
    let price = json!({
        "description": "A float, exact to the currency's decimals. A string with a number in it is taken too.",
        "anyOf": [
            number,
            {"type": "string", "pattern": r"^\d{1,9}$"},
        ],
        "example": 17.99,
    });
    let whole = |minimum: i64, maximum: i64| {
        json!({"anyOf": [
            {"type": "integer", "minimum": minimum, "maximum": maximum},
            {"type": "string", "pattern": r"^[1-9]\d{0,8}$"},
        ]})
    };
    let item = json!({
        "name": name(200), "price": price, "sku": nullable(80), "barcode": text(80), "description": lines(10_000),
        "quantity": whole(0, 1_000_000_000), "store_id": whole(1, 2_147_483_647),
    });
    let store = json!({
        "name": name(200), "code": nullable(40), "address": text(200), "city": text(100), "region": text(100),
        "postal_code": text(20), "country": text(100), "notes": lines(10_000),
    });
    let tag = json!({"name": name(100)});
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        flatten(&mut schemas["Store"]);
        describe(schemas, "Item", &item, &["name", "price", "store_id"]);
        describe(schemas, "ItemUpdate", &item, &[]);
        describe(schemas, "Store", &store, &["name"]);
        describe(schemas, "StoreUpdate", &store, &[]);
        describe(schemas, "Tag", &tag, &["name"]);
        for (schema, property, inner) in [("Item", "store", "PlainStore"), ("Tag", "store", "PlainStore")] {
            let inner = json!({"$ref": format!("#/components/schemas/{inner}")});
            schemas[schema]["properties"][property] = json!({"allOf": [inner], "readOnly": true});
        }
        for (schema, property) in [("Item", "tags"), ("Store", "items"), ("Store", "tags"), ("Tag", "items")] {
            let inner = schemas[schema]["properties"][property]["items"]["$ref"].take();
            schemas[schema]["properties"][property] =
                json!({"type": "array", "items": {"$ref": inner}, "readOnly": true});
        }
        // PUT takes any, because it never moves an item that is there.
        schemas["ItemUpdate"]["properties"]["store_id"] = whole(i64::MIN, i64::MAX);
        for schema in ["ItemUpdate", "StoreUpdate"] {
            schemas[schema]["properties"]["version"] = json!({"type": "integer", "format": "int64"});
        }
        for schema in ["Item", "ItemUpdate"] {
            schemas[schema]["properties"]["store_id"]["writeOnly"] = true.into();
        }
    }
    for parameter in document["paths"]["/item"]["get"]["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["name"] == "min_price" || parameter["name"] == "max_price" {
            parameter["schema"] = number.clone();
        }
    }
    // No body counts as {}, which changes nothing.
    for (path, method) in [("/item/{id}", "put"), ("/item/{id}", "patch"), ("/store/{id}", "patch")] {
        document["paths"][path][method]["requestBody"]["required"] = false.into();
    }
    // Who only looks may not change anything.
    for methods in document["paths"].as_object_mut().into_iter().flatten().filter_map(|(_, path)| path.as_object_mut())
    {
        for (_, call) in methods.iter_mut().filter(|(method, _)| *method != "get") {
            call["responses"]["403"] = json!({"$ref": "#/components/responses/Forbidden"});
        }
    }
    document
}

/// Makes one object of a schema that is made of several, as clients of the former service know it.
fn flatten(schema: &mut Value) {
    let Some(Value::Array(parts)) = schema.as_object_mut().and_then(|schema| schema.remove("allOf")) else { return };
    schema["type"] = "object".into();
    for (property, rules) in parts.iter().filter_map(|part| part["properties"].as_object()).flatten() {
        schema["properties"][property] = rules.clone();
    }
}

fn describe(schemas: &mut Map<String, Value>, name: &str, properties: &Value, required: &[&str]) {
    let schema = &mut schemas[name];
    for (property, rules) in properties.as_object().into_iter().flatten() {
        schema["properties"][property] = rules.clone();
    }
    schema["additionalProperties"] = false.into();
    schema["required"] = json!(required);
}
