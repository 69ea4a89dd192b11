//! Reads and checks `api/nango.openapi.yaml`: the subset of OpenAPI that `api/README.md` describes.
//! Anything else in the file is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;

/// The contents of the file, without what only other readers need.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    openapi: String,
    #[serde(rename = "info")]
    _info: serde::de::IgnoredAny,
    #[serde(rename = "servers")]
    _servers: serde::de::IgnoredAny,
    #[serde(rename = "security")]
    _security: serde::de::IgnoredAny,
    tags: Vec<Family>,
    pub paths: IndexMap<String, IndexMap<Method, Operation>>,
    components: Components,
}

/// What an operation is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub name: String,
    #[serde(rename = "description")]
    _description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Components {
    security_schemes: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(default)]
    request_bodies: BTreeMap<String, RequestBody>,
    responses: BTreeMap<String, Response>,
    schemas: IndexMap<String, Schema>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One route and what libnango does with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    #[serde(rename = "operationId")]
    pub name: String,
    tags: Vec<String>,
    pub summary: String,
    #[serde(default)]
    pub description: String,
    /// Alternatives: a scheme with the scopes that it needs.
    pub security: Vec<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "x-nango-alternate-path")]
    pub alternate_path: Option<String>,
    #[serde(rename = "x-nango-repeatable")]
    pub repeatable: Repeatable,
    #[serde(rename = "x-nango-page")]
    pub page: Option<Page>,
    /// An RFC 6901 pointer to the result in the answer, if it is not the whole answer.
    #[serde(rename = "x-nango-result")]
    pub result: Option<Pointer>,
    #[serde(rename = "x-nango-errors")]
    pub errors: String,
    #[serde(default, rename = "x-nango-identity")]
    pub identity: Vec<String>,
    #[serde(default, rename = "x-nango-subject")]
    pub subject: Vec<String>,
    #[serde(default, rename = "x-nango-secret")]
    pub secret: bool,
    /// The method of the Node SDK.
    #[serde(rename = "x-nango-node")]
    pub node: Option<String>,
    #[serde(rename = "x-nango-since")]
    pub since: String,
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    #[serde(rename = "requestBody")]
    body: Option<RequestBody>,
    pub responses: IndexMap<String, Response>,
}

/// Where the result is in the answer.
#[derive(Clone, Copy, Deserialize, PartialEq)]
pub enum Pointer {
    #[serde(rename = "/data")]
    Data,
}

/// Whether a request may be sent again.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Repeatable {
    Word(Repeat),
    Unless(Unless),
    If(If),
}

/// Safe if one of these parameters is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct If {
    pub if_set: Vec<String>,
}

/// Safe unless one of these flags is set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unless {
    pub unless_true: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    Always,
    Never,
    /// Safe, but the answer to the second request may be an error.
    Effect,
}

/// How a list is paged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    #[serde(rename = "kind")]
    _kind: PageKind,
    /// An RFC 6901 pointer to the list.
    pub items: String,
    /// The parameter that limits a page.
    pub size: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageKind {
    /// A number, from 0 on.
    Page,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The name in requests.
    #[serde(rename = "name")]
    pub wire: String,
    #[serde(rename = "in")]
    pub place: Place,
    #[serde(rename = "x-nango-name")]
    name: Option<String>,
    pub description: String,
    #[serde(default)]
    pub required: bool,
    pub style: Option<Style>,
    pub explode: Option<bool>,
    #[serde(rename = "x-nango-since")]
    pub since: Option<String>,
    pub schema: Schema,
}

/// The JSON object that an operation sends. Its members are parameters too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(default, rename = "required")]
    _required: bool,
    #[serde(default)]
    content: BTreeMap<String, Content>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    Path,
    Query,
    /// A member of the body.
    #[serde(skip)]
    Body,
}

