//! The headers of a message that are used: those forwarded to its result, and its key.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use rdkafka::message::Headers as Read;

use super::KafkaSourceConfig;
use super::sink::ID_HEADER;
use crate::record::{Header, Headers};
use crate::source::RecordFault;

/// Names all headers.
const ALL_HEADERS: &str = "*";

/// What a message contains besides its payload.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) forwarded: Headers,
    /// The key, if it comes from a header.
    pub(super) key: Option<Bytes>,
    /// Why the record is bad, if it is.
    pub(super) fault: Option<RecordFault>,
}

/// Reads the headers that the settings select.
pub(super) fn choose(headers: Option<&impl Read>, config: &KafkaSourceConfig) -> Chosen {
    let KafkaSourceConfig {
        headers: wanted,
        key_header,
        ..
    } = config;
    let mut chosen = Chosen::default();
    if wanted.is_empty() && key_header.is_none() {
        return chosen;
    }
    let Some(all) = headers.map_or(Some(Vec::new()), owned) else {
        chosen.fault = Some(RecordFault::HeaderName);
        return chosen;
    };
    if let Some(name) = key_header {
        // The last one, like clients that look up a header by name.
        let found = all.iter().rfind(|it| it.name == *name);
        chosen.key = found.and_then(|it| it.value.clone());
        if chosen.key.is_none() {
            chosen.fault = Some(RecordFault::KeyHeader { name: name.clone() });
        }
    }
    let is_wanted = |it: &Header| {
        // Results have our own id.
        it.name != ID_HEADER
            && wanted
                .iter()
                .any(|name| name == ALL_HEADERS || *name == it.name)
    };
    chosen.forwarded = all.into_iter().filter(is_wanted).collect();
    chosen
}

/// All headers; `None` if a name is not UTF-8, at which the client library panics.
fn owned(headers: &impl Read) -> Option<Vec<Header>> {
    let read = || {
        let headers = headers.iter().map(|header| Header {
            name: header.key.to_owned(),
            value: header.value.map(Bytes::copy_from_slice),
        });
        headers.collect()
    };
    catch_unwind(AssertUnwindSafe(read)).ok()
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Header as Given, OwnedHeaders};

    use super::*;

    fn config(headers: &[&str], key_header: Option<&str>) -> KafkaSourceConfig {
        KafkaSourceConfig {
            headers: headers.iter().map(|&it| it.to_owned()).collect(),
            key_header: key_header.map(str::to_owned),
            ..KafkaSourceConfig::default()
        }
    }

    fn message() -> OwnedHeaders {
        let given = [
            ("trace", Some("1")),
            ("device", Some("a")),
            ("trace", None),
            ("device", Some("b")),
            (ID_HEADER, Some("of the results that are read")),
        ];
        let add = |all: OwnedHeaders, (key, value)| all.insert(Given { key, value });
        given.into_iter().fold(OwnedHeaders::new(), add)
    }

    fn header(name: &str, value: Option<&'static str>) -> Header {
        let name = name.to_owned();
        let value = value.map(|it| Bytes::from_static(it.as_bytes()));
        Header { name, value }
    }

    #[test]
    fn headers_are_carried_by_name_in_their_order() {
        let message = message();
        let forwarded = |names: &[&str]| {
            let chosen = choose(Some(message.as_borrowed()), &config(names, None));
            chosen.forwarded.iter().cloned().collect::<Vec<_>>()
        };
        let trace = [header("trace", Some("1")), header("trace", None)];
        assert_eq!(forwarded(&["trace", "other"]), trace);
        let names: Vec<_> = forwarded(&["*"]).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["trace", "device", "trace", "device"]);
        assert_eq!(forwarded(&[]), []);
    }

    #[test]
    fn the_last_header_of_a_name_is_the_key() {
        let message = message();
        let key = |name| choose(Some(message.as_borrowed()), &config(&[], Some(name)));
        assert_eq!(key("device").key.as_deref(), Some(&b"b"[..]));
        for without in ["trace", "other"] {
            let name = without.to_owned();
            assert_eq!(key(without).fault, Some(RecordFault::KeyHeader { name }));
        }
        let none: Option<&Panics> = None;
        assert!(choose(none, &config(&[], Some("device"))).fault.is_some());
    }

    /// Like the client library at a name that is not UTF-8.
    struct Panics;

    impl Read for Panics {
        fn count(&self) -> usize {
            1
        }

        fn try_get(&self, _: usize) -> Option<Given<'_, &[u8]>> {
            panic!("a name is not UTF-8")
        }
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_a_fault_of_the_record() {
        let all = config(&["*"], None);
        let fault = choose(Some(&Panics), &all).fault;
        assert_eq!(fault, Some(RecordFault::HeaderName));
        assert_eq!(choose(Some(&Panics), &config(&[], None)), Chosen::default());
    }
}
