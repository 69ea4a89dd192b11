//! Vectors with bad input, made for each operation from the library's own description: a parameter
//! that is unknown, missing, of the wrong type or too long is refused before anything is sent, and
//! the error names it.

use serde_json::{Map, Value, json};

use crate::vector::{GENERATED, Vector, deep};

/// What `nango_operations_json()` returns.
const OPERATIONS: &str = include_str!("../../../../src/catalogue/operations.json");

/// One more than a URL or a header can hold.
const TOO_LONG: usize = 65_535;

pub fn all() -> Result<Vec<Vector>, String> {
    let described = deep(OPERATIONS).map_err(|error| format!("operations.json: {error}"))?;
    let operations = described.as_array().into_iter().flatten();
    Ok(operations.flat_map(of).collect())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn of(operation: &Value) -> Vec<Vector> {
    let name = text(&operation["name"]);
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    // Every required parameter, each of which is fine.
    let fine: Map<String, Value> = parameters
        .iter()
        .filter(|parameter| parameter["required"] == true)
        .map(|parameter| (text(&parameter["name"]).to_owned(), sample(parameter)))
        .collect();
    let mut vectors = Vec::new();
    let mut refused = |what: &str, params: Map<String, Value>, named: &str| {
        let whole = json!({
            "name": format!("{GENERATED}{name}-{what}").replace('_', "-"),
            "generic": true,
            "call": {"operation": name, "params": params},
            "exchanges": [],
            "expect": {
                "error": {"code": "INVALID_ARGUMENT", "attempts": 0, "message_contains": [named]},
            },
        });
        vectors.push(Vector::new(whole));
    };
    let with = |name: &str, value: Value| {
        let mut params = fine.clone();
        params.insert(name.to_owned(), value);
        params
    };
    refused("unknown", with("surprise", 1.into()), "\"surprise\"");
    if name != "request" {
        refused("extra", with("extra", 7.into()), "extra must be");
    }
    for parameter in parameters {
        let known = text(&parameter["name"]);
        if parameter["required"] == true {
            let mut params = fine.clone();
            params.shift_remove(known);
            refused(&format!("{known}-missing"), params, &format!("{known} is missing"));
        }
        if let Some(wrong) = wrong(parameter) {
            refused(&format!("{known}-type"), with(known, wrong), &format!("{known} must be"));
        }
        if parameter["in"] == "path" || parameter["in"] == "query" || parameter["in"] == "bearer" {
            let long = match text(&parameter["type"]) {
                "string" | "string or list" => Some("x".repeat(TOO_LONG).into()),
                "list" => Some(json!(["x".repeat(TOO_LONG)])),
                "object" => Some(json!({"x": "x".repeat(TOO_LONG)})),
                _ => None,
            };
            if let Some(long) = long {
                refused(&format!("{known}-long"), with(known, long), &format!("{known} is 6"));
            }
        }
    }
    vectors
}

fn sample(parameter: &Value) -> Value {
    match (text(&parameter["name"]), text(&parameter["type"])) {
        ("method", _) => "GET".into(),
        ("path", _) => "/x".into(),
        (_, "list") => json!(["x"]),
        (_, "integer") => 1.into(),
        (_, "boolean") => true.into(),
        (_, "object") => json!({"x": "y"}),
        (_, _) => "x".into(),
    }
}

/// A value of another type.
fn wrong(parameter: &Value) -> Option<Value> {
    Some(match text(&parameter["type"]) {
        "string" => 7.into(),
        "string or list" | "list" => json!({"x": "y"}),
        "integer" | "boolean" | "object" => "x".into(),
        _ => return None,
    })
}
