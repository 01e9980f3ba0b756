//! The entries of the navigation. Each page declares its own; the app lists them in their order.

/// A page in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nav {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// Whether it is in the secondary part of the navigation.
    pub(crate) is_secondary: bool,
}

impl Nav {
    /// A page in the main part of the navigation.
    pub(crate) const fn new(name: &'static str, path: &'static str) -> Self {
        Self { name, path, is_secondary: false }
    }

    /// A page in the secondary part of the navigation.
    pub(crate) const fn secondary(name: &'static str, path: &'static str) -> Self {
        Self { name, path, is_secondary: true }
    }
}
