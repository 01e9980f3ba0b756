//! Queries for the org's users.

use super::Soql;

impl Soql {
    /// The active users who may own Tasks, by name, at most `limit`: `Id`, `Name`, `Username`. Portal users and
    /// Chatter-only users may not.
    pub fn standard_users(limit: usize) -> Self {
        Self(format!(
            "SELECT Id, Name, Username FROM User WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name LIMIT {limit}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_who_may_own_tasks_are_queried_by_name() {
        let expected = "SELECT Id, Name, Username FROM User WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name \
                        LIMIT 301";
        assert_eq!(Soql::standard_users(301).as_str(), expected);
    }
}
