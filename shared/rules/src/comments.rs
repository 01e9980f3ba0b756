//! The comments on a call, as the union of what its events report.
//!
//! Comments cannot be deleted, so what one event reports remains, even if another leaves it out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::optional;
use serde::{Deserialize, Serialize};

use crate::call::{Comment, User};
use crate::document::CallEvent;
use crate::message::hash;
use crate::observed;

type EventTime = observed::EventTime<CallEvent>;
type Observed<T> = observed::Observed<CallEvent, T>;

/// The most comments that are kept: the newest.
pub const MAX_COMMENTS: usize = 50;
/// The most bytes of text that are kept: an item of DynamoDB has room for 400 kB in all. A comment has at most 32,000
/// characters.
const MAX_BYTES: u64 = 130_000;

/// A comment as an event reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PostedComment {
    /// When it was written.
    #[serde(with = "optional", default)]
    pub posted_at: Option<Timestamp>,
    /// Aircall's id.
    #[serde(default)]
    pub id: Option<u64>,
    /// Its text.
    pub content: String,
    /// Who wrote it.
    #[serde(default)]
    pub posted_by: Option<User>,
}

/// By what a comment is known: the greater is the newer. Aircall's ids increase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Identity {
    /// Without an id: its time in UNIX seconds, and a hash of its text.
    Text(Option<i64>, u64),
    Id(u64),
}

impl PostedComment {
    fn identity(&self) -> Identity {
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
        let text = || Identity::Text(self.posted_at.map(Timestamp::as_second), hash(&self.content) as u64);
        self.id.map_or_else(text, Identity::Id)
    }
}

/// All comments on a call of which an event told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Comments {
    /// In the order of their identities.
    known: Vec<Known>,
    /// The newest comment for which there is no room; nor is there for older ones.
    ///
    /// Without it, the union would depend on the order of its parts.
    left_out: Option<Identity>,
}

/// The newest report of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    #[serde(rename = "seen")]
    observed: Observed<PostedComment>,
    /// Bytes of the longest text that was reported.
    bytes: u64,
}

impl Known {
    fn merge(self, other: Self) -> Self {
        Self { observed: self.observed.max(other.observed), bytes: self.bytes.max(other.bytes) }
    }
}

impl Comments {
    /// The comments that one event reports.
    pub(crate) fn new(posted: &[PostedComment], moment: EventTime) -> Self {
        let known = |comment: &PostedComment| Known {
            observed: Observed { moment, value: comment.clone() },
            bytes: u64::try_from(comment.content.len()).unwrap_or(u64::MAX),
        };
        Self::union(posted.iter().map(known), None)
    }

    pub(crate) fn merge(self, other: Self) -> Self {
        Self::union(self.known.into_iter().chain(other.known), self.left_out.max(other.left_out))
    }

    /// The newest of these, at most [`MAX_COMMENTS`] of [`MAX_BYTES`], and none up to `left_out`.
    fn union(all: impl Iterator<Item = Known>, mut left_out: Option<Identity>) -> Self {
        let mut by_identity: BTreeMap<Identity, Known> = BTreeMap::new();
        for known in all {
            let identity = known.observed.value.identity();
            let merged = match by_identity.remove(&identity) {
                Some(other) => known.merge(other),
                None => known,
            };
            by_identity.insert(identity, merged);
        }
        let (mut kept, mut bytes) = (Vec::new(), 0u64);
        for (identity, known) in by_identity.into_iter().rev() {
            bytes = bytes.saturating_add(known.bytes);
            if left_out.is_some_and(|left_out| identity <= left_out) {
                break;
            }
            if kept.len() == MAX_COMMENTS || bytes > MAX_BYTES {
                left_out = Some(identity);
                break;
            }
            kept.push(known);
        }
        kept.reverse();
        Self { known: kept, left_out }
    }

