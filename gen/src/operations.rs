//! The operations of both files under `api/`, for the templates.

use indexmap::IndexMap;
use minijinja::{Value, context};

use crate::api::{Api, Method, Operation, Parameter, Place, Repeat, Repeatable, Schema, Shape};
use crate::model::{Derived, Library, Returns};
use crate::types;

/// The maximum number of members that identify an answer, as the core declares it.
const IDENTITIES: usize = 2;

/// Every operation: those of a route in the order of the description, each followed by those that
/// share its route, then the others.
pub fn of(api: &Api, library: &Library) -> Result<Vec<Value>, String> {
    let mut operations = Vec::new();
    for (method, path, operation) in api.operations() {
        let route = Route { method, path, operation };
        let note = library.notes.iter().find(|note| note.operation == operation.name);
        let own = Own {
            name: &operation.name,
            summary: &operation.summary,
            doc: format!(
                "{} {}",
                operation.description,
                note.map(|note| note.doc.as_str()).unwrap_or_default()
            ),
            node: operation.node.as_deref(),
            returns: Returns::Body,
            answer: operation.answer(),
            constant: None,
            c: None,
            errors: &IndexMap::new(),
        };
        let parameters = operation.parameters.iter().map(|parameter| sent(library, parameter));
        operations.push(context! {
            parameters => parameters.collect::<Result<Vec<_>, _>>()?,
            ..context! { ..own.value(library)?, ..route.value(Returns::Body)? }
        });
        let shares =
            |derived: &&Derived| derived.of.as_ref().is_some_and(|name| *name == operation.name);
        for derived in library.operations.iter().filter(shares) {
            let kept = operation
                .parameters
                .iter()
                .filter(|parameter| !derived.without.iter().any(|name| name == parameter.name()))
                .map(|parameter| sent(library, parameter));
            let added = derived.parameters.iter().map(|added| {
                let ruby = InRuby { name: &added.name, type_: "String", flag: false };
                Ok(context! {
                    ..context! {
                    name => added.name, wire => added.name, location => "Kept", kind => "Text",
                    required => added.required, doc => added.doc, option => (),
                    type => "string, secret", sent_as => "not sent", since => (),
                    go_argument => types::lower_first(&types::go(&added.name)),
                    },
                    ..ruby.value()
                })
            });
            operations.push(context! {
                parameters => kept.chain(added).collect::<Result<Vec<_>, String>>()?,
                ..context! { ..Own::of(derived).value(library)?, ..route.value(derived.returns)? }
            });
        }
    }
    for derived in &library.operations {
        match (&derived.of, &derived.path) {
            (None, Some(path)) => operations.push(context! {
                method => "GET",
                path => path,
                oldest_path => path,
                authorized => false,
                repeatable => true,
                unless_true => Vec::<String>::new(),
                identity => vec![""; IDENTITIES],
                parameters => Vec::<Value>::new(),
                facts => Vec::<String>::new(),
                paged => false,
                ..Own::of(derived).value(library)?
            }),
            (Some(of), None) if api.operations().any(|(_, _, known)| known.name == *of) => {}
            _ => {
                return Err(format!(
                    "operation {}: it needs a path, or the name of an operation in `of`",
                    derived.name
                ));
            }
        }
    }
    Ok(operations)
}

/// What does not follow from an operation's route.
struct Own<'a> {
    name: &'a str,
    summary: &'a str,
    doc: String,
    node: Option<&'a str>,
    returns: Returns,
    /// The schema of the answer.
    answer: Option<&'a str>,
    constant: Option<&'a str>,
    c: Option<&'a str>,
    errors: &'a IndexMap<String, String>,
}

