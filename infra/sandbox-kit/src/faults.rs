//! Scripted faults: which requests they apply to, how often, and their responses.

mod response;
mod rule;

pub(crate) use self::response::dropped;
pub use self::{
    response::Style,
    rule::{Fault, Rule},
};

/// The faults that have not been used up, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// What was scripted, with the remaining `times`.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().map(|fault| &fault.rule)
    }

    /// Adds faults.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults);
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Uses the first fault that matches a request, given its method, and its path and query.
    pub(crate) fn take(&mut self, method: &str, target: &str) -> Option<Rule> {
        let fault = take_first(&mut self.0, |fault| &mut fault.rule.times, |fault| fault.matches(method, target))?;
        Some(fault.rule)
    }
}

/// Uses the first fault that matches, and removes those that are used up. `times` is how often a fault still applies.
pub fn take_first<F: Clone>(
    faults: &mut Vec<F>,
    times: impl Fn(&mut F) -> &mut u32,
    matches: impl Fn(&F) -> bool,
) -> Option<F> {
    let at = faults.iter_mut().position(|fault| *times(fault) > 0 && matches(fault))?;
    *times(&mut faults[at]) -= 1;
    let used = faults[at].clone();
    faults.retain_mut(|fault| *times(fault) > 0);
    Some(used)
}

/// The default of a fault's `times`.
pub fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fault, Faults};

    fn faults(rules: &[Value]) -> Faults {
        let mut faults = Faults::default();
        faults.extend(rules.iter().map(|rule| Fault::parse(rule.clone()).unwrap()));
        faults
    }

    #[track_caller]
    fn check(rule: Value, method: &str, target: &str, applies: bool) {
        assert_eq!(faults(&[rule]).take(method, target).is_some(), applies);
    }

    #[test]
    fn a_fault_without_conditions_applies_to_any_request() {
        check(json!({}), "GET", "/", true);
    }

    #[test]
    fn the_method_is_compared_ignoring_case() {
        check(json!({"method": "post"}), "POST", "/", true);
        check(json!({"method": "POST"}), "GET", "/", false);
    }

    #[test]
    fn the_path_matches_anywhere_in_path_and_query() {
        check(json!({"path": "b.*page=2$"}), "GET", "/a/b?page=2", true);
        check(json!({"path": "^b"}), "GET", "/a/b", false);
    }

    #[test]
    fn the_first_matching_fault_is_used_up_before_the_next() {
        let rule = |status: u16, times: u32| json!({"path": "a", "status": status, "times": times});
        let mut faults = faults(&[json!({"path": "b"}), rule(500, 2), rule(503, 1)]);
        let mut left = || faults.take("GET", "/a").map(|_| faults.rules().map(|rule| rule.times).collect::<Vec<_>>());
        assert_eq!(left(), Some(vec![1, 1, 1]));
        assert_eq!(left(), Some(vec![1, 1]));
        assert_eq!(left(), Some(vec![1]));
        assert_eq!(left(), None);
    }

    #[test]
    fn unknown_keys_and_malformed_patterns_are_refused() {
        assert!(Fault::parse(json!({"pth": "x"})).unwrap_err().starts_with("unknown field `pth`"));
        assert!(Fault::parse(json!({"path": "("})).unwrap_err().starts_with("regex parse error"));
    }
}
