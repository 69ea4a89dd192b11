//! The operations of both files under `api/`, for the templates.

use indexmap::IndexMap;
use minijinja::{Value, context};

use crate::api::{
    Api, Input, Method, Operation, Place, Pointer, Repeat, Repeatable, Schema, Shape,
};
use crate::model::{Added, AddedKind, Derived, Library, Returns};
use crate::types;

/// The maximum number of members that identify an answer, as the core declares it.
const IDENTITIES: usize = 2;

/// The parameter that holds the token of a connect session, for operations that need it as the key.
const SESSION_TOKEN: &str = "session_token";

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
            returns: own_returns(operation),
            answer: operation.answer().and_then(answer_type),
            list: matches!(operation.answer().map(Schema::shape), Some(Ok(Shape::Parts(_)))),
            constant: None,
            c: None,
            errors: &IndexMap::new(),
        };
        let inputs = api.inputs(operation)?;
        let parameters = inputs.iter().map(|input| sent(library, input));
        let token = operation.by_session().then(|| {
            let doc = "The token of the session.";
            Ok(kept(SESSION_TOKEN, "Bearer", "the bearer token", true, doc))
        });
        operations.push(context! {
            parameters => parameters.chain(token).collect::<Result<Vec<_>, _>>()?,
            ..context! { ..own.value(library)?, ..route.value(own.returns)? }
        });
        let shares =
            |derived: &&Derived| derived.of.as_ref().is_some_and(|name| *name == operation.name);
        for derived in library.operations.iter().filter(shares) {
            let shared = inputs
                .iter()
                .filter(|input| !derived.without.iter().any(|name| name == input.name))
                .map(|input| sent(library, input));
            let added = derived
                .parameters
                .iter()
                .map(|added| Ok(kept(&added.name, "Kept", "not sent", added.required, &added.doc)));
            operations.push(context! {
                parameters => shared.chain(added).collect::<Result<Vec<_>, String>>()?,
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
                route => match path.as_str() {
                    "" => "any".to_owned(),
                    path => format!("GET {path}"),
                },
                authorized => derived.returns != Returns::Answered,
                repeat => "Always",
                conditions => Vec::<String>::new(),
                identity => vec![""; IDENTITIES],
                subject => vec![""; IDENTITIES],
                family => "connections",
                page => (),
                scopes => Vec::<String>::new(),
                parameters => derived.parameters.iter().map(of_request).collect::<Vec<_>>(),
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

/// Adds to each operation what `nango_operations_json()` says about it.
pub fn with_facts(operations: Vec<Value>) -> Result<Vec<Value>, String> {
    operations
        .into_iter()
        .map(|operation| {
            let facts = facts(&operation).map_err(|error| error.to_string())?;
            Ok(context! { facts_value => facts, ..operation })
        })
        .collect()
}

/// A parameter's types and names in the languages. `positional`: it identifies what the call is
/// about, and is an argument of its own in C++ and Go.
fn in_languages(name: &str, kind: &str, location: &str, required: bool, secret: bool) -> Value {
    let positional = match location {
        "Bearer" => true,
        "Path" | "Query" => required && kind == "Id",
        _ => false,
    };
    let json = matches!(kind, "Object" | "Any");
    let cpp_name = if json { format!("{name}_json") } else { name.to_owned() };
    let cpp_name = if kind == "Ids" { format!("{name}s") } else { cpp_name };
    let cpp = match kind {
        "Integer" => "std::int64_t",
        "Boolean" | "Flag" => "bool",
        "List" | "Ids" => "std::vector<std::string>",
        "Map" => "std::map<std::string, std::string>",
        _ => "std::string",
    };
    let cpp_type = match kind {
        "Ids" => cpp.to_owned(),
        _ if required => cpp.to_owned(),
        _ => format!("std::optional<{cpp}>"),
    };
    let go = types::go(name);
    let go_name = if kind == "Ids" { format!("{go}s") } else { go };
    let (go_type, omit) = match (kind, required) {
        ("Id", true) | ("Text", true) => ("string", ""),
        ("Id", false) => ("string", ",omitempty"),
        ("Text", false) => ("*string", ",omitempty"),
        ("Integer", _) => ("*int64", ",omitempty"),
        ("Boolean" | "Flag", _) => ("*bool", ",omitempty"),
        ("List", _) => ("[]string", ",omitzero"),
        ("Ids", _) => ("[]string", ""),
        ("Map", true) => ("map[string]string", ""),
        ("Map", false) => ("map[string]string", ",omitzero"),
        (_, true) => ("any", ""),
        (_, false) => ("any", ",omitempty"),
    };
    let rbs = match kind {
        "Integer" => "Integer",
        "Boolean" | "Flag" => "bool",
        "List" => "String | Array[String]",
        "Ids" => "name | Array[String]",
        "Map" => "Hash[name, String]",
        "Object" => "Hash[name, untyped]",
        "Any" => "untyped",
        _ => "name",
    };
    let (ruby_keyword, rbs_keyword) = match required {
        true => (format!("{name}:"), format!("{name}: {rbs}")),
        false if kind == "Any" => (format!("{name}: nil"), format!("?{name}: untyped")),
        false => (format!("{name}: nil"), format!("?{name}: ({rbs})?")),
    };
    context! {
        positional => positional,
        cpp_name => cpp_name,
        cpp_type => cpp_type,
        go_name => go_name,
        go_type => go_type,
        go_tag => format!("`json:\"{name}{omit}\"`"),
        go_argument => types::lower_first(&types::go(name)).replace("aPI", "api"),
        typed_keyword => ruby_keyword,
        typed_argument => format!("{name}: {name}"),
        typed_rbs => rbs_keyword,
        is_secret => secret || location == "Bearer",
    }
}

fn facts(operation: &Value) -> Result<Value, minijinja::Error> {
    let text = |of: &Value, name: &str| -> Result<String, minijinja::Error> {
        Ok(of.get_attr(name)?.as_str().unwrap_or_default().to_owned())
    };
    let mut parameters = Vec::new();
    for parameter in operation.get_attr("parameters")?.try_iter()? {
        let kind = match text(&parameter, "kind")?.as_str() {
            "Id" | "Text" => "string",
            "Texts" | "Ids" => "string or list",
            "List" => "list",
            "Integer" => "integer",
            "Flag" | "Boolean" => "boolean",
            "Map" | "Object" => "object",
            _ => "any",
        };
        parameters.push(context! {
            name => text(&parameter, "name")?,
            in => match text(&parameter, "location")?.as_str() {
                "Kept" => "nothing".to_owned(),
                location => location.to_ascii_lowercase(),
            },
            type => kind,
            required => parameter.get_attr("required")?,
        });
    }
    let known = |name: &str| -> Result<Option<String>, minijinja::Error> {
        Ok(match text(operation, "path")?.as_str() {
            "" => None,
            _ => Some(text(operation, name)?),
        })
    };
    Ok(context! {
        name => operation.get_attr("name")?,
        method => known("method")?,
        path => known("path")?,
        parameters => parameters,
        result => match text(operation, "returns")?.as_str() {
            "Token" | "Replacement" => "token",
            "Answered" | "Nothing" => "null",
            _ => "json",
        },
        paged => operation.get_attr("paged")?,
        scopes => operation.get_attr("scopes")?,
    })
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
    /// Whether the answer is a list of that.
    list: bool,
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
            list: false,
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
            // Whether it has a function of its own for one connection, in every language.
            dedicated => self.constant.is_none() && self.dedicated(),
            // Whether it has one that takes its parameters by name.
            typed => self.constant.is_none() && self.typed(),
            result => self.result(),
            summary => self.summary,
            doc => library.in_each_language(self.doc.trim())?,
            errors => errors.collect::<Result<Vec<Value>, String>>()?,
            node => self.node,
            returns => format!("{:?}", self.returns),
            answer => self.answer,
            answer_snake => self.answer.map(types::snake),
            c => match self.typed() {
                true => "nango_call_json".to_owned(),
                false => self.c.map_or_else(|| c_name(self.name, self.returns), str::to_owned),
            },
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
    fn typed(&self) -> bool {
        !self.dedicated()
            && self.name != "list_connections"
            && !matches!(self.returns, Returns::Answered | Returns::Any)
    }

    /// What a language returns.
    fn result(&self) -> &'static str {
        match (self.returns, self.answer) {
            (Returns::Nothing, _) => "nothing",
            (Returns::Metadata, _) => "json",
            (Returns::Raw, _) => "secret json",
            (_, Some(_)) if self.list => "list",
            (_, _) => "object",
        }
    }

    fn dedicated(&self) -> bool {
        match self.returns {
            Returns::Body => self.name == "get_connection",
            Returns::Token | Returns::Credentials | Returns::Replacement => true,
            _ => false,
        }
    }

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
        let padded = |names: &[String]| match names.len() {
            0..=IDENTITIES => {
                let mut names = names.to_vec();
                names.resize(IDENTITIES, String::new());
                Ok(names)
            }
            _ => Err(format!("{}: more than {IDENTITIES} identities", self.operation.name)),
        };
        let (repeat, conditions) = match &self.operation.repeatable {
            // The effect is the same, and the error says what a repetition may lead to.
            Repeatable::Word(Repeat::Always | Repeat::Effect) => ("Always", &[][..]),
            Repeatable::Word(Repeat::Never) => ("Never", &[][..]),
            Repeatable::Unless(unless) => ("UnlessTrue", &unless.unless_true[..]),
            Repeatable::If(given) => ("IfSet", &given.if_set[..]),
        };
        let by_session = self.operation.by_session();
        Ok(context! {
            method => format!("{:?}", self.method).to_ascii_uppercase(),
            path => self.path,
            route => format!("{} {}", format!("{:?}", self.method).to_ascii_uppercase(), self.path),
            oldest_path => self.operation.alternate_path.as_deref().unwrap_or(self.path),
            authorized => !by_session,
            repeat => repeat,
            conditions => conditions,
            identity => padded(&self.operation.identity)?,
            subject => padded(&self.operation.subject)?,
            family => self.operation.errors,
            facts => self.sentences(returns),
            paged => self.operation.page.is_some(),
            page => self.operation.page.as_ref().map(|page| context! {
                items => page.items, size => page.size,
            }),
            scopes => self.scopes(),
        })
    }

    /// What the documentation says about an operation of the route.
    fn sentences(&self, returns: Returns) -> Vec<String> {
        let operation = self.operation;
        let quoted = |name: &String| format!("`{name}`");
        let scopes: Vec<String> = self.scopes().into_iter().map(quoted).collect();
        let answer = operation.answer().and_then(|schema| schema.shape().ok());
        let result = match (returns, answer) {
            (Returns::Body | Returns::Data, Some(shape)) => in_prose(shape),
            (Returns::Body | Returns::Data | Returns::Any, _) => "any JSON".to_owned(),
            (Returns::Token | Returns::Replacement, _) => "a secret string".to_owned(),
            (Returns::Credentials, _) => "[Credentials](#credentials)".to_owned(),
            (Returns::Raw, _) => "the provider's answer as JSON, or `null`".to_owned(),
            (Returns::Metadata, _) => "a JSON object, or `null`".to_owned(),
            (Returns::Answered | Returns::Nothing, _) => "nothing".to_owned(),
        };
        let secret = match returns {
            Returns::Body | Returns::Data | Returns::Credentials | Returns::Raw
                if operation.secret =>
            {
                ", which holds secrets"
            }
            _ => "",
        };
        let key = match (operation.by_session(), scopes.as_slice()) {
            (true, _) => "The token of the session takes the place of the key.".to_owned(),
            (false, []) => "It needs no scope.".to_owned(),
            (false, scopes) => format!("Scope of the key: {}.", scopes.join(" or ")),
        };
        let mut sentences = vec![format!("Result: {result}{secret}."), key];
        match &operation.repeatable {
            Repeatable::Word(Repeat::Always) => {
                sentences.push("libnango retries it.".to_owned());
            }
            Repeatable::Word(Repeat::Effect) => sentences.push(
                "libnango retries it. The result of a retry may be an error, although the first \
                 attempt was processed."
                    .to_owned(),
            ),
            Repeatable::Word(Repeat::Never) => sentences.push(
                "libnango does not retry it once the server may have processed it.".to_owned(),
            ),
            Repeatable::If(given) => {
                let names: Vec<String> = given.if_set.iter().map(quoted).collect();
                sentences.push(format!("libnango retries it if {} is given.", names.join(" or ")));
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

impl Route<'_> {
    fn scopes(&self) -> Vec<&String> {
        self.operation.security.iter().flat_map(|scheme| scheme.values().flatten()).collect()
    }
}

/// The object that an answer is, or is a list of.
fn answer_type(schema: &Schema) -> Option<&str> {
    match schema.shape() {
        Ok(Shape::Part(name) | Shape::Parts(name)) => Some(name),
        _ => None,
    }
}

/// Which part of the answer is the result of an operation with a route of its own.
fn own_returns(operation: &Operation) -> Returns {
    match (operation.answer(), operation.result) {
        (None, _) => Returns::Nothing,
        (Some(_), Some(Pointer::Data)) => Returns::Data,
        (Some(_), None) => Returns::Body,
    }
}

/// The function of the C interface.
fn c_name(name: &str, returns: Returns) -> String {
    match returns {
        Returns::Token | Returns::Replacement => format!("nango_{name}"),
        Returns::Body | Returns::Credentials | Returns::Answered => format!("nango_{name}_json"),
        Returns::Data | Returns::Raw | Returns::Metadata | Returns::Nothing | Returns::Any => {
            "nango_call_json".to_owned()
        }
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
        Shape::OneOrMore => "string or list of strings".to_owned(),
        Shape::Object => "JSON object".to_owned(),
        Shape::Json => "any JSON".to_owned(),
    }
}

/// A secret parameter that the core takes out of the others.
fn kept(name: &str, location: &str, sent_as: &str, required: bool, doc: &str) -> Value {
    let ruby = InRuby { name, type_: "String", flag: false };
    context! {
        ..context! {
            name => name, wire => name, location => location, kind => "Text", required => required,
            doc => doc, option => (), type => "string, secret", sent_as => sent_as, since => (),
        },
        ..in_languages(name, "Text", location, required, true),
        ..ruby.value()
    }
}

/// A parameter of the operation that reaches any route.
fn of_request(added: &Added) -> Value {
    let (type_, ruby_type) = match added.kind {
        AddedKind::Secret | AddedKind::Text => ("string", "String"),
        AddedKind::Map => ("object of strings", "Hash{String => String}"),
        AddedKind::Object => ("JSON object", "Hash"),
        AddedKind::Any => ("any JSON", "Object"),
    };
    let ruby = InRuby { name: &added.name, type_: ruby_type, flag: false };
    context! {
        ..context! {
            name => added.name, wire => added.name, location => "Request",
            kind => format!("{:?}", added.kind), required => added.required, doc => added.doc,
            option => (), type => type_, sent_as => "part of the request", since => (),
        },
        ..ruby.value()
    }
}

fn sent(library: &Library, parameter: &Input<'_>) -> Result<Value, String> {
    let name = parameter.name;
    // The call option that sets it, in the languages that have it as such.
    let option = library.call_options.iter().find(|option| option.parameter == name);
    let shape = parameter.schema.shape()?;
    let ruby = InRuby {
        name: option.map_or(name, |option| &option.name),
        type_: match shape {
            Shape::Texts if parameter.place == Place::Body => "Array<String>",
            Shape::Integer => "Integer",
            Shape::Flag => "Boolean",
            Shape::Texts => "String, Array<String>",
            Shape::Map => "Hash{String => String}",
            Shape::Object => "Hash",
            Shape::OneOrMore => "String, Array<String>",
            Shape::Json => "Object",
            _ => "String",
        },
        flag: shape == Shape::Flag,
    };
    let kind = parameter.kind()?;
    let location = match parameter.place {
        Place::Path => "Path",
        Place::Query => "Query",
        Place::Body => "Body",
    };
    let secret = parameter.schema.secret;
    Ok(context! {
        ..context! {
            option => option.map(|option| &option.name),
            name => name,
            wire => parameter.wire,
            location => location,
            kind => kind,
            secret => secret,
            required => parameter.required,
            doc => parameter.doc,
            type => match parameter.schema.secret {
                true => format!("{}, secret", in_prose(shape)),
                false => in_prose(shape),
            },
            sent_as => match parameter.place {
                Place::Path => "path".to_owned(),
                Place::Body => format!("body `{}`", parameter.wire),
                Place::Query => format!("query `{}`", parameter.wire),
            },
            since => parameter.since,
        },
        ..in_languages(name, kind, location, parameter.required, secret),
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
