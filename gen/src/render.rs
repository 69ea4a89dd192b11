//! Renders the model into files with the templates in `templates/`.

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use minijinja::{Environment, Error, ErrorKind, State, Value, context};

use crate::api::Api;
use crate::model::{Kind, Library, Setting};
use crate::{operations, types};

const WIDTH: usize = 100;

const NOTICE: &str = "Generated from api/ by nango-gen: do not edit, run `make generate`.";

/// Each generated file and its template.
const FILES: [(&str, &str); 20] = [
    ("tests/cpp/dispatch.hpp", include_str!("../templates/cpp/dispatch.hpp")),
    (
        "bindings/go/internal/conformance/dispatch_gen.go",
        include_str!("../templates/go/dispatch_gen.go"),
    ),
    ("bindings/cpp/nango/params.hpp", include_str!("../templates/cpp/params.hpp")),
    (
        "bindings/ruby/lib/libnango/generated/operations.rb",
        include_str!("../templates/ruby/named_operations.rb"),
    ),
    ("src/catalogue/operations.json", include_str!("../templates/rust/operations.json")),
    ("src/catalogue/table.rs", include_str!("../templates/rust/table.rs")),
    ("src/error/codes.rs", include_str!("../templates/rust/codes.rs")),
    ("src/ffi/setters.rs", include_str!("../templates/rust/setters.rs")),
    ("bindings/cpp/nango/types.hpp", include_str!("../templates/cpp/types.hpp")),
    ("bindings/go/codes_gen.go", include_str!("../templates/go/codes_gen.go")),
    ("bindings/go/operations_gen.go", include_str!("../templates/go/operations_gen.go")),
    ("bindings/go/types_gen.go", include_str!("../templates/go/types_gen.go")),
    ("bindings/go/options_gen.go", include_str!("../templates/go/options_gen.go")),
    ("bindings/ruby/lib/libnango/generated/errors.rb", include_str!("../templates/ruby/errors.rb")),
    (
        "bindings/ruby/lib/libnango/generated/options.rb",
        include_str!("../templates/ruby/options.rb"),
    ),
    (
        "bindings/ruby/lib/libnango/generated/records.rb",
        include_str!("../templates/ruby/records.rb"),
    ),
    ("bindings/ruby/sig/generated.rbs", include_str!("../templates/ruby/generated.rbs")),
    ("docs/OPERATIONS.md", include_str!("../templates/docs/operations.md")),
    ("docs/OPTIONS.md", include_str!("../templates/docs/options.md")),
    ("docs/ERRORS.md", include_str!("../templates/docs/errors.md")),
];

/// A generated part of a file that is otherwise written by hand: between `<generated NAME>` and
/// `</generated>`.
const REGIONS: [(&str, &str, &str); 12] = [
    (
        "bindings/cpp/nango/client.hpp",
        "named operations",
        include_str!("../templates/cpp/named_operations.hpp"),
    ),
    (
        "bindings/cpp/nango/client.hpp",
        "throwing named operations",
        include_str!("../templates/cpp/throwing_named.hpp"),
    ),
    (
        "bindings/cpp/nango/client.hpp",
        "operations",
        include_str!("../templates/cpp/operations.hpp"),
    ),
    (
        "bindings/cpp/nango/client.hpp",
        "throwing operations",
        include_str!("../templates/cpp/throwing.hpp"),
    ),
    (
        "bindings/ruby/lib/libnango/client.rb",
        "operations",
        include_str!("../templates/ruby/operations.rb"),
    ),
    (
        "bindings/ruby/sig/libnango.rbs",
        "operations",
        include_str!("../templates/ruby/operations.rbs"),
    ),
    ("bindings/cpp/nango/code.hpp", "codes", include_str!("../templates/cpp/codes.hpp")),
    (
        "bindings/cpp/nango/options.hpp",
        "call options",
        include_str!("../templates/cpp/call_options.hpp"),
    ),
    ("bindings/cpp/nango/options.hpp", "options", include_str!("../templates/cpp/options.hpp")),
    (
        "bindings/ruby/lib/libnango/client.rb",
        "initialize",
        include_str!("../templates/ruby/initialize.rb"),
    ),
    ("bindings/ruby/sig/libnango.rbs", "from_env", include_str!("../templates/ruby/from_env.rbs")),
    (
        "bindings/ruby/sig/libnango.rbs",
        "initialize",
        include_str!("../templates/ruby/initialize.rbs"),
    ),
];