/// A parameter of an operation, or a member of its body.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub name: &'a str,
    /// The name in requests.
    pub wire: &'a str,
    pub place: Place,
    pub doc: &'a str,
    pub required: bool,
    pub since: Option<&'a str>,
    pub schema: &'a Schema,
    /// How it is sent in a query.
    form: (Option<Style>, Option<bool>),
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum Style {
    Form,
    DeepObject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default)]
    content: BTreeMap<String, Content>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema: Schema,
}

/// A JSON Schema without `allOf`. `oneOf` makes a type nullable, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Schema {
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    #[serde(default, rename = "type")]
    types: Types,
    format: Option<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub min_length: u32,
    #[serde(default, rename = "required")]
    required: Vec<String>,
    #[serde(default)]
    pub properties: IndexMap<String, Schema>,
    pub items: Option<Box<Schema>>,
    additional_properties: Option<Box<Schema>>,
    one_of: Option<Vec<Schema>>,
    /// libnango's name of the member.
    #[serde(rename = "x-nango-name")]
    pub name: Option<String>,
    /// The handwritten class that the object's class extends.
    #[serde(rename = "x-nango-base")]
    pub base: Option<String>,
    /// The members that a description of the object shows.
    #[serde(default, rename = "x-nango-shown")]
    pub shown: Vec<String>,
    /// Whether the other members are secrets or personal.
    #[serde(default, rename = "x-nango-private")]
    pub private: bool,
    /// Whether it only consists of texts.
    #[serde(default, rename = "x-nango-plain")]
    pub plain: bool,
    /// Whether the languages have a type for the object, or a reader for the member.
    #[serde(default = "yes", rename = "x-nango-reader")]
    pub reader: bool,
    #[serde(default, rename = "x-nango-secret")]
    pub secret: bool,
    #[serde(rename = "x-nango-since")]
    pub since: Option<String>,
}

fn yes() -> bool {
    true
}

/// The types that a value may have. None: any type.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Types {
    #[default]
    Any,
    One(Type),
    Some(Vec<Type>),
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Object,
    Array,
    Null,
}

