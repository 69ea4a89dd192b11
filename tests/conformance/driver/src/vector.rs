//! The vectors, and the requests to an adapter that they become.

use std::fmt::{self, Display};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// What the names of the vectors that the driver makes begin with.
pub const GENERATED: &str = "generated-";

/// The key of a client whose vector names none.
pub const KEY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

pub struct Vector {
    pub name: String,
    pub kind: String,
    /// The vector as the file has it.
    pub whole: Value,
}

impl Vector {
    pub fn new(whole: Value) -> Vector {
        Vector {
            name: whole["name"].as_str().unwrap_or_default().to_owned(),
            kind: whole["kind"].as_str().unwrap_or("call").to_owned(),
            whole,
        }
    }

    /// Every vector of every `*.json` file in the folder.
    pub fn read_all(folder: &Path) -> Result<Vec<Vector>, String> {
        let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            paths.push(entry.map_err(fail)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let mut vectors = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(fail)?;
            let mut file = deep(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            let Value::Array(listed) = file["vectors"].take() else {
                return Err(format!("{}: no vectors", path.display()));
            };
            vectors.extend(listed.into_iter().map(Vector::new));
        }
        Ok(vectors)
    }

    /// The operation that it calls; empty: none.
    pub fn operation(&self) -> &str {
        self.whole["call"]["operation"].as_str().unwrap_or_default()
    }

    /// What it tests: an operation, or its kind.
    pub fn subject(&self) -> &str {
        match self.kind.as_str() {
            "call" if self.name.starts_with(GENERATED) => "bad input",
            "call" => self.operation(),
            kind => kind,
        }
    }

    /// Whether only a typed view can show what it expects.
    pub fn typed(&self) -> bool {
        self.whole["typed"] == true
    }

    /// The request to the adapter.
    pub fn request(&self, place: &Place) -> Value {
        let whole = &self.whole;
        let call = &whole["call"];
        match self.kind.as_str() {
            "json_get" => {
                json!({"do": "json_get", "json": whole["json"], "pointer": whole["pointer"]})
            }
            "client" => json!({"do": "client", "client": whole["client"]}),
            "list" => json!({
                "do": "list",
                "way": place.way,
                "client": self.client(place),
                "operation": self.operation(),
                "params": object(&call["params"]),
                "page_size": whole["page_size"].as_u64().unwrap_or(0),
                "asked": asked(&whole["expect"]),
            }),
            _ => json!({
                "do": "call",
                "way": place.way,
                "client": self.client(place),
                "operation": self.operation(),
                "params": object(&call["params"]),
                "options": object(&call["options"]),
                "calls": whole["calls"].as_u64().unwrap_or(1),
                "typed": self.typed(),
                "generic": self.whole["generic"] == true,
                "asked": asked(&whole["expect"]),
            }),
        }
    }

    /// The client's options, complete.
    fn client(&self, place: &Place) -> Value {
        let mut options = Map::new();
        options.insert("secret_key".to_owned(), KEY.into());
        options.insert("max_retries".to_owned(), 0.into());
        options.insert("ca_file".to_owned(), place.ca_file.clone().into());
        for (name, value) in self.whole["client"].as_object().into_iter().flatten() {
            options.insert(name.clone(), value.clone());
        }
        let base_url = match options.remove("server").as_ref().and_then(Value::as_str) {
            Some(server) => std::env::var(server).unwrap_or_default(),
            None => format!("{}/_vectors/{}/{}", place.host, place.run, self.name),
        };
        options.insert("base_url".to_owned(), base_url.into());
        options.into()
    }
}

/// What the adapter must read of an error or of a view, beyond what it always reads.
fn asked(expect: &Value) -> Value {
    let names = |value: &Value| -> Vec<String> {
        value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let listed = expect["connections"].as_array().into_iter().flatten();
    let views: Vec<&Value> = listed.chain([&expect["connection"]]).collect();
    let of = |inner: &str| views.iter().flat_map(|view| names(&view[inner])).collect::<Vec<_>>();
    json!({
        "headers": names(&expect["error"]["headers"]),
        "view": views.iter().flat_map(|view| names(view)).collect::<Vec<_>>(),
        "credentials": of("credentials"),
        "other": of("other"),
    })
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Parses JSON of any depth.
pub fn deep(text: &str) -> Result<Value, serde_json::Error> {
    let mut source = serde_json::Deserializer::from_str(text);
    source.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut source)
}

#[derive(Clone, Copy)]
pub enum Transport {
    Http,
    Tls,
}

impl Transport {
    pub fn named(name: &str) -> Option<Transport> {
        match name {
            "http" => Some(Transport::Http),
            "tls" => Some(Transport::Tls),
            _ => None,
        }
    }
}

/// How the vectors are run.
#[derive(Clone)]
pub struct Place {
    language: String,
    /// The language's way to call.
    pub way: String,
    transport: Transport,
    host: String,
    run: String,
    ca_file: String,
}

impl Place {
    pub fn new(language: &str, way: &str, transport: Transport) -> Result<Place, String> {
        let (name, host) = match transport {
            Transport::Http => ("http", "NANGO_HOST"),
            Transport::Tls => ("tls", "NANGO_DEV_TLS_HOST"),
        };
        Ok(Place {
            language: language.to_owned(),
            way: way.to_owned(),
            transport,
            host: crate::variable(host)?,
            run: format!("{language}-{way}-{name}-{}", std::process::id()),
            ca_file: crate::variable("NANGO_DEV_CA_FILE")?,
        })
    }

    /// The same place, for another run of a vector.
    pub fn of_view(&self) -> Place {
        Place { run: format!("{}-of-view", self.run), ..self.clone() }
    }
}

impl Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Http => "HTTP",
            Transport::Tls => "TLS",
        };
        write!(to, "{}, {}, {transport}", self.language, self.way)
    }
}
