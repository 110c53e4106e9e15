//! Results to a [`MemoryStream`].

use async_trait::async_trait;

use crate::connectors::memory::MemoryStream;
use crate::record::OutputRecord;
use crate::sink::{Sink, SinkError, SinkPosition};

/// Appends each result to the shard of its partition key.
#[derive(Debug)]
pub struct MemorySink {
    stream: MemoryStream,
}

impl MemorySink {
    pub(crate) fn new(stream: MemoryStream) -> Self {
        Self { stream }
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn write(&mut self, records: Vec<OutputRecord>) -> Result<(), SinkError> {
        self.stream.append_all(
            records
                .into_iter()
                .map(|record| (record.partition_key, record.data)),
        );
        Ok(())
    }

    /// There is nothing to wait for, and no position outlives the process.
    async fn flush(&mut self) -> Result<Option<SinkPosition>, SinkError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Headers, Positions};
    use crate::source::Source;

    #[tokio::test]
    async fn results_are_returned_unchanged() {
        let stream = MemoryStream::new("out", 1);
        let mut sink = stream.sink();
        let result = |n: u32| OutputRecord {
            id: format!("in/0/{n}"),
            partition_key: "k".into(),
            headers: Headers::default(),
            data: format!("result {n}").into(),
        };
        sink.write(vec![result(0), result(1)]).await.unwrap();
        sink.write(vec![result(2)]).await.unwrap();
        assert_eq!(sink.flush().await.unwrap(), None);

        let mut source = stream.source(&Positions::default()).unwrap();
        let batch = source.next_batch().await.unwrap().unwrap();
        let data: Vec<_> = batch
            .records
            .iter()
            .map(|record| &record.data[..])
            .collect();
        assert_eq!(data, [b"result 0", b"result 1", b"result 2"]);
    }
}
