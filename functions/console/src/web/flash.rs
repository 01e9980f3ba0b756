//! Flash messages: shown once, on the page after a change.
//!
//! The change itself is answered with a redirect, so the message is passed on in a cookie. The cookie holds the name of
//! a message and never its text, so that an attacker cannot make the console show text of their own.

use axum::http::{HeaderMap, HeaderValue};
use strum::{EnumString, IntoStaticStr};

use crate::web::signed_in::cookies;

/// The cookie's name.
const COOKIE_NAME: &str = "flash";

/// A message that is shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Flash {
    /// Settings were saved.
    Saved,
    /// Settings were saved and merged with those that somebody else changed in between.
    SavedBoth,
    /// The submitted form changed nothing.
    Unchanged,
    /// The other admin's settings were kept.
    KeptTheirs,
    /// An older version of the settings was restored.
    Restored,
    /// A failed call was queued for a retry.
    Retried,
    /// All failed calls were queued for a retry.
    RetriedAll,
    /// The maximum number of failed calls was queued for a retry; more are left.
    RetriedSome,
    /// There were no failed calls to retry.
    NothingFailed,
    /// A skipped call is logged by the current settings.
    NowLogged,
    /// A skipped call is skipped by the current settings too.
    StillSkipped,
    /// The event that could not be read was sent to be read once more.
    SentAgain,
    /// The call was not skipped, so it was not decided again.
    NotSkipped,
    /// All skipped calls of a filter were decided again.
    DecidedAll,
    /// The latest skipped calls of a filter were decided again; others are left.
    DecidedSome,
    /// The Salesforce org was connected by signing in.
    SalesforceConnected,
    /// The same, in place of another user's dead connection.
    SalesforceTakenOver,
    /// The former user is no longer mentioned.
    FormerUserDismissed,
    /// An admin who was signed in to one org signed in to another.
    OtherOrg,
    /// The Salesforce org was disconnected.
    SalesforceDisconnected,
    /// The same, but Salesforce did not confirm that the grant was revoked.
    SalesforceNotRevoked,
    /// The settings of the former org were copied.
    PredecessorCopied,
    /// The former org was dismissed.
    PredecessorDismissed,
    /// The consent link was withdrawn.
    ConsentLinkWithdrawn,
    /// The statuses of Tasks were chosen.
    StatusesChosen,
    /// The Salesforce user of an Aircall user was chosen.
    UserChosen,
    /// The Aircall account was connected.
    AircallConnected,
    /// The webhook was reactivated.
    AircallReactivated,
    /// The webhook and its token were replaced.
    AircallRotated,
    /// The Aircall account was disconnected.
    AircallDisconnected,
    /// The same, but Aircall did not let us delete the webhook.
    AircallNotDeleted,
    /// An import of calls was started.
    ImportStarted,
    /// The import of calls was stopped.
    ImportStopped,
    /// An API token was revoked.
    TokenRevoked,
    /// The session was ended.
    SignedOut,
    /// A form was submitted after the session had ended.
    SessionOver,
}

impl Flash {
    /// The message.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Flash::Saved => "Saved. The change applies to every call that ends from now on.",
            Flash::SavedBoth => {
                "Saved. Somebody else changed other settings in between, and both changes were kept: History shows them."
            }
            Flash::Unchanged => "Nothing was changed, so nothing was saved.",
            Flash::KeptTheirs => "The other version was kept. None of your changes were saved.",
            Flash::Restored => "Restored as a new version. It applies to every call that ends from now on.",
            Flash::Retried => "The call is being written again. Reload the page in a moment to see the result.",
            Flash::RetriedAll => "All failed calls are being written again.",
            Flash::RetriedSome => "The latest 200 failed calls are being written again. Retry the others afterwards.",
            Flash::NothingFailed => "There were no failed calls left to retry.",
            Flash::NowLogged => {
                "The current settings log it. It is being written: reload the page in a moment to see the result."
            }
            Flash::StillSkipped => "The current settings do not log it either: the reason is below.",
            Flash::SentAgain => {
                "It was sent to be read once more. If it can be read now, its call is in the activity log in a moment."
            }
            Flash::NotSkipped => "It is not skipped any more, so it was not decided again.",
            Flash::DecidedAll => {
                "Decided again by the current settings. What they log is being written: it appears in a moment."
            }
            Flash::DecidedSome => {
                "The latest are decided again by the current settings. Go on with those that are left."
            }
            Flash::SalesforceConnected => "Salesforce is connected.",
            Flash::SalesforceTakenOver => {
                "Salesforce is connected again, now with your own access: that of the user before was no longer accepted."
            }
            Flash::FormerUserDismissed => "Calls go on being logged with the access of the user below.",
            Flash::OtherOrg => {
                "You signed in to another org, and this is its own console. The settings and the Aircall account of \
                 the previous org stay with that org: sign in to it to go back."
            }
            Flash::SalesforceDisconnected => "Salesforce is disconnected. Calls wait until an org is connected.",
            Flash::SalesforceNotRevoked => {
                "Salesforce is disconnected, but did not confirm that our access is revoked. Revoke it in Setup, Connected \
                 Apps OAuth Usage."
            }
            Flash::PredecessorCopied => "The settings of the former org are copied. Connect Aircall here again.",
            Flash::PredecessorDismissed => "Nothing was copied. This org keeps its own settings.",
            Flash::ConsentLinkWithdrawn => "The link is withdrawn. Nobody can connect the org by it any more.",
            Flash::StatusesChosen => "The statuses are saved. They apply to Tasks that are written from now on.",
            Flash::UserChosen => "The user is saved. Tasks that are created from now on have the new owner.",
            Flash::AircallConnected => "Aircall is connected. Calls that end from now on are logged.",
            Flash::AircallReactivated => "The webhook is active again.",
            Flash::AircallRotated => {
                "The webhook and its token were replaced. The former token is accepted for another quarter of an hour, for \
                 events that are on their way."
            }
            Flash::AircallDisconnected => "Aircall is disconnected, and its webhook is deleted.",
            Flash::AircallNotDeleted => {
                "Aircall is disconnected, but did not let us delete the webhook. Delete it in Aircall, Integrations & API."
            }
            Flash::ImportStarted => "The import has begun. Reload the page to see how far it is.",
            Flash::ImportStopped => "The import is stopped. Calls that were found before are logged.",
            Flash::TokenRevoked => "The token is revoked. Programs that use it no longer have access.",
            Flash::SignedOut => "You are signed out.",
            Flash::SessionOver => "Your session had ended, so nothing was changed. Sign in and repeat the change.",
        }
    }

    /// The message in a request's cookies.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        cookies(headers, COOKIE_NAME).find_map(|name| name.parse().ok())
    }

    /// The `Set-Cookie` header that passes the message to the next page.
    pub(crate) fn set_cookie(self) -> HeaderValue {
        cookie(self.into(), 60)
    }

    /// The `Set-Cookie` header that expires the message once it was shown.
    pub(crate) fn end_cookie() -> HeaderValue {
        cookie("", 0)
    }
}

fn cookie(value: &str, seconds: u32) -> HeaderValue {
    let text = format!("{COOKIE_NAME}={value}; Max-Age={seconds}; Path=/; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::try_from(text).expect("names of messages are plain")
}
