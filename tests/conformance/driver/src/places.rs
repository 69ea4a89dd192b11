//! The places in the core that make an error, and whether a vector reaches each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A file and a line.
pub type Origin = (String, u32);

struct Place {
    origin: Origin,
    /// The file and the function, and a number if there are several in the function.
    name: String,
}

/// Checks that each place is among those reached, or listed in a file with the test that reaches it
/// or the reason why none does. Returns what is wrong.
pub fn check(root: &Path, list: &str, reached: &BTreeSet<Origin>) -> Result<Vec<String>, String> {
    let mut places = Vec::new();
    visit(root, Path::new("src"), &mut places)?;
    if places.len() < 50 {
        return Err(format!("only {} places make an error", places.len()));
    }
    let unreached: BTreeSet<String> = places
        .into_iter()
        .filter(|place| !reached.contains(&place.origin))
        .map(|place| place.name)
        .collect();
    let text = read(Path::new(list))?;
    let mut listed = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (place, what) = line.split_once('\t').ok_or_else(|| format!("{list}: {line}"))?;
        listed.insert(place, what);
    }
    let mut wrong = Vec::new();
    for name in unreached.iter().filter(|name| !listed.contains_key(&***name)) {
        wrong.push(format!("{name}: no vector reaches this place, and {list} does not list it"));
    }
    for (place, what) in listed {
        if !unreached.contains(place) {
            wrong.push(format!("{place}: it is reached, or gone, and still in {list}"));
        }
        let Some((file, test)) = what.split_once(": ") else {
            return Err(format!("{list}: {place}: {what}"));
        };
        let exists = || fs::read_to_string(root.join(file)).is_ok_and(|text| text.contains(test));
        if file != "none" && !exists() {
            wrong.push(format!("{place}: {file} has no {test}"));
        }
    }
    Ok(wrong)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn visit(root: &Path, folder: &Path, places: &mut Vec<Place>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(root.join(folder)).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            visit(root, &path, places)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            find(&read(&entry.path())?, &path.to_string_lossy(), places);
        }
    }
    Ok(())
}

/// Finds the places in a file, up to its tests.
fn find(text: &str, file: &str, places: &mut Vec<Place>) {
    if file == "src/error.rs" || file.ends_with("/tests.rs") || file == "src/fuzz.rs" {
        return;
    }
    let begin = places.len();
    let mut function = String::new();
    for (number, line) in text.lines().enumerate() {
        if line.contains("#[cfg(test)]") || line.contains("#[cfg(all(test") {
            break;
        }
        if let Some(name) = function_of(line) {
            function = name.to_owned();
        }
        if line.contains("Error::new(") || line.contains("Error::invalid_argument(") {
            let name = format!("{file} {function}");
            places.push(Place { origin: (file.to_owned(), number as u32 + 1), name });
        }
    }
    let names: Vec<String> = places[begin..].iter().map(|place| place.name.clone()).collect();
    for (index, name) in names.iter().enumerate() {
        if names.iter().filter(|other| *other == name).count() > 1 {
            let earlier = names[..index].iter().filter(|other| *other == name).count();
            places[begin + index].name = format!("{name} {}", earlier + 1);
        }
    }
}

fn function_of(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let begins = before.trim_start().split(' ').all(|word| {
        ["", "pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""]
            .contains(&word)
    });
    begins.then(|| after.split(['(', '<']).next().unwrap_or_default())
}
