//! The chain of the demonstration.

use std::time::Instant;

use serde::Deserialize;
use thiserror::Error;

use super::judge::Judgement;
use super::{Outcome, SineDemo};
use rcf_stream::connectors::memory::MemoryStream;
use rcf_stream::connectors::sine::{SineConfig, SineSource};
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::event_operator;
use rcf_stream::operator::OperatorConfigError;
use rcf_stream::pipeline::{Pipeline, PipelineError};
use rcf_stream::record::Positions;
use rcf_stream::source::{Source, SourceError};

/// One record with its score, from the output stream.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredPoint {
    /// The number of the record.
    pub t: u64,
    /// The value.
    pub value: f64,
    /// The score before the record was learned.
    pub score: f64,
}

/// The demonstration could not run to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The noise is not a standard deviation.
    #[error("noise is {0}; it must be a number of at least 0")]
    Noise(f64),
    /// The forest cannot be built.
    #[error("forest: {0}")]
    Forest(#[from] OperatorConfigError),
    /// A stream cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The pipeline ended early.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// A result does not have the format of the encoder.
    #[error("result {id} cannot be read back: {reason}")]
    Result {
        /// Its id in the output stream.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Results are missing, repeated or out of order.
    #[error("expected the result of record {expected}, found {found}")]
    Gap {
        /// The number of the record.
        expected: u64,
        /// The number found, or that the stream ended.
        found: String,
    },
}

/// Runs the demonstration: generates the records, scores them, and reads the results back.
///
/// # Errors
/// A [`DemoError`]. Drops without the highest scores are not an error but part of the [`Outcome`].
pub async fn run(demo: &SineDemo) -> Result<Outcome, DemoError> {
    if !(demo.noise >= 0.0 && demo.noise.is_finite()) {
        return Err(DemoError::Noise(demo.noise));
    }
    let start = Instant::now();
    let wave = demo.wave();
    let operator = event_operator(1, &demo.forest(), false)?;
    let forest = operator.parameters().clone();
    let decoder = Decoder::raw();
    let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);

    let input = MemoryStream::new("input", 1);
    let output = MemoryStream::new("output", 1);
    let source = Box::new(input.source(&Positions::default())?);
    let sink = Box::new(output.sink());
    let pipeline = Pipeline::new(source, decoder, operator, encoder, sink);
    let (fed, scored) = tokio::join!(
        feed(wave.clone(), &input),
        pipeline.run(std::future::pending())
    );
    fed?;
    scored?;
    output.close();

    let points = read_back(&output, &wave).await?;
    let judgement = Judgement::of(demo, &points);
    Ok(Outcome {
        demo: demo.clone(),
        points,
        judgement,
        elapsed: start.elapsed(),
        forest,
    })
}

/// Writes the wave to the input stream and closes it, even if the generator fails: otherwise the
/// pipeline would wait forever.
async fn feed(wave: SineConfig, input: &MemoryStream) -> Result<(), SourceError> {
    let result = async {
        let mut generator = SineSource::open(wave, &Positions::default())?;
        while let Some(batch) = generator.next_batch().await? {
            input.append_all(batch.records.into_iter().map(|r| (r.partition_key, r.data)));
            tokio::task::yield_now().await; // the pipeline gets a turn
        }
        Ok(())
    };
    let result = result.await;
    input.close();
    result
}

/// The fields of a result that the demonstration needs.
#[derive(Deserialize)]
struct ResultLine {
    sequence: String,
    value: [f64; 1],
    score: f64,
}

/// One result for each record, in order, or an error.
async fn read_back(
    output: &MemoryStream,
    wave: &SineConfig,
) -> Result<Vec<ScoredPoint>, DemoError> {
    let mut source = output.source(&Positions::default())?;
    let mut points = Vec::new();
    while let Some(batch) = source.next_batch().await? {
        for record in batch.records {
            let invalid = |reason: String| DemoError::Result {
                id: record.id(),
                reason,
            };
            let line: ResultLine =
                serde_json::from_slice(&record.data).map_err(|error| invalid(error.to_string()))?;
            let t: u64 = line
                .sequence
                .parse()
                .map_err(|_| invalid("sequence is not a number".into()))?;
            let expected = points.len() as u64;
            if t != expected {
                return Err(DemoError::Gap {
                    expected,
                    found: t.to_string(),
                });
            }
            points.push(ScoredPoint {
                t,
                value: line.value[0],
                score: line.score,
            });
        }
    }
    let found = points.len() as u64;
    match wave.count {
        Some(count) if found < count => Err(DemoError::Gap {
            expected: found,
            found: "the end of the stream".into(),
        }),
        _ => Ok(points),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(lines: &[(u64, f64)]) -> MemoryStream {
        let stream = MemoryStream::new("output", 1);
        for (t, score) in lines {
            let line = format!(r#"{{"sequence":"{t}","value":[1.5],"score":{score}}}"#);
            stream.append("sine", line);
        }
        stream.close();
        stream
    }

    fn wave(count: u64) -> SineConfig {
        SineConfig {
            count: Some(count),
            ..SineConfig::default()
        }
    }

    #[tokio::test]
    async fn missing_repeated_and_damaged_results_are_errors() {
        let points = read_back(&output(&[(0, 0.5), (1, 0.75)]), &wave(2))
            .await
            .unwrap();
        assert_eq!(
            points[1],
            ScoredPoint {
                t: 1,
                value: 1.5,
                score: 0.75
            }
        );
        for lines in [[(0, 0.5), (0, 0.5)], [(0, 0.5), (2, 0.5)]] {
            let error = read_back(&output(&lines), &wave(2)).await.unwrap_err();
            assert!(
                matches!(error, DemoError::Gap { expected: 1, .. }),
                "{error}"
            );
        }
        let error = read_back(&output(&[(0, 0.5)]), &wave(2)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected the result of record 1, found the end of the stream"
        );
        let damaged = MemoryStream::new("output", 1);
        damaged.append("sine", "{");
        damaged.close();
        let error = read_back(&damaged, &wave(1)).await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("result output/0/0 cannot be read back"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn the_results_are_those_of_a_bare_forest() {
        let demo = SineDemo {
            seed: 3,
            every_cycle: true,
            noise: 0.0,
        };
        let outcome = run(&demo).await.unwrap();
        let seed = rcf_stream::operator::seed_for_key(3, "sine");
        let mut forest = rcf_core::RandomCutForest::builder(1)
            .sample_size(628)
            .seed(seed)
            .build()
            .unwrap();
        for (t, point) in outcome.points.iter().enumerate() {
            let value = demo.wave().value(t as u64);
            let score = forest.process(&[value]).unwrap();
            assert_eq!(
                *point,
                ScoredPoint {
                    t: t as u64,
                    value,
                    score
                }
            );
        }
        assert_eq!(outcome.points.len(), 4_399);
        assert_eq!(outcome.forest.number_of_trees, 50);
    }

    #[tokio::test]
    async fn noise_is_checked() {
        for noise in [-1.0, f64::NAN, f64::INFINITY] {
            let demo = SineDemo {
                noise,
                ..SineDemo::default()
            };
            assert!(
                matches!(run(&demo).await, Err(DemoError::Noise(_))),
                "{noise}"
            );
        }
    }
}
