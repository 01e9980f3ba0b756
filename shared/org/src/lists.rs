//! Reads the org's own lists of values again, for an admin who chooses from them.

use jiff::Timestamp;
use rules::OrgLists;
use salesforce::CallerFields;
use store::{Tenant, Tenants};

use crate::batch_error::{BatchError, Reason};
use crate::org::Org;
use crate::queries::{Queries, ask};

impl Org {
    /// The org's lists of values as they are now, which become a fact about the org. One API call.
    ///
    /// # Errors
    /// Why they could not be read.
    pub async fn lists(
        &mut self,
        tenants: &Tenants,
        tenant: &mut Tenant,
        now: Timestamp,
    ) -> Result<OrgLists, BatchError> {
        let questions = Queries { needs_statuses: true, needs_picklists: true, now, ..Queries::default() };
        let answers = ask(self, &questions, &CallerFields::default()).await?;
        let unanswered = || BatchError::TimedOut(Reason::new("UNANSWERED", "Salesforce did not answer in time."));
        let lists = answers.lists.ok_or_else(unanswered)?;
        tenant.facts.learn_lists(lists.clone(), now);
        tenants.set_facts(tenant).await?;
        Ok(lists)
    }
}