    /// The comments, each once, oldest first.
    ///
    /// A comment without an id is the same as one with an id of the same text and time, or of the same text if its time
    /// is unknown.
    pub(crate) fn shown(&self) -> Vec<Comment> {
        let mut all: Vec<&PostedComment> = self.known.iter().map(|known| &known.observed.value).collect();
        all.sort();
        let is_repeated = |at: usize, comment: &PostedComment| {
            let says_more = |(other_at, other): (usize, &&PostedComment)| {
                let is_fuller = other.id.is_some() || comment.posted_at.is_none();
                let is_same_time = comment.posted_at.is_none_or(|posted_at| other.posted_at == Some(posted_at));
                other_at != at && is_fuller && is_same_time && other.content == comment.content
            };
            comment.id.is_none() && all.iter().enumerate().any(says_more)
        };
        let shown = all.iter().enumerate().filter(|(at, comment)| !is_repeated(*at, comment));
        let comment = |PostedComment { posted_at, id: _, content, posted_by }: &PostedComment| Comment {
            content: content.clone(),
            posted_at: *posted_at,
            posted_by: posted_by.clone(),
        };
        shown.map(|(_, posted)| comment(posted)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(id: Option<u64>, second: i64, content: &str) -> PostedComment {
        let posted_at = (second > 0).then(|| Timestamp::from_second(second).unwrap());
        PostedComment { posted_at, id, content: content.to_owned(), posted_by: None }
    }

    /// The union of comments, of which each comes with an event of its own, in this order.
    fn union(all: &[PostedComment]) -> Comments {
        let moment = |at| EventTime { at, event: CallEvent::Commented };
        let comments = (0..).zip(all).map(|(at, one)| Comments::new(std::slice::from_ref(one), moment(at)));
        comments.fold(Comments::default(), Comments::merge)
    }

    #[track_caller]
    fn check(all: &[PostedComment], expected: &[&str]) {
        let shown: Vec<String> = union(all).shown().into_iter().map(|comment| comment.content).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_comment_is_known_by_its_id() {
        check(&[posted(Some(2), 20, "b"), posted(Some(1), 10, "a"), posted(Some(2), 20, "b")], &["a", "b"]);
        check(&[posted(Some(1), 10, "same"), posted(Some(2), 10, "same")], &["same", "same"]);
        check(&[posted(Some(1), 10, "before"), posted(Some(1), 10, "after")], &["after"]);
    }

    #[test]
    fn a_comment_without_an_id_is_known_by_its_text_and_time() {
        check(&[posted(None, 10, "a"), posted(None, 10, "a"), posted(None, 20, "a")], &["a", "a"]);
        check(&[posted(None, 10, "a"), posted(Some(1), 10, "a")], &["a"]);
        check(&[posted(None, 0, "a"), posted(Some(1), 10, "a")], &["a"]);
        check(&[posted(None, 0, "a"), posted(None, 10, "a")], &["a"]);
        check(&[posted(None, 0, "a"), posted(None, 0, "a")], &["a"]);
        check(&[posted(None, 10, "a"), posted(Some(1), 20, "a")], &["a", "a"]);
    }

    #[test]
    fn the_newest_are_kept() {
        let expected: Vec<String> = (31..=80).map(|n: i64| n.to_string()).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        for has_ids in [true, false] {
            let id = |n: i64| has_ids.then_some(n.unsigned_abs());
            let many: Vec<PostedComment> = (1..=80).map(|n| posted(id(n), n, &n.to_string())).collect();
            check(&many, &expected);
            let reversed: Vec<PostedComment> = many.into_iter().rev().collect();
            check(&reversed, &expected);
        }
    }

    #[test]
    fn long_ones_leave_less_room_in_any_order() {
        let long = |id: u64, text: &str, length: usize| posted(Some(id), 10, &text.repeat(length));
        let parts = [
            Comments::new(&[long(3, "x", 60_000), long(2, "x", 60_000), long(1, "x", 20_000)], EventTime::default()),
            Comments::new(&[long(3, "y", 10), long(1, "y", 10)], EventTime { at: 1, event: CallEvent::Commented }),
            Comments::new(&[long(4, "z", 20_000)], EventTime { at: 2, event: CallEvent::Commented }),
        ];
        let merged = |order: [usize; 3]| {
            order.into_iter().map(|at| parts[at].clone()).fold(Comments::default(), Comments::merge)
        };
        let all = merged([0, 1, 2]);
        assert_eq!(all.shown().len(), 2);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(merged(order), all);
        }
    }
}