impl Own<'_> {
    fn of(derived: &Derived) -> Own<'_> {
        Own {
            name: &derived.name,
            summary: &derived.summary,
            doc: derived.doc.clone(),
            node: derived.node.as_deref(),
            returns: derived.returns,
            answer: (derived.returns == Returns::Credentials).then_some("Credentials"),
            constant: derived.constant.as_deref(),
            c: derived.c.as_deref(),
            errors: &derived.errors,
        }
    }

    fn value(&self, library: &Library) -> Result<Value, String> {
        let upper = self.name.to_ascii_uppercase();
        let errors = self.errors.iter().map(|(code, when)| {
            let code = library.codes.iter().find(|known| known.name == *code);
            let code = code.ok_or_else(|| format!("{}: an unknown code", self.name))?;
            Ok(context! {
                name => code.name, go => code.go(), camel => code.camel(),
                when => library.in_each_language(when)?,
            })
        });
        Ok(context! {
            name => self.name,
            constant => self.constant.unwrap_or(&upper),
            public => self.constant.is_none(),
            summary => self.summary,
            doc => library.in_each_language(self.doc.trim())?,
            errors => errors.collect::<Result<Vec<Value>, String>>()?,
            node => self.node,
            returns => format!("{:?}", self.returns),
            answer => self.answer,
            answer_snake => self.answer.map(types::snake),
            c => self.c.map_or_else(|| c_name(self.name, self.returns), str::to_owned),
            go => types::go(self.name),
            cpp_errors => self.errors_in_cpp(library)?,
            go_doc => format!(
                "{} {} {}",
                types::go(self.name),
                types::lower_first(self.summary),
                library.sentence(self.doc.trim(), "go")?
            ),
        })
    }
}

impl Own<'_> {
    /// A sentence for each code, after what the call returns.
    fn errors_in_cpp(&self, library: &Library) -> Result<String, String> {
        let sentences = self.errors.iter().map(|(code, when)| {
            Ok(format!(" The error is {code} {}.", library.sentence(when, "cpp")?))
        });
        sentences.collect()
    }
}

struct Route<'a> {
    method: Method,
    path: &'a str,
    operation: &'a Operation,
}

impl Route<'_> {
    /// What holds for every operation of the route. `returns` is the operation's.
    fn value(&self, returns: Returns) -> Result<Value, String> {
        let mut identity = self.operation.identity.clone();
        if identity.len() > IDENTITIES {
            return Err(format!("{}: more than {IDENTITIES} identities", self.operation.name));
        }
        identity.resize(IDENTITIES, String::new());
        let unless_true = match &self.operation.repeatable {
            Repeatable::Word(Repeat::Always) => &[][..],
            Repeatable::Unless(unless) => &unless.unless_true,
        };
        Ok(context! {
            method => format!("{:?}", self.method).to_ascii_uppercase(),
            path => self.path,
            oldest_path => self.operation.alternate_path.as_deref().unwrap_or(self.path),
            authorized => true,
            repeatable => true,
            unless_true => unless_true,
            identity => identity,
            facts => self.sentences(returns),
            paged => self.operation.page.is_some(),
        })
    }

    /// What the documentation says about an operation of the route.
    fn sentences(&self, returns: Returns) -> Vec<String> {
        let operation = self.operation;
        let quoted = |name: &String| format!("`{name}`");
        let scopes = operation.security.iter().flat_map(|scheme| scheme.values().flatten());
        let scopes: Vec<String> = scopes.map(quoted).collect();
        let result = match (returns, operation.answer()) {
            (Returns::Body, Some(schema)) => format!("[{schema}](#{})", schema.to_lowercase()),
            (Returns::Body, None) => "any JSON".to_owned(),
            (Returns::Token | Returns::Replacement, _) => "a secret string".to_owned(),
            (Returns::Credentials, _) => "[Credentials](#credentials)".to_owned(),
            (Returns::Answered, _) => "nothing".to_owned(),
        };
        let secret = match returns {
            Returns::Body | Returns::Credentials if operation.secret => ", which holds secrets",
            _ => "",
        };
        let mut sentences = vec![
            format!("Result: {result}{secret}."),
            format!("Scope of the key: {}.", scopes.join(" or ")),
        ];
        match &operation.repeatable {
            Repeatable::Word(Repeat::Always) => {
                sentences.push("libnango retries it.".to_owned());
            }
            Repeatable::Unless(_) if returns == Returns::Replacement => {}
            Repeatable::Unless(unless) => {
                let flags: Vec<String> = unless.unless_true.iter().map(quoted).collect();
                sentences.push(format!("libnango retries it, except with {}.", flags.join(" or ")));
            }
        }
        if let Some(page) = &operation.page {
            sentences.push(format!(
                "Paged: `{}` is the size of a page, and `{}` the list.",
                page.size,
                page.items.trim_start_matches('/')
            ));
        }
        let since = match operation.since.as_str() {
            "2023" => "in every version of Nango's server".to_owned(),
            since => format!("since {since}"),
        };
        sentences.push(format!("Available {since}."));
        sentences
    }
}