/// The shape of a value, as a language declares it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape<'a> {
    Text,
    Time,
    Integer,
    Flag,
    /// A list of strings.
    Texts,
    /// A string or a list of strings.
    OneOrMore,
    /// An object of strings.
    Map,
    /// Any JSON object.
    Object,
    /// An object with a schema of its own.
    Part(&'a str),
    /// A list of such objects.
    Parts(&'a str),
    /// Any JSON.
    Json,
}

impl Api {
    pub fn read(path: &Path) -> Result<Api, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path:?}: {error}"))?;
        Api::parse(&text).map_err(|error| format!("{path:?}: {error}"))
    }

    fn parse(text: &str) -> Result<Api, String> {
        // YAML 1.1's `yes` and `no` are mistakes here.
        let strict = serde_saphyr::options! { strict_booleans: true };
        let api: Api =
            serde_saphyr::from_str_with_options(text, strict).map_err(|error| error.to_string())?;
        api.check()?;
        Ok(api)
    }

    /// Every operation, with its method and its path.
    pub fn operations(&self) -> impl Iterator<Item = (Method, &str, &Operation)> {
        self.paths.iter().flat_map(|(path, methods)| {
            methods.iter().map(move |(method, operation)| (*method, path.as_str(), operation))
        })
    }

    pub fn schemas(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.components.schemas.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    fn check(&self) -> Result<(), String> {
        if self.openapi != "3.1.0" {
            return Err(format!("openapi is {}, not 3.1.0", self.openapi));
        }
        for (_, path, operation) in self.operations() {
            let failed = |what: &str| Err(format!("{}: {what}", operation.name));
            if !self.tags.iter().any(|family| operation.tags == [family.name.as_str()]) {
                return failed("its tag is not one of the tags");
            }
            if operation.errors.is_empty() || operation.since.is_empty() {
                return failed("x-nango-errors or x-nango-since is empty");
            }
            let schemes = operation.security.iter().flat_map(BTreeMap::keys);
            for scheme in schemes {
                if !self.components.security_schemes.contains_key(scheme) {
                    return failed(&format!("there is no security scheme {scheme}"));
                }
            }
            for path in [Some(path), operation.alternate_path.as_deref()].into_iter().flatten() {
                for name in path.split(['{', '}']).skip(1).step_by(2) {
                    let known = operation
                        .parameters
                        .iter()
                        .any(|parameter| parameter.place == Place::Path && parameter.wire == name);
                    if !known {
                        return failed(&format!("{{{name}}} in {path} is not a parameter"));
                    }
                }
            }
            let inputs =
                self.inputs(operation).map_err(|error| format!("{}: {error}", operation.name))?;
            for input in &inputs {
                input
                    .kind()
                    .map_err(|error| format!("{}: {}: {error}", operation.name, input.wire))?;
                if inputs.iter().filter(|other| other.name == input.name).count() > 1 {
                    return failed(&format!("two parameters are named {}", input.name));
                }
            }
            let conditions = match &operation.repeatable {
                Repeatable::Word(_) => &[][..],
                Repeatable::Unless(unless) => &unless.unless_true,
                Repeatable::If(given) => &given.if_set,
            };
            let named = operation.identity.iter().chain(&operation.subject).chain(conditions);
            let named = named.chain(operation.page.as_ref().map(|page| &page.size));
            for name in named {
                if !inputs.iter().any(|input| input.name == name) {
                    return failed(&format!("{name} is not a parameter"));
                }
            }
            if operation.identity.iter().any(|name| !operation.subject.contains(name)) {
                return failed("what identifies an answer is part of its subject");
            }
            for response in operation.responses.values() {
                self.check_response(response)
                    .map_err(|error| format!("{}: {error}", operation.name))?;
            }
        }
        for (name, schema) in self.schemas() {
            self.check_schema(schema).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    /// The parameters of an operation, and after them the members of its body.
    pub fn inputs<'a>(&'a self, operation: &'a Operation) -> Result<Vec<Input<'a>>, String> {
        let mut inputs: Vec<Input<'_>> =
            operation.parameters.iter().map(Parameter::input).collect();
        let Some(body) = &operation.body else { return Ok(inputs) };
        let body = match &body.reference {
            None => body,
            Some(reference) => {
                let name = reference.strip_prefix("#/components/requestBodies/");
                name.and_then(|name| self.components.request_bodies.get(name))
                    .ok_or_else(|| format!("there is no {reference}"))?
            }
        };
        let Some(content) = body.content.get("application/json") else {
            return Err("its body is not JSON".to_owned());
        };
        for (wire, schema) in &content.schema.properties {
            if schema.description.is_empty() {
                return Err(format!("{wire} has no description"));
            }
            inputs.push(Input {
                name: schema.name.as_deref().unwrap_or(wire),
                wire,
                place: Place::Body,
                doc: &schema.description,
                required: content.schema.requires(wire),
                since: schema.since.as_deref(),
                schema,
                form: (None, None),
            });
        }
        Ok(inputs)
    }

    fn check_response(&self, response: &Response) -> Result<(), String> {
        match &response.reference {
            Some(reference) => {
                let name = reference.strip_prefix("#/components/responses/").unwrap_or_default();
                match self.components.responses.get(name) {
                    Some(response) => self.check_response(response),
                    None => Err(format!("there is no {reference}")),
                }
            }
            None => {
                response.content.values().try_for_each(|content| self.check_schema(&content.schema))
            }
        }
    }

    fn check_schema(&self, schema: &Schema) -> Result<(), String> {
        schema.shape()?;
        if let Some(name) = schema.part()
            && !self.components.schemas.contains_key(name)
        {
            return Err(format!("there is no schema {name}"));
        }
        for name in schema.required.iter().chain(&schema.shown) {
            if !schema.properties.contains_key(name) {
                return Err(format!("{name} is required or shown, and not declared"));
            }
        }
        for (name, property) in &schema.properties {
            if property.description.is_empty() {
                return Err(format!("{name} has no description"));
            }
            self.check_schema(property).map_err(|error| format!("{name}: {error}"))?;
        }
        schema.items.as_deref().map_or(Ok(()), |items| self.check_schema(items))
    }
}

impl Operation {
    /// The schema of the result. None: there is no result.
    pub fn answer(&self) -> Option<&Schema> {
        let succeeded = |status: &&String| status.starts_with('2');
        let status = self.responses.keys().find(succeeded)?;
        let schema = &self.responses[status].content.get("application/json")?.schema;
        match self.result {
            Some(Pointer::Data) => schema.properties.get("data"),
            None => Some(schema),
        }
    }

    /// Whether the token of a connect session takes the place of the key.
    pub fn by_session(&self) -> bool {
        self.security.iter().all(|scheme| scheme.contains_key("connectSession"))
    }
}

impl Parameter {
    fn input(&self) -> Input<'_> {
        Input {
            name: self.name.as_deref().unwrap_or(&self.wire),
            wire: &self.wire,
            place: self.place,
            doc: &self.description,
            required: self.required,
            since: self.since.as_deref(),
            schema: &self.schema,
            form: (self.style, self.explode),
        }
    }
}

impl Input<'_> {
    /// The core's `Kind`.
    pub fn kind(&self) -> Result<&'static str, String> {
        let is_id = self.schema.min_length == 1;
        Ok(match (self.place, self.schema.shape()?, self.form) {
            (_, Shape::Text, (None, None)) if is_id => "Id",
            (_, Shape::Text, (None, None)) => "Text",
            (_, Shape::Integer, (None, None)) => "Integer",
            (Place::Body, Shape::Flag, _) => "Boolean",
            (Place::Body, Shape::Texts, _) => "List",
            (Place::Body, Shape::OneOrMore, _) => "Ids",
            (Place::Body, Shape::Map, _) => "Map",
            (Place::Body, Shape::Object, _) => "Object",
            (Place::Body, Shape::Json, _) => "Any",
            (_, Shape::Flag, (None, None)) => "Flag",
            (_, Shape::Texts, (Some(Style::Form), Some(false))) => "Texts",
            (_, Shape::Texts, (Some(Style::Form), Some(true))) => "List",
            (_, Shape::Map, (Some(Style::DeepObject), Some(true))) => "Map",
            (_, shape, _) => return Err(format!("libnango cannot send a {shape:?} in this style")),
        })
    }
}

