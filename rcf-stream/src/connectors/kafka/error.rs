//! Classification of errors of librdkafka, with remedies.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::sink::SinkError;
use crate::source::SourceError;

/// The remedy of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Another configuration; the text is the remedy.
    Setup(&'static str),
    /// Waiting, until a broker is available.
    Unavailable,
    /// Joining the group again: partitions or the right to write went to another program.
    Lost,
    /// None that is known.
    Other,
}

pub(super) fn kind(error: &KafkaError) -> Kind {
    if let KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) = error {
        return Kind::Setup("correct the brokers or the options");
    }
    if let KafkaError::Transaction(error) = error
        && (error.txn_requires_abort() || error.is_fatal())
    {
        return Kind::Lost;
    }
    match error.rdkafka_error_code() {
        Some(code) => kind_of_code(code),
        None => Kind::Other,
    }
}

pub(super) fn kind_of_code(code: Code) -> Kind {
    match code {
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => {
            Kind::Setup("create it, or correct its name")
        }
        Code::TopicAuthorizationFailed => {
            Kind::Setup("give this user the rights Describe and Read, or Write, on the topic")
        }
        Code::GroupAuthorizationFailed => Kind::Setup("give this user the right Read on the group"),
        Code::TransactionalIdAuthorizationFailed => Kind::Setup(
            "give this user the right Write on the transactional id, or set \
             sink.delivery = \"at_least_once\"",
        ),
        Code::ClusterAuthorizationFailed => {
            Kind::Setup("give this user the right IdempotentWrite on the cluster")
        }
        Code::Authentication | Code::SaslAuthenticationFailed => Kind::Setup(
            "correct the options security.protocol, sasl.mechanism, sasl.username and \
             sasl.password",
        ),
        Code::SSL => Kind::Setup("correct the options that begin with ssl."),
        Code::InvalidTransactionTimeout => Kind::Setup(
            "set the option transaction.timeout.ms within transaction.max.timeout.ms of the \
             broker, and checkpoint.every_seconds to less",
        ),
        Code::InvalidReplicationFactor => Kind::Setup("correct the settings of the broker"),
        Code::IllegalGeneration
        | Code::UnknownMemberId
        | Code::RebalanceInProgress
        | Code::AssignmentLost
        | Code::PollExceeded
        | Code::Fenced
        | Code::State
        | Code::Fatal
        | Code::PurgeQueue
        | Code::PurgeInflight
        | Code::ProducerFenced
        | Code::InvalidProducerEpoch
        | Code::InvalidTransactionalState
        | Code::InvalidProducerIdMapping => Kind::Lost,
        Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::Resolve
        | Code::OperationTimedOut
        | Code::RequestTimedOut
        | Code::TimedOutQueue
        | Code::NodeUpdate
        | Code::WaitingForCoordinator
        | Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::NetworkException
        | Code::CoordinatorLoadInProgress
        | Code::CoordinatorNotAvailable
        | Code::NotCoordinator
        | Code::NotEnoughReplicas
        | Code::NotEnoughReplicasAfterAppend
        | Code::UnstableOffsetCommit
        | Code::Retry
        | Code::InProgress
        | Code::ConcurrentTransactions
        | Code::MessageTimedOut => Kind::Unavailable,
        _ => Kind::Other,
    }
}

/// An error as text on one line; `told` is the last message of librdkafka, if it has more details.
fn text(error: &KafkaError, told: Option<String>) -> String {
    let text = match (error, told) {
        (_, Some(told)) => told,
        (KafkaError::ClientConfig(_, description, name, _), _) if name.is_empty() => {
            description.clone()
        }
        (KafkaError::ClientConfig(_, description, name, _), _) => format!("{name}: {description}"),
        (KafkaError::ClientCreation(description), _) => description.clone(),
        (KafkaError::Transaction(error), _) => error.string(),
        (error, _) => match error.rdkafka_error_code() {
            Some(code) => code.to_string(),
            None => error.to_string(),
        },
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The remedy if brokers do not answer.
const UNREACHABLE: &str = "start a broker there, or correct brokers and security.protocol";

pub(super) fn source_error(
    action: impl Into<String>,
    error: &KafkaError,
    told: Option<String>,
) -> SourceError {
    let (action, text) = (action.into(), text(error, told));
    match kind(error) {
        Kind::Setup(remedy) => SourceError::Setup {
            action,
            reason: format!("{text}; {remedy}"),
        },
        Kind::Lost => SourceError::Lost {
            action,
            reason: text,
        },
        Kind::Unavailable => SourceError::Service {
            action,
            source: format!("{text}; {UNREACHABLE}").into(),
        },
        Kind::Other => SourceError::Service {
            action,
            source: text.into(),
        },
    }
}

pub(super) fn sink_error(
    action: impl Into<String>,
    error: &KafkaError,
    told: Option<String>,
) -> SinkError {
    let (action, text) = (action.into(), text(error, told));
    match kind(error) {
        Kind::Setup(remedy) => SinkError::Setup {
            action,
            reason: format!("{text}; {remedy}"),
        },
        Kind::Unavailable => SinkError::Service {
            action,
            source: format!("{text}; {UNREACHABLE}").into(),
        },
        Kind::Lost => SinkError::Lost {
            action,
            reason: text,
        },
        Kind::Other => SinkError::Service {
            action,
            source: text.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_remedy() {
        let error = KafkaError::MetadataFetch(Code::UnknownTopicOrPartition);
        let error = source_error("cannot read the topic t", &error, None);
        assert!(matches!(error, SourceError::Setup { .. }));
        assert!(
            error
                .to_string()
                .ends_with("create it, or correct its name"),
            "{error}"
        );
        let error = KafkaError::MetadataFetch(Code::BrokerTransportFailure);
        let told = "127.0.0.1:9092: Connect failed:\n refused".to_owned();
        let error = source_error("cannot read the topic t", &error, Some(told));
        assert!(matches!(error, SourceError::Service { .. }));
        assert_eq!(
            error.to_string(),
            "cannot read the topic t: 127.0.0.1:9092: Connect failed: refused; start a broker \
             there, or correct brokers and security.protocol"
        );
    }
}
