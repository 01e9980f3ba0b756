//! The comments on a call, as the union of what its events report.
//!
//! Comments cannot be edited or deleted, so what one event reports remains, even if another leaves it out.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::optional;
use serde::{Deserialize, Serialize};

use crate::call::{Comment, User};

/// The most comments that are kept: the newest.
pub const MAX_COMMENTS: usize = 50;
/// The most bytes of text that are kept: an item of DynamoDB has room for 400 kB in all.
const MAX_BYTES: usize = 100_000;

/// A comment as an event reports it. Ordered by when it was posted.
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

/// The union of two sorted lists: at most [`MAX_COMMENTS`] of [`MAX_BYTES`], the newest.
///
/// Different reports of one comment are different elements until [`shown`]. As no element ever changes, one that has
/// no room in a part of the union has none in the whole: the union does not depend on the order of its parts.
pub(crate) fn union(left: Vec<PostedComment>, right: Vec<PostedComment>) -> Vec<PostedComment> {
    let mut all = [left, right].concat();
    all.sort();
    all.dedup();
    let mut bytes = 0;
    let has_room = |(kept, comment): &(usize, &PostedComment)| {
        bytes += comment.content.len();
        *kept == 0 || (*kept < MAX_COMMENTS && bytes <= MAX_BYTES)
    };
    let kept = all.iter().rev().enumerate().take_while(has_room).count();
    all.split_off(all.len() - kept)
}

/// The comments, each once, oldest first.
///
/// A comment is known by its id; one without an id by its text and time, and by its text alone if its time is unknown.
pub(crate) fn shown(posted: &[PostedComment]) -> Vec<Comment> {
    let mut all: Vec<&PostedComment> = posted.iter().collect();
    all.sort();
    // Of several reports of one comment, the greatest says most.
    let is_last = |(at, comment): &(usize, &&PostedComment)| {
        let is_same = |other: &PostedComment| match comment.id {
            Some(id) => other.id == Some(id),
            None => {
                other.content == comment.content
                    && (comment.posted_at.is_none() || other.posted_at == comment.posted_at)
            }
        };
        !all[at + 1..].iter().any(|other| is_same(other))
    };
    let last = all.iter().enumerate().filter(is_last);
    let comment = |PostedComment { posted_at, id: _, content, posted_by }: &PostedComment| Comment {
        content: content.clone(),
        posted_at: *posted_at,
        posted_by: posted_by.clone(),
    };
    last.map(|(_, posted)| comment(posted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(id: Option<u64>, second: i64, content: &str) -> PostedComment {
        let posted_at = (second > 0).then(|| Timestamp::from_second(second).unwrap());
        PostedComment { posted_at, id, content: content.to_owned(), posted_by: None }
    }

    #[track_caller]
    fn check(all: &[PostedComment], expected: &[&str]) {
        let one_by_one = all.iter().fold(Vec::new(), |union_so_far, one| union(union_so_far, vec![one.clone()]));
        let shown: Vec<String> = shown(&one_by_one).into_iter().map(|comment| comment.content).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_comment_is_known_by_its_id() {
        check(&[posted(Some(2), 20, "b"), posted(Some(1), 10, "a"), posted(Some(2), 20, "b")], &["a", "b"]);
        check(&[posted(Some(1), 10, "same"), posted(Some(2), 10, "same")], &["same", "same"]);
        check(&[posted(Some(1), 10, "a"), posted(Some(1), 0, "a")], &["a"]);
    }

    #[test]
    fn a_comment_without_an_id_is_known_by_its_text_and_time() {
        check(&[posted(None, 10, "a"), posted(None, 10, "a"), posted(None, 20, "a")], &["a", "a"]);
        check(&[posted(None, 10, "a"), posted(Some(1), 10, "a")], &["a"]);
        check(&[posted(None, 0, "a"), posted(Some(1), 10, "a")], &["a"]);
        check(&[posted(None, 0, "a"), posted(None, 10, "a")], &["a"]);
        check(&[posted(None, 10, "a"), posted(Some(1), 20, "a")], &["a", "a"]);
    }

    #[test]
    fn the_newest_are_kept() {
        let many: Vec<PostedComment> =
            (1..=80_i64).map(|n| posted(Some(1000 - n.unsigned_abs()), n, &n.to_string())).collect();
        let expected: Vec<String> = (31..=80).map(|n: i64| n.to_string()).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(&many, &expected);
        let reversed: Vec<PostedComment> = many.into_iter().rev().collect();
        check(&reversed, &expected);
    }

    #[test]
    fn long_ones_leave_less_room_but_the_newest_is_always_kept() {
        let long = |n: i64, length: usize| posted(Some(n.unsigned_abs()), n, &n.to_string().repeat(length));
        let kept = union((1..=9).map(|n| long(n, MAX_BYTES / 3)).collect(), Vec::new());
        assert_eq!(kept.iter().map(|comment| comment.id.unwrap()).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(union(kept, vec![long(10, MAX_BYTES)]).len(), 1);
    }
}
