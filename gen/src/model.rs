//! Reads and checks `api/library.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The languages that a sentence can be written for.
pub const LANGUAGES: [&str; 5] = ["c", "cpp", "go", "ruby", "docs"];

/// The contents of `api/library.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// What `{name}` in a sentence stands for, by name and language.
    pub names: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(rename = "code")]
    pub codes: Vec<Code>,
    #[serde(rename = "option")]
    pub options: Vec<Setting>,
    #[serde(rename = "call_option")]
    pub call_options: Vec<Setting>,
    #[serde(rename = "operation")]
    pub operations: Vec<Derived>,
    #[serde(rename = "note")]
    pub notes: Vec<Note>,
}

/// What libnango says about an operation of Nango's API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub operation: String,
    pub doc: String,
}

/// An operation that has no route of its own in the description of Nango's API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    pub name: String,
    /// The name of a constant that only the core uses. Then the operation is not public.
    pub constant: Option<String>,
    /// The operation whose route it uses.
    pub of: Option<String>,
    /// The path of a GET without the key, if it uses no other operation's route.
    pub path: Option<String>,
    pub returns: Returns,
    /// The function of the C interface, if its name does not follow from the operation's.
    pub c: Option<String>,
    #[serde(default)]
    pub summary: String,
    /// More sentences.
    #[serde(default)]
    pub doc: String,
    /// When which code is the error, for codes that only this operation has.
    #[serde(default)]
    pub errors: IndexMap<String, String>,
    /// The parameters of the route that it does not have.
    #[serde(default)]
    pub without: Vec<String>,
    /// The parameters that the route does not have.
    #[serde(default)]
    pub parameters: Vec<Added>,
    /// The method of the Node SDK.
    pub node: Option<String>,
}

/// A parameter that its route does not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    pub name: String,
    pub kind: AddedKind,
    #[serde(default)]
    pub required: bool,
    pub doc: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum AddedKind {
    /// A secret text that is not sent.
    Secret,
    Text,
    Map,
    Object,
    Any,
}

/// Which part of the answer is the result. The names are those of the core.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    Body,
    /// The member `data` of the answer.
    Data,
    Token,
    Credentials,
    Raw,
    Metadata,
    Replacement,
    Answered,
    Nothing,
    Any,
}

/// An error code.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub name: String,
    pub number: i32,
    pub doc: String,
    /// What to do about it.
    pub advice: String,
    /// Whether authorising again may help.
    #[serde(default)]
    pub suggests_reconnect: bool,
}

/// An option of a client or of a call.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Snake case; the same in every language except Go.
    pub name: String,
    /// Go's name without `With`. Empty if it is an argument in Go.
    pub go: String,
    pub kind: Kind,
    /// The parameter's name in C.
    #[serde(default)]
    pub param: String,
    /// The parameter of operations that a call option sets.
    #[serde(default)]
    pub parameter: String,
    /// The name that a wrapper's errors use.
    #[serde(default)]
    pub thing: String,
    /// A sentence whose subject is the setter.
    pub doc: String,
    /// Sentences that only some languages need.
    #[serde(default)]
    pub more: BTreeMap<String, String>,
    pub default: Option<String>,
    pub default_go: Option<String>,
    pub default_ruby: Option<String>,
    pub default_ms: Option<u32>,
    /// When the value is `INVALID_ARGUMENT`, in addition to the rules of its kind.
    pub refuses: Option<String>,
    /// Whether a duration may be 0.
    #[serde(default)]
    pub zero: bool,
    /// A few words, for a table.
    pub brief: String,
    /// Whether each call adds to the existing values.
    #[serde(default)]
    pub add: bool,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    TextOrNull,
    /// Milliseconds; not 0 unless `zero` is set.
    Duration,
    /// 32 bits.
    Count,
    /// 64 bits.
    Bytes,
    Flag,
    Pem,
    TlsRoots,
}

impl Library {
    pub fn read(path: &Path) -> Result<Library, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path:?}: {error}"))?;
        let library: Library =
            toml::from_str(&text).map_err(|error| format!("{path:?}: {error}"))?;
        library.check()?;
        Ok(library)
    }

    fn check(&self) -> Result<(), String> {
        if let Some(pair) = self.codes.windows(2).find(|pair| pair[0].number >= pair[1].number) {
            return Err(format!("the number of {} is not above the one before", pair[1].name));
        }
        let mut seen = BTreeSet::new();
        for name in self.codes.iter().map(|code| &code.name) {
            let fine = name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
            if !fine || !seen.insert(name) {
                return Err(format!("{name:?} is not a name, or there are two"));
            }
        }
        for (name, texts) in &self.names {
            if let Some(language) = LANGUAGES.iter().find(|known| !texts.contains_key(**known)) {
                return Err(format!("names.{name} has nothing for {language}"));
            }
        }
        for option in &self.options {
            if matches!(option.kind, Kind::Text | Kind::TextOrNull) && option.thing.is_empty() {
                return Err(format!("{} is a text and needs a `thing`", option.name));
            }
        }
        Ok(())
    }

    /// Expands the `{name}`s of a sentence for a language.
    pub fn sentence(&self, text: &str, language: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("{text:?}: no }}"))?;
            out.push_str(before);
            out.push_str(&self.name(name, language).ok_or_else(|| format!("{text:?}: {name}?"))?);
            rest = after;
        }
        Ok(out + rest)
    }

    /// The sentence in each language, by the language's name.
    pub fn in_each_language(&self, text: &str) -> Result<BTreeMap<&'static str, String>, String> {
        LANGUAGES.iter().map(|language| Ok((*language, self.sentence(text, language)?))).collect()
    }

    fn name(&self, name: &str, language: &str) -> Option<String> {
        if let Some(code) = self.codes.iter().find(|code| code.name == name) {
            return Some(match language {
                "go" => format!("[Err{}]", code.go()),
                "ruby" => format!("{{Error::{}}}", code.camel()),
                "docs" => format!("`{}`", code.name),
                _ => code.name.clone(),
            });
        }
        self.names.get(name)?.get(language).cloned()
    }
}

impl Code {
    /// `InvalidUtf8`, as in Rust and Ruby.
    pub fn camel(&self) -> String {
        camel(&self.name, |_| None)
    }

    /// `InvalidUTF8`.
    pub fn go(&self) -> String {
        camel(&self.name, |word| match word {
            "UTF8" | "TLS" | "IO" | "DNS" => Some(word.to_owned()),
            _ => None,
        })
    }
}

/// Joins the words of an upper-case name. `whole` writes the words that are not capitalised.
pub fn camel(name: &str, whole: impl Fn(&str) -> Option<String>) -> String {
    let word = |word: &str| {
        whole(word).unwrap_or_else(|| word[..1].to_owned() + &word[1..].to_ascii_lowercase())
    };
    name.split('_').map(word).collect()
}
