//! The methods of a detector.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JDoubleArray, JString};
use jni::sys::{jboolean, jdouble, jint, jlong};
use rcf::{Detection, Refusal, normal_mark};
use rcf_core::keyed::seed_for_key;
use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder};

use crate::border::{self, Fault, Rows, call, check_space, numbers, same_parameters};
use crate::model::{self, Model, Saved, methods, saved_methods};

/// The numbers of a detection, in the order of the fields of `rcf.Detection`. They are followed,
/// for each input, by the part of the score due to high values, then by those due to low values.
const FIELDS: usize = 20;

fn width(dimensions: usize) -> usize {
    FIELDS + 2 * dimensions
}

/// Appends the numbers of a detection.
fn write(of: &rcf_core::Detection, dimensions: usize, out: &mut Vec<f64>) {
    let end = out.len() + width(dimensions);
    out.extend(fields(of));
    if let Some(candidate) = &of.candidate {
        out.extend(&candidate.attribution.high);
        out.extend(&candidate.attribution.low);
    }
    out.resize(end, 0.0);
}

fn fields(of: &rcf_core::Detection) -> [f64; FIELDS] {
    let of = Detection::from(of);
    [
        of.score,
        of.grade,
        of.severity,
        of.confidence,
        of.evidence,
        of.p_value,
        of.threshold,
        of.synthetic_fraction,
        of.value,
        of.expected,
        of.input as f64,
        of.warm_up as f64,
        of.imputed as f64,
        f64::from(of.relative_index),
        f64::from(of.direction),
        f64::from(of.suppressed as u8),
        f64::from(u8::from(of.is_anomaly)),
        f64::from(u8::from(of.is_candidate)),
        f64::from(u8::from(of.is_stretch)),
        f64::from(u8::from(of.unlearned)),
    ]
}

/// The builder of a detector, for the model of a key if there is one.
fn builder(json: &str, key: Option<&str>) -> Result<AnomalyDetectorBuilder, Fault> {
    let builder = rcf::parameters::detector(json)?;
    let Some(key) = key else { return Ok(builder) };
    let seed = seed_for_key(builder.config().seed, key);
    Ok(builder.seed(seed))
}

impl Saved for AnomalyDetector {
    fn restore(saved: &[u8]) -> Result<Self, Fault> {
        Ok(Self::from_bytes(saved)?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Model for AnomalyDetector {
    fn new(parameters: &str, key: Option<&str>) -> Result<Self, Fault> {
        Ok(builder(parameters, key)?.build()?)
    }

    fn adopt(&mut self, parameters: &str, key: Option<&str>) -> Result<(), Fault> {
        let asked = builder(parameters, key)?.config();
        self.set_memory_profile(asked.memory_profile);
        same_parameters(self.config(), &asked)
    }

    fn observations(&self) -> u64 {
        self.observations()
    }

    fn width(&self) -> usize {
        self.config().input_dimensions
    }
}

methods!(AnomalyDetector:
    Java_rcf_Native_detectorNew,
    Java_rcf_Native_detectorLoad,
    Java_rcf_Native_detectorSave,
    Java_rcf_Native_detectorFree,
    Java_rcf_Native_detectorObservations,
    Java_rcf_Native_detectorInputs
);

/// `Native.detectorProcess(detector, timestamps, values, rows, columns, nanIsMissing, detections)`:
/// `timestamps` may be null.
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_detectorProcess<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    detector: jlong,
    timestamps: JDoubleArray<'local>,
    values: JDoubleArray<'local>,
    rows: jint,
    columns: jint,
    nan_is_missing: jboolean,
    detections: JDoubleArray<'local>,
) {
    call(env, |env| {
        // SAFETY: `rcf.AnomalyDetector` has the handle, and its lock.
        let detector = unsafe { border::model::<AnomalyDetector>(detector) }?;
        let rows = Rows::read(env, &values, rows, columns)?;
        let times = match timestamps.is_null() {
            true => None,
            false => Some(numbers(env, &timestamps, rows.len())?),
        };
        let dimensions = detector.read()?.config().input_dimensions;
        check_space(env, &detections, rows.len() * width(dimensions))?;
        let found = detector.change(|it| {
            let values = rows.view()?;
            Ok(match (&times, nan_is_missing) {
                (None, false) => it.process_array(values)?,
                (None, true) => it.process_array_with_missing(values)?,
                (Some(times), false) => it.process_array_at(times, values)?,
                (Some(times), true) => it.process_array_at_with_missing(times, values)?,
            })
        })?;
        let mut numbers = Vec::with_capacity(found.len() * width(dimensions));
        for detection in &found {
            write(detection, dimensions, &mut numbers);
        }
        Ok(detections.set_region(env, 0, &numbers)?)
    });
}

/// `Native.detectorMarkNormal(detector, input, deviation, evidence, isStretch)`: of a candidate.
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_detectorMarkNormal<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    detector: jlong,
    input: jint,
    deviation: jdouble,
    evidence: jdouble,
    is_stretch: jboolean,
) -> jlong {
    call(env, |_| {
        // SAFETY: `rcf.AnomalyDetector` has the handle, and its lock.
        let detector = unsafe { border::model::<AnomalyDetector>(detector) }?;
        let input = usize::try_from(input).unwrap_or(usize::MAX);
        let mark = normal_mark(input, deviation, evidence, is_stretch);
        let number = detector.change(|it| Ok(it.add_mark(mark)?))?;
        Ok(jlong::try_from(number).unwrap_or(jlong::MAX))
    })
}

/// `Native.detectorUnmarkNormal(detector, mark)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_detectorUnmarkNormal<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    detector: jlong,
    mark: jlong,
) {
    call(env, |_| {
        // SAFETY: `rcf.AnomalyDetector` has the handle, and its lock.
        let detector = unsafe { border::model::<AnomalyDetector>(detector) }?;
        let mark = u64::try_from(mark).unwrap_or(u64::MAX);
        let taken = detector.change(|it| Ok(it.unmark_normal(mark)))?;
        taken.map(drop).ok_or(Refusal::NoMark(mark).into())
    });
}
