//! What `sam build` relies on: cargo finds each function where SAM looks for it, and compiles the AWS SDK once for all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const FUNCTIONS: [&str; 5] = ["console", "evaluate", "intake", "reconcile", "write"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The output of cargo in a folder of the repository.
fn cargo(folder: &str, arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root().join(folder)).output().expect("cargo");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// `CodeUri` and `Binary` of each function of the template.
fn functions() -> Vec<(String, String)> {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let values = |key: &str| {
        let pattern = regex::Regex::new(&format!(r"{key}: ([\w/]+)")).unwrap();
        pattern.captures_iter(&template).map(|found| found[1].to_owned()).collect::<Vec<_>>()
    };
    let (folders, binaries) = (values("CodeUri"), values("Binary"));
    assert_eq!(folders.len(), binaries.len());
    folders.into_iter().zip(binaries).collect()
}

#[test]
fn cargo_finds_each_function_where_sam_looks_for_it() {
    let functions = functions();
    let mut found: Vec<&str> = functions.iter().map(|(_, binary)| binary.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, FUNCTIONS);
    for (folder, binary) in &functions {
        // `cargo lambda build --bin <Binary>` in the folder builds the package of that folder.
        let package: Value = serde_json::from_str(&cargo(folder, &["read-manifest"])).unwrap();
        let is_binary = |target: &&Value| target["kind"][0] == "bin" && target["name"] == *binary;
        assert!(package["targets"].as_array().unwrap().iter().any(|target| is_binary(&target)), "{folder}: {binary}");
    }
}

/// The features of each package in the build of a function.
fn features(function: &str, among: &BTreeSet<String>) -> BTreeMap<String, String> {
    let tree =
        ["tree", "--offline", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}|{f}"];
    let tree = cargo(".", &[&tree[..], &["--package", function]].concat());
    let packages = tree.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|'));
    packages.filter(|(package, _)| among.contains(*package)).map(|(p, f)| (p.to_owned(), f.to_owned())).collect()
}

#[test]
fn the_aws_sdk_is_compiled_once_for_all_functions() {
    let tree =
        ["tree", "--offline", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(".", &[&tree[..], &["--package", "aws-sdk-dynamodb"]].concat());
    let sdk: BTreeSet<String> = tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
    assert!(sdk.len() > 50, "{sdk:?}");
    let mut builds = FUNCTIONS.map(|function| (function, features(function, &sdk))).into_iter();
    let (first, expected) = builds.next().unwrap();
    for (function, features) in builds {
        let other: Vec<_> = features.iter().filter(|(package, of)| expected.get(*package) != Some(of)).collect();
        assert!(
            other.is_empty(),
            "{function} has other features than {first}: see shared/lambda/Cargo.toml: {other:#?}"
        );
    }
}
