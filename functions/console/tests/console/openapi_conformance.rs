//! Checks every API response of every test against the OpenAPI document.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{Method, StatusCode, header};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::fixture::Response;

/// The OpenAPI document in the repository.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// Validators of the response bodies, by path, method and status.
static VALIDATORS: LazyLock<BTreeMap<(&str, &str, &str), Validator>> = LazyLock::new(|| {
    let bodies = operations().flat_map(|(path, method, operation)| {
        let responses = operation["responses"].as_object().unwrap();
        responses.iter().filter_map(move |(status, response)| {
            let schema = resolved(response).pointer("/content/application~1json/schema")?;
            Some(((path, method, status.as_str()), validator(schema)))
        })
    });
    bodies.collect()
});

/// Each operation with its path and its method.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// Follows a `$ref`, if the value is one.
pub(crate) fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// A validator for a schema of the document.
pub(crate) fn validator(schema: &Value) -> Validator {
    let schema = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Checks that the document describes this response to a request for this path.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, answer: &Response) {
    let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let found = operations().find(|(template, other, _)| *other == method && matches_template(path, template));
    let Some((template, method, operation)) = found else {
        let status = answer.status;
        let is_refused = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        // Authentication runs before routing, so that unknown paths are not revealed.
        let is_unauthorized =
            matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(is_refused || is_unauthorized, "{method} {path} is not in the document, and answers {status}");
        return;
    };
    let status = answer.status.as_str();
    let response = operation["responses"].get(status);
    let response = resolved(response.unwrap_or_else(|| panic!("{method} {path}: {status}: {}", answer.text)));
    let Some(validator) = VALIDATORS.get(&(template, method, status)) else {
        assert_eq!(answer.text, "", "{method} {path}: {status} has a body");
        return;
    };
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
    if !answer.text.is_empty() {
        let errors: Vec<String> =
            validator.iter_errors(&answer.body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{method} {path}: {status}: {errors:#?} {}", answer.text);
    }
    if let Some(code) = answer.body["error"]["code"].as_str() {
        let examples = &response["content"]["application/json"]["examples"];
        assert!(examples.get(code).is_some(), "{method} {path}: {status}: {code} is not documented");
    }
}

/// Whether a path matches a template such as `/api/tokens/{id}`. A literal path takes precedence over a template.
fn matches_template(path: &str, template: &str) -> bool {
    let is_literal = || operations().any(|(other, _, _)| other == path);
    let (parts, expected) = (path.split('/'), template.split('/'));
    path == template
        || (parts.clone().count() == expected.clone().count()
            && parts
                .zip(expected)
                .all(|(part, expected)| part == expected || (expected.starts_with('{') && !part.is_empty()))
            && !is_literal())
}
