//! The operations of both files under `api/`, for the templates.

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
        let parameters = operation.parameters.iter().map(sent).collect::<Result<Vec<_>, _>>()?;
        let route = Route { method, path, operation };
        operations.push(context! {
            name => operation.name,
            constant => operation.name.to_ascii_uppercase(),
            public => true,
            summary => operation.summary,
            description => operation.description,
            node => operation.node,
            returns => format!("{:?}", Returns::Body),
            c => c_name(&operation.name, Returns::Body),
            go => types::go(&operation.name),
            parameters => parameters,
            facts => route.sentences(Returns::Body),
            ..route.facts()?
        });
        let sharing = library
            .operations
            .iter()
            .filter(|derived| derived.of.as_ref().is_some_and(|name| *name == operation.name));
        for derived in sharing {
            let kept = operation
                .parameters
                .iter()
                .filter(|parameter| !derived.without.iter().any(|name| name == parameter.name()));
            let mut parameters = kept.map(sent).collect::<Result<Vec<_>, _>>()?;
            parameters.extend(derived.parameters.iter().map(|added| {
                context! {
                    name => added.name, wire => added.name, location => "Kept", kind => "Text",
                    required => added.required, doc => added.doc,
                    type => "string, secret", sent_as => "not sent", since => (),
                }
            }));
            operations.push(context! {
                parameters => parameters,
                facts => route.sentences(derived.returns),
                ..context! { ..own(derived), ..route.facts()? }
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
                ..own(derived)
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

/// What a derived operation says itself.
fn own(derived: &Derived) -> Value {
    context! {
        name => derived.name,
        constant => derived.constant.clone().unwrap_or(derived.name.to_ascii_uppercase()),
        public => derived.constant.is_none(),
        summary => derived.summary,
        description => "",
        node => derived.node,
        returns => format!("{:?}", derived.returns),
        c => derived.c.clone().unwrap_or_else(|| c_name(&derived.name, derived.returns)),
        go => types::go(&derived.name),
    }
}

struct Route<'a> {
    method: Method,
    path: &'a str,
    operation: &'a Operation,
}

impl Route<'_> {
    /// What holds for every operation of the route.
    fn facts(&self) -> Result<Value, String> {
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

fn sent(parameter: &Parameter) -> Result<Value, String> {
    Ok(context! {
        name => parameter.name(),
        wire => parameter.wire,
        location => match parameter.place {
            Place::Path => "Path",
            Place::Query => "Query",
        },
        kind => parameter.kind()?,
        required => parameter.required,
        doc => parameter.description,
        type => in_prose(parameter.schema.shape()?),
        sent_as => match parameter.place {
            Place::Path => "path".to_owned(),
            Place::Query => format!("query `{}`", parameter.wire),
        },
        since => parameter.since,
    })
}