/// Returns each file that is generated or has a generated part, with its complete text.
pub fn outputs(api: &Api, library: &Library) -> Result<Vec<(PathBuf, String)>, String> {
    let environment = environment();
    let render = |name: &str, template: &str| {
        environment
            .render_named_str(name, template, model(api, library)?)
            .map_err(|error| format!("{name}: {error:#}"))
    };
    let mut outputs = Vec::<(PathBuf, String)>::new();
    for (path, template) in FILES {
        let text = render(path, template)?;
        let text = if path.ends_with(".rs") { rustfmt(&text)? } else { text };
        outputs.push((path.into(), text));
    }
    for (path, name, template) in REGIONS {
        let at = match outputs.iter().position(|(known, _)| known.as_os_str() == path) {
            Some(at) => at,
            None => {
                let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
                outputs.push((path.into(), text));
                outputs.len() - 1
            }
        };
        let text = &outputs[at].1;
        let start = text
            .find(&format!("<generated {name}>"))
            .and_then(|start| Some(start + text[start..].find('\n')? + 1));
        let start = start.ok_or_else(|| format!("{path} has no part <generated {name}>"))?;
        let end = text[start..].find("</generated>").map(|end| start + end);
        let end = end.and_then(|end| text[..end].rfind('\n')).map(|end| end + 1);
        let end = end.ok_or_else(|| format!("{path}: <generated {name}> has no end"))?;
        outputs[at].1 = [&text[..start], &render(name, template)?, &text[end..]].concat();
    }
    Ok(outputs)
}

/// Formats the text like `cargo fmt`.
fn rustfmt(text: &str) -> Result<String, String> {
    let failed = |error: &dyn Display| format!("rustfmt: {error}");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    // rustfmt reads all of its input before it writes.
    let mut input = rustfmt.stdin.take().ok_or_else(|| failed(&"no standard input"))?;
    input.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    drop(input);
    let output = rustfmt.wait_with_output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| failed(&error))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_filter("comment", comment);
    environment.add_filter("capital", capital);
    environment.add_filter("spaced", |name: &str| types::snake(name).replace('_', " "));
    environment.add_filter("camel", |name: &str| {
        crate::model::camel(&name.to_ascii_uppercase(), |_| None)
    });
    environment
        .add_filter("lower_first", |text: &str| types::lower_first(text.trim_end_matches('.')));
    environment.add_filter("yard", |text: &str| hanging(text, "    # ", "    #   "));
    environment.add_filter("item", |text: &str| hanging(text, "- ", "  "));
    environment.add_filter("arguments", arguments);
    environment.add_filter("wrap", |text: &str| wrapped(text, "", ""));
    environment.add_filter("seconds", |ms: u32| format!("{}", ms / 1000));
    environment.add_filter("pad", |text: &str, width: usize| format!("{text:width$}"));
    environment
}

/// The data for the templates.
fn model(api: &Api, library: &Library) -> Result<Value, String> {
    let texts = |text: &str| library.in_each_language(text).map(Value::from_serialize);
    let recorded = fs::read_to_string(RECORD).map_err(|error| format!("{RECORD}: {error}"))?;
    let codes = library.codes.iter().map(|code| {
        Ok(context! {
            name => code.name,
            lower => code.name.to_ascii_lowercase(),
            number => code.number,
            camel => code.camel(),
            go => code.go(),
            doc => texts(&code.doc)?,
            advice => texts(&code.advice)?,
            plain_advice => library.sentence(&code.advice, "docs")?.replace('`', ""),
            suggests_reconnect => code.suggests_reconnect,
            samples => samples(&code.name, &recorded),
        })
    });
    let setting = |setting: &Setting| -> Result<Value, String> {
        let mut docs = Vec::new();
        for language in crate::model::LANGUAGES {
            let mut doc = library.sentence(&setting.doc, language)?;
            if let Some(more) = setting.more.get(language) {
                doc = format!("{doc} {}", library.sentence(more, language)?);
            }
            docs.push((language, doc));
        }
        let default = match &setting.default {
            Some(default) => texts(default)?,
            None => Value::from(()),
        };
        let quoted = |default: &str| match setting.name.as_str() {
            "user_agent_suffix" => "\"libnango-ruby/#{VERSION}\"".to_owned(),
            _ => default.to_owned(),
        };
        let ruby_type = match setting.kind {
            Kind::Text | Kind::TextOrNull => "String",
            Kind::Duration => "Numeric",
            Kind::Count | Kind::Bytes => "Integer",
            Kind::Flag => "Boolean",
            Kind::Pem if setting.add => "String, Array<String>",
            Kind::Pem => "String",
            Kind::TlsRoots => "Symbol",
        };
        let rbs_type = match setting.kind {
            Kind::Duration => "seconds?",
            Kind::Flag => "bool?",
            Kind::Pem if setting.add => "(String | Array[String])?",
            Kind::TlsRoots => "(:platform | :bundled | :custom_only)?",
            Kind::Count | Kind::Bytes => "Integer?",
            Kind::Text | Kind::TextOrNull | Kind::Pem => "String?",
        };
        Ok(context! {
            ruby_type => ruby_type,
            ruby_parameter => format!("{}: {}", setting.name, quoted("nil")),
            ruby_argument => format!("{0}: {0}", setting.name),
            rbs_parameter => format!("?{}: {rbs_type}", setting.name),
            doc => docs.into_iter().collect::<Value>(),
            text_default => default,
            ruby_brief => library.sentence(&setting.brief, "ruby")?,
            docs_brief => library.sentence(&setting.brief, "docs")?,
            ..Value::from_serialize(setting)
        })
    };
    let unreached =
        fs::read_to_string(UNREACHED).map_err(|error| format!("{UNREACHED}: {error}"))?;
    Ok(context! {
        notice => NOTICE,
        unreached => places(&unreached),
        operations => operations::with_facts(operations::of(api, library)?)?,
        objects => operations::objects(api)?,
        types => types::of(api)?,
        codes => codes.collect::<Result<Vec<Value>, String>>()?,
        options => library.options.iter().map(setting).collect::<Result<Vec<_>, _>>()?,
        call_options => library.call_options.iter().map(setting).collect::<Result<Vec<_>, _>>()?,
    })
}

