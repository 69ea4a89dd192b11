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
    let read = || schema.properties.iter().filter(|(_, member)| member.reader);
    let members = read().map(|(wire, value)| member(api, schema, wire, value));
    let members = members.collect::<Result<Vec<_>, String>>()?;
    // Whether an answer or an element of a list is this object, not only a part of another.
    let whole = !api.schemas().any(|(_, other)| {
        other.reader
            && other.properties.values().any(|member| {
                matches!(member.shape(), Ok(Shape::Part(part) | Shape::Parts(part)) if part == name)
            })
    });
    let widest = |of: &dyn Fn(&Value) -> Option<usize>| members.iter().filter_map(of).max();
    let width =
        |name: &'static str| widest(&|member| member.get_attr(name).ok()?.as_str().map(str::len));
    let shown = schema.shown.iter().filter_map(|shown| {
        members
            .iter()
            .find(|member| member.get_attr("name").is_ok_and(|name| name.as_str() == Some(shown)))
    });
    Ok(context! {
        name => name,
        whole => whole,
        secret => read().any(|(_, member)| member.secret || holds_secrets(api, member)),
        go_doc => go_doc(name, &schema.description, "is", ""),
        go_width => width("go"),
        go_type_width => width("go_type"),
        go_shown => shown.cloned().collect::<Vec<_>>(),
        snake => snake(name),
        doc => schema.description,
        base => schema.base,
        shown => schema.shown,
        private => schema.private,
        plain => schema.plain,
        members => members,
    })
}

fn member(api: &Api, object: &Schema, wire: &str, schema: &Schema) -> Result<Value, String> {
    let shape = schema.shape()?;
    let (shape, part) = match shape {
        Shape::Part(part) => ("Part".to_owned(), part),
        Shape::Parts(part) => ("Parts".to_owned(), part),
        Shape::Object => ("Json".to_owned(), ""),
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
        "Flag" => "bool?".to_owned(),
        "Texts" => "Array[String]".to_owned(),
        shape => return Err(format!("{wire}: no language has a reader for {shape}")),
    };
    let go_type = match shape.as_str() {
        "Text" if schema.secret => "Secret".to_owned(),
        "Text" if schema.nullable() && !schema.secret => "*string".to_owned(),
        "Text" => "string".to_owned(),
        "Time" => "Timestamp".to_owned(),
        "Integer" => "int64".to_owned(),
        "Map" => "map[string]string".to_owned(),
        "Flag" => "bool".to_owned(),
        "Texts" => "[]string".to_owned(),
        "Parts" => format!("[]{part}"),
        "Part" if optional => format!("*{part}"),
        "Part" => part.to_owned(),
        _ if schema.secret => "SecretJSON".to_owned(),
        _ => "json.RawMessage".to_owned(),
    };
    let verb = if matches!(shape.as_str(), "Map" | "Parts" | "Texts") { "are" } else { "is" };
    let absent = match shape.as_str() {
        "Json" if !schema.secret => "; nil if there is none, or null",
        _ if go_type.starts_with('*') => "; nil if there is none",
        _ => "",
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
        go_type => go_type,
        go_doc => go_doc(&go(name), &schema.description, verb, absent),
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
pub fn snake(name: &str) -> String {
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
        "ID" | "URL" | "API" | "JSON" | "UI" => Some(word.to_owned()),
        "OAUTH" => Some("OAuth".to_owned()),
        _ => None,
    })
}

/// Whether a value consists of an object with secrets.
fn holds_secrets(api: &Api, value: &Schema) -> bool {
    let Ok(Shape::Part(part) | Shape::Parts(part)) = value.shape() else { return false };
    let schema = api.schemas().find(|(name, _)| *name == part).map(|(_, schema)| schema);
    schema.is_some_and(|schema| {
        schema.properties.values().any(|value| value.secret || holds_secrets(api, value))
    })
}

/// A description as a sentence about the name, as Go's documentation has it. `more` ends its first
/// sentence.
fn go_doc(name: &str, description: &str, verb: &str, more: &str) -> String {
    let (first, others) = match description.split_once(". ") {
        Some((first, others)) => (first, format!(" {others}")),
        None => (description.trim_end_matches('.'), String::new()),
    };
    let (start, rest) = first.split_at(first.find(' ').unwrap_or(first.len()));
    let start = match start {
        "The" | "A" | "An" | "When" | "What" | "Any" | "One" | "How" | "Whether" | "Your" => {
            start.to_ascii_lowercase()
        }
        start => start.to_owned(),
    };
    let verb = if first.starts_with("The ") && first.contains("credentials") && name.ends_with('s')
    {
        "are"
    } else {
        verb
    };
    format!("{name} {verb} {start}{rest}{more}.{others}")
}

/// Makes the first letter a small one.
pub fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().collect::<String>() + characters.as_str(),
        None => String::new(),
    }
}
