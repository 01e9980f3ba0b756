//! How many messages a part of a conversation takes: as many as the `Description` of its Task and its item of the table
//! have room for.

use std::io::{self, Write};
use std::ops::Add;

use crate::description::MAX_DESCRIPTION;
use crate::message::Message;
use crate::message_description::MaxLength;
use crate::messages::Version;
use crate::text::length;

/// The most characters of a `Description` that the messages of a part take up. The rest is for its first lines, for what
/// is added to messages later, and for what people write.
const MAX_LENGTH: usize = 30_000;

/// The most bytes of the part's item that its messages and their Task take up. DynamoDB allows 400 KB, and the decision
/// is in the item, too.
const MAX_SIZE: usize = 340_000;

/// The bytes that a message takes up in the stored Task besides its text and its id.
const PART_OVERHEAD: usize = 20;

/// What messages take up of a part.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    /// Characters of the description, at most.
    length: usize,
    /// Bytes of the item, roughly.
    size: usize,
}

impl Used {
    pub(super) fn by<'a>(messages: impl IntoIterator<Item = &'a Version>) -> Self {
        let mut max_length = MaxLength::default();
        let used = messages.into_iter().map(|version| {
            let Version { message, .. } = version;
            let length = max_length.of(message);
            // The description repeats the text.
            let task =
                length + message.text.as_ref().map_or(0, String::len) + message.id.as_str().len() + PART_OVERHEAD;
            Self { length, size: json_len(version) + task }
        });
        used.fold(Self::default(), Self::add)
    }

    pub(super) fn fits(self) -> bool {
        self.length <= MAX_LENGTH && self.size <= MAX_SIZE
    }
}

impl Add for Used {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { length: self.length + other.length, size: self.size + other.size }
    }
}

/// The least that a message takes up in a `Description` besides its text.
const MIN_OVERHEAD: usize = 20;

/// Keeps what all messages share once, and takes the content of those that stand beyond the length of a `Description`:
/// in documents of versions that did not divide conversations, and after a message that alone is as long. Further
/// messages only move them further back, so it does not matter when this happens.
pub(super) fn trim(in_order: Vec<&mut Message>) {
    let mut taken = 0;
    for (index, message) in in_order.into_iter().enumerate() {
        if index > 0 {
            let line = &mut message.line;
            line.open = None;
            line.digits = line.digits.take().filter(|_| line.name.is_none());
        }
        if taken > MAX_DESCRIPTION {
            (message.text, message.user, message.contact, message.state) = (None, None, None, None);
            message.media.clear();
        }
        let links = message.media.iter().flat_map(|media| [&media.url, &media.name, &media.file_type]).flatten();
        taken += MIN_OVERHEAD + message.text.iter().chain(links).map(|text| length(text)).sum::<usize>();
    }
}

/// Counts the bytes that are written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn json_len(version: &Version) -> usize {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, version).expect("string keys only");
    counter.0
}
