//! How much of the org's daily API allowance is used.

/// The org's API calls in the last 24 hours, of all integrations together, from the `Sforce-Limit-Info` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiUsage {
    /// Calls made.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
}

impl ApiUsage {
    /// Reads a header such as `api-usage=18/15000; per-app-api-usage=17/250(appName=example)`.
    pub fn parse(header: &str) -> Option<Self> {
        let usage = header.split([';', ',']).find_map(|part| part.trim().strip_prefix("api-usage="))?;
        let (used, limit) = usage.split_once('/')?;
        Some(Self { used: used.trim().parse().ok()?, limit: limit.trim().parse().ok()? })
    }

    /// Whether at least `percent` of the allowance is used.
    pub fn reaches(self, percent: u8) -> bool {
        u128::from(self.used) * 100 >= u128::from(self.limit) * u128::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expect: Option<(u64, u64)>) {
        assert_eq!(ApiUsage::parse(header).map(|usage| (usage.used, usage.limit)), expect);
    }

    #[test]
    fn the_usage_header_is_parsed() {
        check("api-usage=18/15000", Some((18, 15000)));
        check("per-app-api-usage=17/250(appName=example); api-usage=25/5000", Some((25, 5000)));
        check("api-usage=18/15000, per-app-api-usage=1/2", Some((18, 15000)));
        check("api-usage=", None);
        check("", None);
    }

    #[test]
    fn the_limit_is_reached_at_exactly_its_percentage() {
        assert!(ApiUsage { used: 95, limit: 100 }.reaches(95));
        assert!(!ApiUsage { used: 94, limit: 100 }.reaches(95));
    }
}
