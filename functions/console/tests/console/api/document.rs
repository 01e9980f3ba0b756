//! The OpenAPI document.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;

use crate::fixture::{Fixture, Response};
use crate::openapi_conformance::{DOCUMENT, operations, resolved, validator};

const PATH: &str = "/api/openapi.json";

async fn document(f: &Fixture, etag: &str) -> Response {
    f.request(Request::get(PATH).header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn it_is_served_without_a_session_and_equals_openapi_json() {
    let f = Fixture::new().await;
    let answer = document(&f, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    // Indented, so that changes can be reviewed.
    let lines = format!("{:#}\n", answer.body);
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(file, &lines).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(
        kept == lines,
        "the API has changed: run `UPDATE_OPENAPI=1 cargo test -p console document` and review the changes of {file}"
    );
}

#[tokio::test]
async fn it_is_cached_by_etag() {
    let f = Fixture::new().await;
    let answer = document(&f, "").await;
    let etag = answer.header(header::ETAG);
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=300");
    for known in [etag.to_owned(), format!("W/{etag}"), format!("\"other\", {etag}")] {
        let again = document(&f, &known).await;
        assert_eq!(
            (again.status, again.text.as_str(), again.header(header::ETAG)),
            (StatusCode::NOT_MODIFIED, "", etag)
        );
    }
    assert_eq!(document(&f, "\"other\"").await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_lists_exactly_the_methods_of_every_path() {
    let f = Fixture::new().await;
    let methods = ["get", "put", "post", "delete", "patch"];
    for path in DOCUMENT["paths"].as_object().unwrap().keys() {
        let documented: Vec<_> =
            operations().filter(|(other, _, _)| other == path).map(|(_, method, _)| method).collect();
        for method in methods {
            let method_name: Method = method.to_uppercase().parse().unwrap();
            // Requests that disconnect find no connection in this fixture.
            let answer = f.send(method_name, &path.replace(['{', '}'], ""), "").await;
            let is_refused = answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_ne!(is_refused, documented.contains(&method), "{method} {path}");
        }
    }
}

#[test]
fn operations_have_names_summaries_and_tags() {
    let tags: Vec<_> = DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids: Vec<&str> = Vec::new();
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(!ids.contains(&id) && id.chars().all(char::is_alphabetic), "{method} {path}: {id}");
        ids.push(id);
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{id}");
        assert!(operation["tags"].as_array().unwrap().iter().all(|tag| tags.contains(&tag)), "{id}");
        assert!(operation["security"].is_array(), "{id}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert_ne!(resolved(response)["description"], "", "{id}: {status}");
        }
    }
}

#[test]
fn its_examples_match_its_schemas() {
    let mut checked = 0;
    examples(&DOCUMENT, &mut |schema, example| {
        let errors: Vec<String> = validator(schema).iter_errors(example).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}: {example:#}");
        checked += 1;
    });
    assert!(checked > 100, "{checked}");
}

/// Calls `check` with each example below `value`, and the schema beside it.
fn examples(value: &Value, check: &mut impl FnMut(&Value, &Value)) {
    match value {
        Value::Object(object) => {
            let is_content = object.contains_key("schema");
            let schema = object.get("schema").unwrap_or(value);
            if let Some(example) = object.get("example") {
                check(schema, example);
            }
            match object.get("examples") {
                Some(Value::Object(examples)) if is_content => {
                    examples.values().for_each(|example| check(schema, &example["value"]));
                }
                Some(Value::Array(examples)) => examples.iter().for_each(|example| check(schema, example)),
                _ => {}
            }
            let others = object.iter().filter(|(key, _)| !matches!(key.as_str(), "example" | "examples" | "value"));
            others.for_each(|(_, value)| examples(value, check));
        }
        Value::Array(values) => values.iter().for_each(|value| examples(value, check)),
        _ => {}
    }
}

#[test]
fn examples_of_errors_are_named_by_their_codes() {
    let responses = DOCUMENT["components"]["responses"].as_object().unwrap();
    for (name, response) in responses {
        for (code, example) in response["content"]["application/json"]["examples"].as_object().unwrap() {
            let error = &example["value"]["error"];
            assert!(error["code"] == *code || (code == "gateway" && error.is_null()), "{name}: {code}: {example}");
        }
    }
}
