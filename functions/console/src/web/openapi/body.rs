//! Request bodies.

use axum::body::{Body, Bytes, to_bytes};
use serde_json::Value;

use crate::web::error::ApiError;
use crate::web::error_code::ErrorCode;

/// Reads the body, up to `max_len` bytes.
pub(crate) async fn bytes(body: Body, max_len: usize) -> Result<Bytes, ApiError> {
    to_bytes(body, max_len).await.map_err(|_| ErrorCode::TooLarge.into())
}

/// Reads the body as JSON. As in JSON Schema, a number without a fraction is an integer: `80.0` is read as 80.
pub(crate) async fn json(body: Body, max_len: usize) -> Result<Value, ApiError> {
    let mut value = serde_json::from_slice(&bytes(body, max_len).await?)
        .map_err(|error| ApiError::new(ErrorCode::NotJson, format!("The body is not JSON: {error}.")))?;
    make_whole(&mut value);
    Ok(value)
}

/// The fields of an object that has exactly these, each a text or null.
pub(crate) fn texts<const N: usize>(document: Value, names: [&str; N]) -> Result<[Option<String>; N], ApiError> {
    let Value::Object(mut object) = document else {
        return Err(ApiError::new(ErrorCode::NotJson, "The body must be a JSON object."));
    };
    let mut texts = [const { None }; N];
    for (name, text) in names.into_iter().zip(&mut texts) {
        *text = match object.remove(name) {
            Some(Value::String(given)) => Some(given),
            Some(Value::Null) => None,
            Some(_) => return Err(ApiError::field(name, "This field must be a text or null.")),
            None => return Err(ApiError::field(name, "This field is missing. It may be null.")),
        };
    }
    match object.into_iter().next() {
        Some((unknown, _)) => Err(ApiError::field(unknown, "This operation has no field of this name.")),
        None => Ok(texts),
    }
}

fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *value = whole.into();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(make_whole),
        Value::Object(object) => object.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The number as an integer, if it has no fraction and is represented exactly.
#[expect(clippy::cast_possible_truncation, reason = "it is an integer, and small enough")]
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut value = serde_json::from_str(text).unwrap();
        make_whole(&mut value);
        assert_eq!(value.to_string(), expected);
    }

    #[test]
    fn numbers_without_a_fraction_are_integers() {
        check(r#"{"a": [80.0, -3.0, 8e2, 0.0]}"#, r#"{"a":[80,-3,800,0]}"#);
    }

    #[test]
    fn an_object_has_exactly_its_fields() {
        let texts = |document: Value| texts(document, ["a", "b"]).map_err(ApiError::into_refusal);
        assert_eq!(texts(json!({"a": "x", "b": null})).ok(), Some([Some("x".to_owned()), None]));
        for (document, code, field) in [
            (json!({"a": "x"}), "invalid_field", json!("b")),
            (json!({"a": "x", "b": 1}), "invalid_field", json!("b")),
            (json!({"a": "x", "b": null, "c": null}), "invalid_field", json!("c")),
            (json!(["a", "b"]), "not_json", json!(null)),
        ] {
            let refused = json!(texts(document).unwrap_err());
            assert_eq!((&refused["error"]["code"], &refused["error"]["parameter"]), (&json!(code), &field));
        }
    }

    #[test]
    fn other_numbers_are_unchanged() {
        check("[80.5, 18446744073709551615, 1e300]", "[80.5,18446744073709551615,1e+300]");
    }
}