impl Schema {
    /// Whether an object always has the member.
    pub fn requires(&self, member: &str) -> bool {
        self.required.iter().any(|name| name == member)
    }

    /// Whether null takes the place of a value.
    pub fn nullable(&self) -> bool {
        let null = |schema: &Schema| schema.types() == [Type::Null];
        self.types().contains(&Type::Null) || self.one_of.iter().flatten().any(null)
    }

    fn types(&self) -> &[Type] {
        match &self.types {
            Types::Any => &[],
            Types::One(one) => std::slice::from_ref(one),
            Types::Some(types) => types,
        }
    }

    /// The schema that a value refers to.
    pub fn part(&self) -> Option<&str> {
        self.target().or_else(|| self.one_of.iter().flatten().find_map(Schema::target))
    }

    fn target(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("#/components/schemas/")
    }

    pub fn shape(&self) -> Result<Shape<'_>, String> {
        if let Some(alternatives) = &self.one_of {
            let [part, null] = alternatives.as_slice() else {
                return Err("oneOf is for a $ref and null".to_owned());
            };
            if part.reference.is_none() || null.types() != [Type::Null] {
                return Err("oneOf is for a $ref and null".to_owned());
            }
        }
        if let Some(name) = self.part() {
            return Ok(Shape::Part(name));
        }
        if self.reference.is_some() {
            return Err("a $ref is for a schema of this file".to_owned());
        }
        let types: Vec<Type> =
            self.types().iter().copied().filter(|known| *known != Type::Null).collect();
        Ok(match types.as_slice() {
            [Type::String] => match self.format.as_deref() {
                None => Shape::Text,
                Some("date-time") => Shape::Time,
                Some(format) => return Err(format!("format {format} is not known")),
            },
            [Type::String, Type::Array] => Shape::OneOrMore,
            // A reader treats another type as absent.
            [Type::String, _, ..] => Shape::Text,
            [Type::Integer] => Shape::Integer,
            [Type::Boolean] => Shape::Flag,
            [Type::Object] => match &self.additional_properties {
                None => Shape::Object,
                Some(values) if values.types() == [Type::String] => Shape::Map,
                Some(_) => return Err("a map is of strings".to_owned()),
            },
            [Type::Array] => match self.items.as_deref() {
                Some(items) => match items.shape()? {
                    Shape::Part(name) => Shape::Parts(name),
                    Shape::Text => Shape::Texts,
                    _ => Shape::Json,
                },
                None => return Err("an array has no items".to_owned()),
            },
            _ => Shape::Json,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../api/nango.openapi.yaml");

    /// Replaces a part of the document, and returns why the result is refused.
    fn refusal(part: &str, replacement: &str) -> String {
        assert!(DOCUMENT.contains(part), "the document has no {part:?}");
        match Api::parse(&DOCUMENT.replacen(part, replacement, 1)) {
            Ok(_) => panic!("it is accepted: {replacement:?}"),
            Err(error) => error,
        }
    }

    #[test]
    fn the_description_is_accepted() {
        Api::parse(DOCUMENT).unwrap();
    }

    #[test]
    fn what_it_does_not_understand_is_refused() {
        let method = "      x-nango-node: getConnection\n";
        let twice = method.repeat(2);
        for (part, replacement, expected) in [
            (method, twice.as_str(), "duplicate mapping key: x-nango-node"),
            ("x-nango-node:", "x-nango-nodes:", "unknown field `x-nango-nodes`"),
            ("x-nango-secret: true", "x-nango-secret: yes", "boolean"),
            ("x-nango-repeatable: always", "x-nango-repeatable: sometimes", "Repeatable"),
            ("tags: [connections]", "tags: [others]", "its tag is not one of the tags"),
            ("unless_true: [force_refresh]", "unless_true: [forced]", "forced is not a parameter"),
            ("/connection/{connection_id}", "/connection/{id}", "{id} in /connection/{id} is not"),
            ("size: limit", "size: size", "size is not a parameter"),
            ("style: deepObject", "style: form", "cannot send a Map"),
            ("requestBodies/Metadata\"", "requestBodies/Data\"", "requestBodies/Data"),
            ("x-nango-result: /data", "x-nango-result: /items", "unknown variant"),
            ("{if_set: [connection_id]}", "{if_set: [id]}", "id is not a parameter"),
            ("x-nango-name: new_unique_key", "x-nango-name: unique_key", "two parameters"),
            ("schemas/EndUser\"", "schemas/User\"", "there is no schema User"),
            ("responses/Error\"", "responses/Fault\"", "there is no #/components/responses/Fault"),
            ("format: date-time", "format: date", "format date is not known"),
            (
                "oneOf: [{$ref: \"#/components/schemas/EndUser\"}, {type: \"null\"}]",
                "oneOf: [{type: string}, {type: \"null\"}]",
                "oneOf is for a $ref and null",
            ),
            ("        - id\n", "        - number\n", "number is required or shown, and not"),
            (", description: Nango's internal number.", "", "id has no description"),
        ] {
            let error = refusal(part, replacement);
            assert!(error.contains(expected), "{replacement:?}: {error}\nlacks {expected:?}");
        }
    }
}