/// The function of the C interface.
fn c_name(name: &str, returns: Returns) -> String {
    match returns {
        Returns::Token | Returns::Replacement => format!("nango_{name}"),
        Returns::Body | Returns::Credentials | Returns::Answered => format!("nango_{name}_json"),
    }
}

/// Every object of the answers, for the documentation.
pub fn objects(api: &Api) -> Result<Vec<Value>, String> {
    let object = |(name, schema): (&str, &Schema)| {
        let members = schema.properties.iter().map(|(member, value)| {
            Ok(context! {
                name => member,
                doc => value.description,
                type => [
                    in_prose(value.shape()?),
                    match schema.requires(member) {
                        true => String::new(),
                        false => ", optional".to_owned(),
                    },
                    if value.nullable() { ", or null".to_owned() } else { String::new() },
                    if value.secret { ", secret".to_owned() } else { String::new() },
                ].concat(),
                since => value.since,
            })
        });
        Ok(context! {
            name => name,
            doc => schema.description,
            members => members.collect::<Result<Vec<Value>, String>>()?,
        })
    };
    api.schemas().map(object).collect()
}

/// The shape of a value in the documentation.
fn in_prose(shape: Shape<'_>) -> String {
    let link = |name: &str| format!("[{name}](#{})", name.to_lowercase());
    match shape {
        Shape::Text => "string".to_owned(),
        Shape::Time => "time".to_owned(),
        Shape::Integer => "integer".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Texts => "list of strings".to_owned(),
        Shape::Map => "object of strings".to_owned(),
        Shape::Part(name) => link(name),
        Shape::Parts(name) => format!("list of {}", link(name)),
        Shape::Json => "any JSON".to_owned(),
    }
}

fn sent(library: &Library, parameter: &Parameter) -> Result<Value, String> {
    let name = parameter.name();
    // The call option that sets it, in the languages that have it as such.
    let option = library.call_options.iter().find(|option| option.parameter == name);
    let shape = parameter.schema.shape()?;
    let ruby = InRuby {
        name: option.map_or(name, |option| &option.name),
        type_: match shape {
            Shape::Integer => "Integer",
            Shape::Flag => "Boolean",
            Shape::Texts => "String, Array<String>",
            Shape::Map => "Hash{String => String}",
            _ => "String",
        },
        flag: shape == Shape::Flag,
    };
    Ok(context! {
        ..context! {
            option => option.map(|option| &option.name),
            name => name,
            wire => parameter.wire,
            location => match parameter.place {
                Place::Path => "Path",
                Place::Query => "Query",
            },
            kind => parameter.kind()?,
            required => parameter.required,
            doc => parameter.description,
            type => in_prose(shape),
            sent_as => match parameter.place {
                Place::Path => "path".to_owned(),
                Place::Query => format!("query `{}`", parameter.wire),
            },
            since => parameter.since,
        },
        ..ruby.value()
    })
}

/// A parameter as a keyword in Ruby.
struct InRuby<'a> {
    name: &'a str,
    type_: &'a str,
    flag: bool,
}

impl InRuby<'_> {
    fn value(&self) -> Value {
        let name = self.name;
        let (keyword, signature) = match self.flag {
            true => (format!("{name}: false"), format!("?{name}: bool")),
            false => (format!("{name}:"), format!("{name}: name")),
        };
        context! {
            ruby_name => name,
            ruby_type => self.type_,
            ruby_keyword => keyword,
            ruby_argument => format!("{name}: {name}"),
            rbs_keyword => signature,
        }
    }
}
