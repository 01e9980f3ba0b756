//! What `sam build` relies on: cargo finds each function where SAM looks for it, and compiles the AWS SDK once for all.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::template::{binary, functions, root, template};

const FUNCTIONS: [&str; 5] = ["console", "evaluate", "intake", "reconcile", "write"];

/// The output of cargo in a folder of the repository.
fn cargo(folder: &str, arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root().join(folder)).output().expect("cargo");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn cargo_finds_each_function_where_sam_looks_for_it() {
    let template = template();
    let functions =
        functions(&template).into_values().map(|function| (&function["Properties"]["CodeUri"], binary(function)));
    let functions: Vec<_> = functions.collect();
    let mut found: Vec<&str> = functions.iter().map(|(_, binary)| *binary).collect();
    found.sort_unstable();
    assert_eq!(found, FUNCTIONS);
    for (folder, binary) in functions {
        // `cargo lambda build --bin <Binary>` in the folder builds the package of that folder.
        let folder = folder.as_str().expect("a folder");
        let package: Value = serde_json::from_str(&cargo(folder, &["read-manifest"])).unwrap();
        let is_binary = |target: &&Value| target["kind"][0] == "bin" && target["name"] == *binary;
        assert!(package["targets"].as_array().unwrap().iter().any(|target| is_binary(&target)), "{folder}: {binary}");
    }
}

/// The packages that are linked into a build of `package`, each as a line of this format.
fn tree(package: &str, format: &str) -> BTreeSet<String> {
    let tree = ["tree", "--offline", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none"];
    let tree = cargo(".", &[&tree[..], &["--format", format, "--package", package]].concat());
    tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// The features of those of these packages that are in the build of a function.
fn features(function: &str, among: &BTreeSet<String>) -> BTreeMap<String, String> {
    let packages = tree(function, "{p}|{f}");
    let packages = packages.iter().filter_map(|line| line.split_once('|'));
    packages.filter(|(package, _)| among.contains(*package)).map(|(p, f)| (p.to_owned(), f.to_owned())).collect()
}

#[test]
fn the_aws_sdk_is_compiled_once_for_all_functions() {
    let sdk = tree("aws-sdk-dynamodb", "{p}");
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
