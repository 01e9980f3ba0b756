//! Sample calls for the activity log, in all states.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rules::matching::Record;
use rules::relate::RelatedKind;
use rules::settings::{LogAs, Settings};
use rules::{Company, RecordKind, SalesforceId, Snapshot, TaskStatus, Topic, Trace, decide};
use serde_json::json;
use store::{Calls, Connection, Merge, Outcome, Problem, Related, Tenant, TenantId, Tenants, Written};

/// Stores a tenant with an unreachable org and `count` calls, most of them recent.
pub(crate) async fn add_samples(calls: &Calls, tenants: &Tenants, tenant: &TenantId, count: u64) -> Result<()> {
    let now = Timestamp::now();
    let connected = Tenant {
        salesforce: Some(Connection {
            org_id: "00D000000000001AAA".to_owned(),
            instance_url: "https://example.my.salesforce.com".to_owned(),
            login_url: "https://login.salesforce.com".to_owned(),
            user_id: "005000000000001AAA".to_owned(),
            user_name: Some("Ada Example".to_owned()),
            connected_at: now,
        }),
        ..Tenant::new(tenant.clone())
    };
    tenants.put(&connected).await?;
    let mut settings = Settings::default();
    settings.call_workflow.outbound_unanswered = LogAs::DoNothing;
    for id in 1..=count {
        // A few calls a day, more of them recently.
        let minutes = i64::try_from(id * id * 7 / 3 + id * 30)?;
        let started_at = now - SignedDuration::from_mins(minutes);
        add_sample(calls, tenant, id, started_at, &settings).await?;
    }
    Ok(())
}

async fn add_sample(
    calls: &Calls,
    tenant: &TenantId,
    id: u64,
    started_at: Timestamp,
    settings: &Settings,
) -> Result<()> {
    let key = format!("call-{}", 2_849_500_000 + id);
    let second = started_at.as_second();
    let (direction, is_answered) =
        if id.is_multiple_of(3) { ("outbound", id.is_multiple_of(2)) } else { ("inbound", id % 5 != 1) };
    let is_over = id != 1;
    let (line, zone, digits) = if id.is_multiple_of(4) {
        ((2, "Support"), "America/New_York", "+1 415-555-0100")
    } else {
        ((1, "Sales Vienna"), "Europe/Vienna", "+43 1 234 5678")
    };
    let names = ["Ada Example", "Grace Sample", "Alan Specimen"];
    let name = names[usize::try_from(id % 3)?];
    let snapshot: Snapshot = serde_json::from_value(json!({
        "event": if is_over { "ended" } else { "created" },
        "at": second + 200,
        "call": {
            "id": 2_849_500_000 + id,
            "direction": direction,
            "started_at": second,
            "answered_at": is_answered.then_some(second + 9),
            "ended_at": is_over.then_some(second + 104),
            "party": if id == 7 { json!("anonymous") } else { json!({"number": format!("+14155550{:03}", 100 + id % 40)}) },
            "number": {"id": line.0, "name": line.1, "digits": digits, "time_zone": zone, "open": true},
            "user": is_answered.then(|| json!({"id": 1, "name": name, "email": "ada@example.com"})),
            "contact": {"first_name": "Tess", "last_name": format!("Caller {id}"), "company_name": "Example Ltd"},
            "voicemail": (id % 10 == 1).then_some("https://example.com/voicemail"),
            "asset": is_over.then_some("https://assets.example.com/recording"),
            "tags": [{"name": "Pricing"}, {"name": "Call back"}],
            "comments": [{"content": "Wants a quote by Friday.\nPrefers mail.", "posted_at": second + 150,
                "posted_by": {"id": 1, "name": "Ada Example", "email": "ada@example.com"}}],
        },
    }))?;
    let document = snapshot.into();
    let decision = decide::decide(&document, settings, &Company::default(), None);
    let change = Merge { document, decision, expires_at: started_at + SignedDuration::from_hours(9000) };
    calls.merge(tenant, &key, &change, None, started_at + SignedDuration::from_secs(200)).await?;
    let Some(entry) = calls.get(tenant, &key).await? else { return Ok(()) };
    let recorded_at = started_at + SignedDuration::from_secs(202);
    let outcome = match id {
        1 | 2 => return Ok(()),
        _ if id % 11 == 5 => Outcome::Failed {
            problem: Problem {
                code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
                message: "Please fill in the region before you log an activity on this Account.".to_owned(),
                since: recorded_at,
                shared_failures: 0,
            },
            trace: sample_trace(id),
        },
        _ => Outcome::Logged { written: Box::new(written(&entry, id, recorded_at)?), trace: sample_trace(id) },
    };
    if entry.due_at.is_some() {
        calls.record_outcome(tenant, &entry, &outcome, recorded_at).await?;
    }
    Ok(())
}

fn sample_trace(id: u64) -> Trace {
    let mut trace = Trace::new();
    trace.note(Topic::Record, format!("The phone number is that of the Contact Tess Caller {id}."));
    trace.note(Topic::Relation, "It is related to the open Case 00001042, the most recently updated of 2 open ones.");
    trace.note(Topic::Owner, "It belongs to Ada Example, found in Salesforce by e-mail.");
    trace
}

fn written(entry: &store::Entry, id: u64, logged_at: Timestamp) -> Result<Written> {
    let status = if id.is_multiple_of(3) { TaskStatus::Completed } else { TaskStatus::InProgress };
    let name = format!("Tess Caller {id}");
    Ok(Written {
        task_id: SalesforceId::parse(&format!("00T00000000{id:04}"))?,
        task: Some(entry.document.interaction().task(status, &Settings::default(), &name)),
        record: Record {
            kind: RecordKind::Contact,
            id: SalesforceId::parse(&format!("00300000000{id:04}")).ok(),
            person_contact_id: None,
            name,
        },
        related: Some(Related { kind: RelatedKind::Case, id: SalesforceId::parse("500000000000001")? }),
        logged_at,
    })
}
