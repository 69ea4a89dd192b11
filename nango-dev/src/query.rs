//! Parses a query like Express's `qs` package: repeated names and brackets.

/// One parameter, in the shape that its names define.
#[derive(Debug, PartialEq)]
pub enum Param {
    One(String),
    Many(Vec<String>),
    Object(Vec<(String, String)>),
    /// An object whose member of this name is an object too.
    Nested(String),
}

impl Param {
    pub fn kind(&self) -> &'static str {
        match self {
            Param::One(_) => "string",
            Param::Many(_) => "array",
            Param::Object(_) | Param::Nested(_) => "object",
        }
    }
}

#[derive(Debug, Default)]
pub struct Query(pub Vec<(String, Param)>);

impl Query {
    pub fn parse(raw: &str) -> Self {
        let mut query = Query::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let value = value.into_owned();
            match name.split_once('[').map(|(base, rest)| (base, rest.strip_suffix(']'))) {
                Some((base, Some(""))) if !base.is_empty() => query.push(base, value),
                Some((base, Some(key))) if !base.is_empty() && key.contains("][") => {
                    let member = key.split("][").next().unwrap_or_default();
                    query.0.push((base.to_owned(), Param::Nested(member.to_owned())));
                }
                Some((base, Some(key))) if !base.is_empty() => query.set(base, key, value),
                _ => query.repeat(&name, value),
            }
        }
        query
    }

    pub fn get(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, param)| param)
    }

    fn entry(&mut self, name: &str) -> Option<&mut Param> {
        self.0.iter_mut().find(|(known, _)| known == name).map(|(_, param)| param)
    }

    /// `a=1&a=2`: one value is text, two are a list.
    fn repeat(&mut self, name: &str, value: String) {
        match self.entry(name) {
            None => self.0.push((name.to_owned(), Param::One(value))),
            Some(Param::Many(values)) => values.push(value),
            Some(Param::Object(entries)) => entries.push((value, "true".to_owned())),
            Some(Param::Nested(_)) => {}
            Some(one) => {
                let Param::One(first) = std::mem::replace(one, Param::Many(Vec::new())) else {
                    return;
                };
                *one = Param::Many(vec![first, value]);
            }
        }
    }

    /// `a[]=1`: always a list.
    fn push(&mut self, name: &str, value: String) {
        if self.get(name).is_none() {
            self.0.push((name.to_owned(), Param::Many(vec![value])));
        } else {
            self.repeat(name, value);
        }
    }

    /// `a[key]=1`.
    fn set(&mut self, name: &str, key: &str, value: String) {
        match self.entry(name) {
            Some(Param::Object(entries)) => entries.push((key.to_owned(), value)),
            Some(_) => {}
            None => self.0.push((name.to_owned(), Param::Object(vec![(key.to_owned(), value)]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_a_parameter_its_shape() {
        let query = Query::parse("a=1&b=1&b=2&c[]=1&tags%5Bx%5D=%C3%A9+y&tags[z]=&e=%zz");
        assert_eq!(query.get("a"), Some(&Param::One("1".into())));
        assert_eq!(query.get("b"), Some(&Param::Many(vec!["1".into(), "2".into()])));
        assert_eq!(query.get("c"), Some(&Param::Many(vec!["1".into()])));
        let tags = vec![("x".into(), "é y".into()), ("z".into(), String::new())];
        assert_eq!(query.get("tags"), Some(&Param::Object(tags)));
        assert_eq!(query.get("e"), Some(&Param::One("%zz".into())));
    }
}
