//! The objects of Nango's answers, as types with readers, for the templates.

use minijinja::{Value, context};

use crate::api::{Api, Schema, Shape};
use crate::model::camel;

/// Every object that the languages have a type for. An object stands after those that it consists
/// of.
pub fn of(api: &Api) -> Result<Vec<Value>, String> {
    let mut ordered = Vec::new();
    for (name, schema) in api.schemas().filter(|(_, schema)| schema.reader) {
        add(api, name, schema, &mut ordered);
    }
    ordered.into_iter().map(|(name, schema)| object(api, name, schema)).collect()
}

fn add<'a>(
    api: &'a Api,
    name: &'a str,
    schema: &'a Schema,
    ordered: &mut Vec<(&'a str, &'a Schema)>,
) {
    if ordered.iter().any(|(known, _)| *known == name) {
        return;
    }
    for member in schema.properties.values() {
        if let Ok(Shape::Part(part) | Shape::Parts(part)) = member.shape()
            && let Some((part, schema)) = api.schemas().find(|(known, _)| *known == part)
        {
            add(api, part, schema, ordered);
        }
    }
    ordered.push((name, schema));
}

fn object(api: &Api, name: &str, schema: &Schema) -> Result<Value, String> {
    let members = schema.properties.iter().filter(|(_, member)| member.reader);
    let members = members.map(|(wire, value)| member(api, schema, wire, value));
    Ok(context! {
        name => name,
        snake => snake(name),
        doc => schema.description,
        base => schema.base,
        shown => schema.shown,
        private => schema.private,
        plain => schema.plain,
        members => members.collect::<Result<Vec<_>, String>>()?,
    })
}

fn member(
    api: &Api,
    object: &Schema,
    wire: &str,
    schema: &Schema,
) -> Result<Value, String> {
    let shape = schema.shape()?;
    let (shape, part) = match shape {
        Shape::Part(part) => ("Part".to_owned(), part),
        Shape::Parts(part) => ("Parts".to_owned(), part),
        shape => (format!("{shape:?}"), ""),
    };
    let name = schema.name.as_deref().unwrap_or(wire);
    // Whether an answer may lack it.
    let optional = schema.nullable() || !object.requires(wire);
    let rbs = match shape.as_str() {
        "Text" | "Time" => "String?".to_owned(),
        "Integer" => "Integer?".to_owned(),
        "Map" => "Hash[String, String]".to_owned(),
        "Parts" => format!("Array[{part}]"),
        "Part" => format!("{part}{}", if optional { "?" } else { "" }),
        "Json" => "json".to_owned(),
        shape => return Err(format!("{wire}: no language has a reader for {shape}")),
    };
    let plain = api.schemas().find(|(name, schema)| *name == part && schema.plain);
    let part_members: Vec<&String> =
        plain.map(|(_, schema)| schema.properties.keys().collect()).unwrap_or_default();
    if shape == "Parts" && part_members.is_empty() {
        return Err(format!("{wire}: no language has a reader for a list of {part}"));
    }
    Ok(context! {
        wire => wire,
        name => name,
        go => go(name),
        shape => shape,
        part => part,
        part_snake => snake(part),
        // The members of a part that only consists of texts.
        part_members => part_members,
        identifies => schema.min_length > 0,
        doc => schema.description,
        optional => optional,
        rbs => rbs,
        nullable => schema.nullable(),
        secret => schema.secret,
    })
}

/// `EndUser` as `end_user`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// `connection_id` as `ConnectionID`.
pub fn go(name: &str) -> String {
    camel(&name.to_ascii_uppercase(), |word| match word {
        "ID" | "URL" | "API" | "JSON" => Some(word.to_owned()),
        "OAUTH" => Some("OAuth".to_owned()),
        _ => None,
    })
}