/// What the conformance vectors bring: a code, a tab and a message on each line.
const RECORD: &str = "tests/conformance/messages.txt";

/// The places that make an error and that no vector reaches: a place, a tab and what reaches it on
/// each line.
const UNREACHED: &str = "tests/conformance/unreached.txt";

/// The rows of that list.
fn places(list: &str) -> Vec<Value> {
    let rows = list.lines().filter(|line| !line.starts_with('#'));
    let rows = rows.filter_map(|line| line.split_once('\t'));
    let row = |(place, what): (&str, &str)| {
        let (file, test) = what.split_once(": ").unwrap_or(("", what));
        let reached_by = match file {
            "none" => format!("nothing: {test}"),
            file => format!("`{file}`: `{test}`"),
        };
        context! { place, reached_by }
    };
    rows.map(row).collect()
}

/// How many messages a code is shown with.
const SAMPLES: usize = 5;

/// The shortest messages of a code, no two of which begin alike.
fn samples(code: &str, recorded: &str) -> Vec<String> {
    let messages = recorded.lines().filter_map(|line| line.split_once('\t'));
    let mut messages: Vec<&str> =
        messages.filter(|(of, _)| *of == code).map(|(_, message)| message).collect();
    messages.sort_by_key(|message| (message.len(), *message));
    let start = |message: &str| message.chars().take(24).collect::<String>();
    let mut samples = Vec::<String>::new();
    for message in messages {
        if samples.len() < SAMPLES && samples.iter().all(|known| start(known) != start(message)) {
            samples.push(message.replace('|', "\\|"));
        }
    }
    samples
}

/// Wraps a text into comment lines that begin with `prefix`.
fn comment(_: &State, text: &str, prefix: &str) -> Result<String, Error> {
    if text.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "an empty comment"));
    }
    Ok(wrapped(text, prefix, " "))
}

/// Wraps a text into lines, of which the first begins with `first` and the others with `others`.
fn hanging(text: &str, first: &str, others: &str) -> String {
    let indented = wrapped(text, others, "");
    first.to_owned() + indented.strip_prefix(others).unwrap_or(&indented)
}

/// Arguments that follow `column` characters on their first line, and begin with as many blanks on
/// the others.
fn arguments(items: Vec<String>, column: usize) -> String {
    let blanks = " ".repeat(column);
    let mut lines = vec![blanks.clone()];
    for (number, item) in items.iter().enumerate() {
        let item = if number + 1 < items.len() { format!("{item},") } else { item.clone() };
        match lines.last_mut() {
            Some(line) if line.len() > column && line.len() + 1 + item.len() > WIDTH - 1 => {
                lines.push(blanks.clone() + &item);
            }
            Some(line) if line.len() > column => *line += &format!(" {item}"),
            Some(line) => line.push_str(&item),
            None => {}
        }
    }
    lines.join("\n").trim_start().to_owned()
}

/// The words of a text on lines that begin with `prefix` and, before the first word, `space`.
fn wrapped(text: &str, prefix: &str, space: &str) -> String {
    let mut lines = Vec::<String>::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{prefix}{space}{word}")),
        }
    }
    lines.join("\n")
}

/// Capitalises the first letter of a sentence.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + characters.as_str(),
        None => String::new(),
    }
}
