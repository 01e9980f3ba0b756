//! Parameters of a query or a form.

use url::form_urlencoded;

/// Decoded parameters, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `name=value&…`.
    pub fn parse(text: &[u8]) -> Self {
        form_urlencoded::parse(text).into_owned().collect()
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// These parameters, followed by others.
    #[must_use]
    pub fn chain(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
