//! The protocol of the MultiLangDaemon, message by message.

use std::io::{BufRead, Write};
use std::time::Duration;

use super::MultilangError;
use super::message::{Answer, Message};
use super::session::Session;
use rcf_stream::config::Config;
use rcf_stream::observer::Observers;

/// How often a checkpoint is attempted while the daemon is throttled.
const TRIES: u32 = 8;

/// Serves the daemon until it closes the pipe.
///
/// # Errors
/// The first [`MultilangError`]. What was not committed is repeated by the next process.
pub async fn run(
    config: &Config,
    observers: Observers,
    mut input: impl BufRead,
    mut output: impl Write,
) -> Result<(), MultilangError> {
    let mut session: Option<Session> = None;
    while let Some(message) = next(&mut input)? {
        let name = message.name();
        match (message, &mut session) {
            (
                Message::Initialize {
                    shard_id,
                    sequence_number,
                    sub_sequence_number,
                },
                none @ None,
            ) => {
                let after = sequence_number.zip(Some(sub_sequence_number.unwrap_or(0)));
                *none = Some(Session::open(config, &shard_id, after, observers.clone()).await?);
            }
            (
                Message::ProcessRecords {
                    records,
                    millis_behind_latest,
                },
                Some(session),
            ) => {
                session.process(records, millis_behind_latest).await?;
                if session.is_due() {
                    session.checkpoint(&mut input, &mut output).await?;
                }
            }
            (Message::ShutdownRequested {}, Some(session)) => {
                session.checkpoint(&mut input, &mut output).await?;
            }
            (Message::ShardEnded {}, Some(session)) => session.end(&mut input, &mut output).await?,
            (Message::Shutdown { reason }, Some(session))
                if reason.as_deref() == Some("TERMINATE") =>
            {
                session.end(&mut input, &mut output).await?;
            }
            // Another process owns the shard: our state is in the last checkpoint.
            (Message::LeaseLost {} | Message::Shutdown { .. }, Some(_)) => {}
            (_, Some(_)) => {
                return Err(MultilangError::Order {
                    found: name,
                    expected: "work on the shard",
                });
            }
            (_, None) => {
                return Err(MultilangError::Order {
                    found: name,
                    expected: "initialize",
                });
            }
        }
        answer(&mut output, &Answer::Status { response_for: name })?;
    }
    Ok(())
}

/// Has the daemon commit a position, or the end of the shard. `false` if the lease is lost.
pub(super) async fn commit(
    input: &mut impl BufRead,
    output: &mut impl Write,
    position: Option<(&str, u64)>,
) -> Result<bool, MultilangError> {
    let request = Answer::Checkpoint {
        sequence_number: position.map(|(sequence, _)| sequence),
        sub_sequence_number: position.map(|(_, sub)| sub),
    };
    for attempt in 0..TRIES {
        answer(output, &request)?;
        let error = match next(input)? {
            Some(Message::Checkpoint { error: None }) => return Ok(true),
            Some(Message::Checkpoint { error: Some(error) }) => error,
            Some(other) => {
                return Err(MultilangError::Order {
                    found: other.name(),
                    expected: "checkpoint",
                });
            }
            None => return Ok(false),
        };
        if error == "ShutdownException" {
            tracing::warn!(
                "the lease of the shard is lost: its next owner continues from the last checkpoint"
            );
            return Ok(false);
        }
        let heals = ["ThrottlingException", "KinesisClientLibDependencyException"];
        if !heals.contains(&error.as_str()) || attempt + 1 == TRIES {
            let sequence = position.map_or("the end of the shard", |(sequence, _)| sequence);
            return Err(MultilangError::Checkpoint {
                sequence: sequence.to_owned(),
                reason: error,
            });
        }
        tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
    }
    Ok(false)
}

/// The next message; `None` when the daemon has closed the pipe.
fn next(input: &mut impl BufRead) -> Result<Option<Message>, MultilangError> {
    loop {
        let mut line = String::new();
        if tokio::task::block_in_place(|| input.read_line(&mut line))? == 0 {
            return Ok(None);
        }
        if !line.trim().is_empty() {
            return Message::read(line.trim()).map(Some);
        }
    }
}

fn answer(output: &mut impl Write, answer: &Answer<'_>) -> Result<(), MultilangError> {
    // A line feed on both sides, as other children of the daemon do: whatever is in the pipe
    // before, the message is on its own line.
    let json = serde_json::to_string(answer).expect("plain enums become JSON");
    writeln!(output, "\n{json}")?;
    output.flush()?;
    Ok(())
}
