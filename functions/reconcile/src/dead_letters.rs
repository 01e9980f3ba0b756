//! Empties the dead-letter queues. An event is kept as an entry, which an admin can have decided again; a wake-up is dropped,
//! because the sweep wakes the same writer, and the hourly comparison takes the next step of the same backfill.

use lambda::queue::{DeadLetter, DeadLetterQueue};
use lambda::{EventQueue, QueueError};
use tokio::time::Instant;

/// The dead-letter queues.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    /// That of the events queue.
    pub(crate) events: DeadLetterQueue,
    /// Those of the queues whose messages wake a function.
    pub(crate) wake_ups: [DeadLetterQueue; 2],
}

/// How many messages were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Emptied {
    /// Events, which are entries now.
    pub(crate) events: usize,
    /// Wake-ups, which were dropped.
    pub(crate) wake_ups: usize,
}

impl DeadLetters {
    /// Empties the queues, until the deadline.
    ///
    /// An event is deleted after it was sent to the events queue: if the function is killed in between, it is sent twice, and
    /// kept once.
    ///
    /// # Errors
    /// When SQS does not answer.
    pub(crate) async fn empty(&self, events: &EventQueue, deadline: Instant) -> Result<Emptied, QueueError> {
        let keep = async |letter: &DeadLetter| match &letter.event {
            Ok(event) => events.enqueue_given_up(event).await,
            Err(error) => {
                tracing::error!(message_id = letter.id, %error, "dropped a message that is no event");
                Ok(())
            }
        };
        let mut emptied = Emptied { events: take(&self.events, deadline, keep).await?, wake_ups: 0 };
        for queue in &self.wake_ups {
            emptied.wake_ups += take(queue, deadline, async |_| Ok(())).await?;
        }
        Ok(emptied)
    }
}

/// Takes the messages of a queue until it is empty, or the deadline. Each is handled, then deleted. Returns how many.
async fn take(
    queue: &DeadLetterQueue,
    deadline: Instant,
    handle: impl AsyncFn(&DeadLetter) -> Result<(), QueueError>,
) -> Result<usize, QueueError> {
    let mut taken = 0;
    while Instant::now() < deadline {
        let letters = queue.receive().await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters {
            handle(&letter).await?;
            queue.delete(&letter).await?;
            taken += 1;
        }
    }
    Ok(taken)
}
