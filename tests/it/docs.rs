//! Checks the documentation against the repository: links, the files of the recipes, and names in the glossary.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Map, Value};

use crate::template::{root, template};

/// The Markdown files of the repository.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 8, "{found:?}");
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn links_lead_to_files_and_sections() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let heading = Regex::new(r"(?m)^#+ (.*)$").unwrap();
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
    };
    let mut broken = Vec::new();
    for document in documents() {
        for found in link.captures_iter(&read(&document)) {
            let target = &found[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, section) =
                target.split_once('#').map_or((target, None), |(file, section)| (file, Some(section)));
            let path = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            let has_section =
                |section: &str| heading.captures_iter(&read(&path)).any(|found| anchor(&found[1]) == section);
            if !path.exists() || section.is_some_and(|section| !has_section(section)) {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The entries of a section of the template, by name.
fn section<'a>(template: &'a Value, name: &str) -> &'a Map<String, Value> {
    let entries = template[name].as_object().unwrap_or_else(|| panic!("there is no {name}"));
    assert!(entries.len() > 3, "{name}: {entries:?}");
    entries
}

/// The rows of the tables in a document whose first cell is a name, or names, in backticks.
fn rows(document: &str) -> Vec<(Vec<String>, String)> {
    let name = Regex::new(r"`(\w+)`").unwrap();
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
        (name.captures_iter(cell).map(|found| found[1].to_owned()).collect(), row.to_owned())
    })
    .collect()
}

#[test]
fn each_parameter_and_output_of_the_template_is_documented() {
    let rows = rows(&read(&root().join("docs/deploying.md")));
    let documented: Vec<&String> = rows.iter().flat_map(|(names, _)| names).collect();
    let template = template();
    let parameters = section(&template, "Parameters");
    let names = parameters.keys().chain(section(&template, "Outputs").keys());
    let missing: Vec<_> = names.filter(|name| !documented.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for (parameter, declaration) in parameters {
        let default = match &declaration["Default"] {
            Value::Null => panic!("{parameter} has no default"),
            Value::String(text) => text.clone(),
            number => number.to_string(),
        };
        let stated = if default.is_empty() { "empty".to_owned() } else { default };
        let (_, row) = rows.iter().find(|(names, _)| names.contains(parameter)).unwrap();
        assert!(row.contains(&stated), "{parameter} is {stated:?} by default: {row}");
    }
}

/// A recipe in `docs/contributing.md`.
struct Recipe {
    name: String,
    /// Its first word: how many files it says that a person edits.
    stated: String,
    files: Vec<String>,
}

fn recipes() -> Vec<Recipe> {
    let text = read(&root().join("docs/contributing.md"));
    let recipe = Regex::new(r"(?m)^### .*\n\n(\w+) [^#]*?^<!-- recipe:([a-z-]+) -->\n((?:- .*\n)+)").unwrap();
    let file = Regex::new(r"(?m)^- `([^`]+)`").unwrap();
    let recipes = recipe.captures_iter(&text).map(|found| Recipe {
        stated: found[1].to_owned(),
        name: found[2].to_owned(),
        files: file.captures_iter(&found[3]).map(|found| found[1].to_owned()).collect(),
    });
    recipes.collect()
}

#[test]
fn the_files_of_the_recipes_exist() {
    let recipes = recipes();
    assert_eq!(recipes.len(), 10);
    for Recipe { name, files, .. } in recipes {
        for file in files {
            assert!(root().join(&file).exists(), "{name}: {file}");
        }
    }
}

#[test]
fn recipes_say_how_many_files_they_touch_and_touch_few() {
    const WORDS: [&str; 9] = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"];
    let limits = [("call-type", 8), ("task-field", 7), ("setting", 7), ("console-page", 5), ("error-code", 2)];
    for Recipe { name, stated, files } in recipes() {
        let edited = files.iter().filter(|file| !file.ends_with("openapi.json")).count();
        assert_eq!(WORDS.get(edited), Some(&stated.as_str()), "{name}: {files:?}");
        let limit = limits.iter().find(|(limited, _)| *limited == name).map_or(8, |(_, limit)| *limit);
        assert!(edited <= limit, "{name} takes {edited} files");
    }
}

#[test]
fn names_in_the_glossary_exist() {
    let name = Regex::new(r"`(rules|store|org|salesforce|aircall|lambda)::(?:[a-z_]+::)*([A-Z]\w+)").unwrap();
    let glossary = read(&root().join("docs/glossary.md"));
    let mut missing = Vec::new();
    for found in name.captures_iter(&glossary) {
        let definition = Regex::new(&format!(r"\b(struct|enum|trait|type|const)\s+{}\b", &found[2])).unwrap();
        if !sources(&root().join("shared").join(&found[1]).join("src")).iter().any(|text| definition.is_match(text)) {
            missing.push(found[0].to_owned());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

pub(crate) fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(read(&path));
        }
    }
    found
}

/// A row of the page names a file, and then the tests in it.
#[test]
fn the_tests_that_hold_a_promise_exist() {
    let cell = Regex::new(r"\[`[^`]+`\]\(\.\./([^)]+)\): ((?:`\w+`(?:, )?)+)").unwrap();
    let name = Regex::new(r"`(\w+)`").unwrap();
    let page = read(&root().join("docs/reliability.md"));
    let mut count = 0;
    for found in cell.captures_iter(&page) {
        let tests = read(&root().join(&found[1]));
        for name in name.captures_iter(&found[2]) {
            assert!(tests.contains(&format!("fn {}(", &name[1])), "{}: {}", &found[1], &name[1]);
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn the_readme_is_short() {
    assert!(read(&root().join("README.md")).lines().count() <= 130);
}
