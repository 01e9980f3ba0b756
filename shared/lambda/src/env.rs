//! Configuration from environment variables, which `template.yaml` sets.

use std::str::FromStr;

/// A required variable is missing or invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// It is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// Its value cannot be parsed.
    #[error("the environment variable {name} is not {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// Description of a valid value.
        expected: &'static str,
    },
}

/// The value of `name`.
///
/// # Errors
/// When it is not set or empty: there are no implicit defaults.
pub fn required(name: &'static str) -> Result<String, EnvError> {
    present(name, std::env::var(name).ok())
}

/// The value of `name` parsed as a `T`, which errors describe as `expected`, such as "a number of days".
///
/// # Errors
/// When it is not set, empty or not a `T`.
pub fn parsed<T: FromStr>(name: &'static str, expected: &'static str) -> Result<T, EnvError> {
    parse(name, expected, std::env::var(name).ok())
}

/// The value of `name` parsed as a `T`, which errors describe as `expected`; none if it is not set or empty.
///
/// # Errors
/// When it is set and not a `T`.
pub fn optional<T: FromStr>(name: &'static str, expected: &'static str) -> Result<Option<T>, EnvError> {
    match std::env::var(name).ok().filter(|value| !value.is_empty()) {
        Some(value) => parse(name, expected, Some(value)).map(Some),
        None => Ok(None),
    }
}

fn present(name: &'static str, value: Option<String>) -> Result<String, EnvError> {
    value.filter(|value| !value.is_empty()).ok_or(EnvError::Missing(name))
}

fn parse<T: FromStr>(name: &'static str, expected: &'static str, value: Option<String>) -> Result<T, EnvError> {
    present(name, value)?.parse().map_err(|_| EnvError::Invalid { name, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_an_absent_or_empty_variable() {
        for value in [None, Some(String::new())] {
            let error = present("CALLS_TABLE", value).unwrap_err();
            assert_eq!(error.to_string(), "the environment variable CALLS_TABLE is not set");
        }
    }

    #[test]
    fn the_error_names_an_invalid_variable_and_what_it_should_be() {
        let error = parse::<u32>("RETENTION_DAYS", "a number of days", Some("long".to_owned())).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable RETENTION_DAYS is not a number of days");
        assert_eq!(parse::<u32>("RETENTION_DAYS", "a number of days", Some("180".to_owned())), Ok(180));
    }
}
