//! Random sequences of calls, right and wrong: each result equals that of `rcf-core`, rejected
//! calls change nothing, and no memory leaks (valgrind checks this, in `just capi`).
//!
//! `RCF_CALLS` is the number of calls.
#![allow(unsafe_code, reason = "calls the interface as C does")]

use std::ffi::{CString, c_char};
use std::ptr;

use ndarray::ArrayView2;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;
use rcf::*;
use rcf_core::{AnomalyDetector, RandomCutForest};

const CALLS: u32 = 6_000;
/// The contents of results before a call.
const UNTOUCHED: f64 = -77.0;

struct Random(SplitMix64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Numbers, and occasionally NaN or infinity.
    fn values(&mut self, length: usize) -> Vec<f64> {
        let mut value = || match self.below(60) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => 1e300,
            other => other as f64 / 8.0,
        };
        (0..length).map(|_| value()).collect()
    }
}

/// The model in C and the same in Rust.
struct Pair<H, M> {
    handle: *mut H,
    model: M,
    inputs: usize,
}

/// A message buffer of a random size; the message ends within it.
struct Said {
    text: Vec<c_char>,
}

impl Said {
    fn new(random: &mut Random) -> Self {
        let size = [0, 1, 7, 300][random.below(4)];
        Self {
            text: vec![0x7f; size],
        }
    }

    fn place(&mut self) -> (*mut c_char, usize) {
        if self.text.is_empty() {
            return (ptr::null_mut(), 300);
        }
        (self.text.as_mut_ptr(), self.text.len())
    }

    fn check(&self, status: Status) {
        assert_ne!(status, Status::Panic);
        if self.text.len() > 1 {
            let length = self.text.iter().position(|&byte| byte == 0);
            let length = length.expect("a message ends with a NUL");
            assert_eq!(length == 0, status == Status::Ok);
        }
    }
}

fn forest_status<T>(result: &Result<T, rcf_core::InputError>) -> Status {
    match result {
        Ok(_) => Status::Ok,
        Err(rcf_core::InputError::WrongLength { .. }) => Status::Length,
        Err(_) => Status::Input,
    }
}

fn array_status<T>(result: Result<T, rcf_core::ArrayError>) -> (Status, Option<T>) {
    match result {
        Ok(value) => (Status::Ok, Some(value)),
        Err(error) => (forest_status::<T>(&Err(error.source)), None),
    }
}

fn parameters(random: &mut Random) -> (String, usize) {
    let inputs = 1 + random.below(3);
    let shingle = 1 + random.below(3);
    let seed = random.below(1000);
    let json = format!(
        "{{\"input_dimensions\": {inputs}, \"shingle_size\": {shingle}, \"number_of_trees\": 3, \
         \"sample_size\": 16, \"seed\": {seed}}}"
    );
    (json, inputs)
}

fn new_forest(random: &mut Random) -> Option<Pair<Forest, RandomCutForest>> {
    let (json, inputs) = parameters(random);
    let json = match random.below(8) {
        0 => json.replace("sample_size\": 16", "sample_size\": 0"),
        1 => json[..json.len() - 1 - random.below(20)].to_owned(),
        _ => json,
    };
    let (text, mut handle, mut said) = (
        CString::new(json).unwrap(),
        ptr::null_mut(),
        Said::new(random),
    );
    let (message, size) = said.place();
    let no_place = random.one_in(20);
    let place = if no_place {
        ptr::null_mut()
    } else {
        &raw mut handle
    };
    // SAFETY: pointers to live locals.
    let status = unsafe { rcf_forest_new(text.as_ptr(), place, message, size) };
    said.check(status);
    assert_eq!(status == Status::Ok, !handle.is_null());
    // SAFETY: null or just created.
    let updates = unsafe { rcf_forest_updates(handle) };
    assert_eq!(updates, 0);
    (!handle.is_null()).then(|| {
        let (mut bytes, mut length) = (ptr::null_mut(), 0);
        // SAFETY: pointers to live locals.
        unsafe {
            assert_eq!(rcf_forest_values_per_call(handle), inputs);
            let status =
                rcf_forest_save(handle, &raw mut bytes, &raw mut length, ptr::null_mut(), 0);
            assert_eq!(status, Status::Ok);
            let saved = std::slice::from_raw_parts(bytes, length);
            let model = RandomCutForest::from_bytes(saved).unwrap();
            rcf_bytes_free(bytes, length);
            Pair {
                handle,
                model,
                inputs,
            }
        }
    })
}

fn use_forest(pair: &mut Pair<Forest, RandomCutForest>, random: &mut Random) {
    let mut said = Said::new(random);
    let (message, size) = said.place();
    let rows = random.below(4);
    let columns = if random.one_in(8) {
        random.below(5)
    } else {
        pair.inputs
    };
    let values = random.values(rows * columns + columns);
    let (handle, first) = (pair.handle, values.as_ptr());
    let mut scores = vec![UNTOUCHED; rows.max(1)];
    let place = scores.as_mut_ptr();
    let mut expected = vec![UNTOUCHED; rows.max(1)];
    let view = ArrayView2::from_shape((rows, columns), &values[..rows * columns]).unwrap();
    // SAFETY: pointers to live locals of these lengths, or arguments that must be rejected.
    let (status, right) = unsafe {
        match random.below(9) {
            0 => {
                let result = pair.model.score(&values[..columns]);
                expected[0] = *result.as_ref().unwrap_or(&UNTOUCHED);
                let status = rcf_forest_score(handle, first, columns, place, message, size);
                (status, forest_status(&result))
            }
            1 => {
                let (right, found) = array_status(pair.model.score_array(view));
                found
                    .into_iter()
                    .flatten()
                    .zip(&mut expected)
                    .for_each(|(it, to)| *to = it);
                let status =
                    rcf_forest_score_array(handle, first, rows, columns, place, message, size);
                (status, right)
            }
            2 => {
                let (right, found) = array_status(pair.model.process_array(view));
                found
                    .into_iter()
                    .flatten()
                    .zip(&mut expected)
                    .for_each(|(it, to)| *to = it);
                let status =
                    rcf_forest_process_array(handle, first, rows, columns, place, message, size);
                (status, right)
            }
            3 => {
                // In place: the scores replace the values.
                let mut values = values.clone();
                let result = pair.model.process(&values[..columns]);
                if columns == 0 {
                    let status = rcf_forest_process(handle, first, 0, place, message, size);
                    (status, Status::Length)
                } else {
                    let place = values.as_mut_ptr();
                    let status = rcf_forest_process(handle, place, columns, place, message, size);
                    if let Ok(score) = result {
                        assert_eq!(values[0].to_bits(), score.to_bits());
                    }
                    (status, forest_status(&result))
                }
            }
            4 => {
                let null = ptr::null_mut();
                let (handle, place) = if random.one_in(2) {
                    (null, place)
                } else {
                    (handle, ptr::null_mut())
                };
                let status = rcf_forest_process(handle, first, columns, place, message, size);
                (status, Status::Pointer)
            }
            5 => {
                let odd = first.cast::<u8>().wrapping_add(1).cast::<f64>();
                let status = rcf_forest_process(handle, odd, 1, place, message, size);
                (status, Status::Pointer)
            }
            6 => {
                let most = usize::MAX;
                let status = rcf_forest_score_array(handle, first, most, 3, place, message, size);
                assert_eq!(status, Status::Length);
                let status = rcf_forest_score(handle, first, most / 2, place, message, size);
                (status, Status::Length)
            }
            7 => {
                let (mut bytes, mut length) = (ptr::null_mut(), 0);
                let status =
                    rcf_forest_save(handle, &raw mut bytes, &raw mut length, message, size);
                assert_eq!(status, Status::Ok);
                let mut saved = std::slice::from_raw_parts(bytes, length).to_vec();
                assert!(saved == pair.model.to_bytes());
                rcf_bytes_free(bytes, length);
                let mut again = ptr::null_mut();
                let cut = if random.one_in(2) {
                    random.below(length)
                } else {
                    length
                };
                if cut == length && random.one_in(2) {
                    saved[random.below(length)] ^= 1 << random.below(8);
                    let (text, size) = (ptr::null_mut(), 0);
                    let status = rcf_forest_load(saved.as_ptr(), cut, &raw mut again, text, size);
                    assert_eq!(status, Status::State);
                } else {
                    let (text, size) = (ptr::null_mut(), 0);
                    let status = rcf_forest_load(saved.as_ptr(), cut, &raw mut again, text, size);
                    let right = if cut == length {
                        Status::Ok
                    } else {
                        Status::State
                    };
                    assert_eq!(status, right);
                }
                if again.is_null() {
                    rcf_forest_free(again);
                } else {
                    rcf_forest_free(std::mem::replace(&mut pair.handle, again));
                }
                (status, Status::Ok)
            }
            _ => {
                let result = pair.model.process(&values[..columns]);
                expected[0] = *result.as_ref().unwrap_or(&UNTOUCHED);
                let status = rcf_forest_process(handle, first, columns, place, message, size);
                (status, forest_status(&result))
            }
        }
    };
    said.check(status);
    assert_eq!(status, right);
    let bits = |scores: &[f64]| {
        scores
            .iter()
            .map(|score| score.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&scores), bits(&expected));
}

fn new_detector(random: &mut Random) -> Pair<Detector, AnomalyDetector> {
    let (json, inputs) = parameters(random);
    let (text, mut handle) = (CString::new(json).unwrap(), ptr::null_mut());
    let (mut bytes, mut length) = (ptr::null_mut(), 0);
    let (message, size) = (ptr::null_mut(), 0);
    // SAFETY: pointers to live locals.
    unsafe {
        let status = rcf_detector_new(text.as_ptr(), &raw mut handle, message, size);
        assert_eq!(status, Status::Ok);
        assert_eq!(rcf_detector_input_dimensions(handle), inputs);
        let status = rcf_detector_save(handle, &raw mut bytes, &raw mut length, message, size);
        assert_eq!(status, Status::Ok);
        let model = AnomalyDetector::from_bytes(std::slice::from_raw_parts(bytes, length)).unwrap();
        rcf_bytes_free(bytes, length);
        Pair {
            handle,
            model,
            inputs,
        }
    }
}

/// Compares all fields; NaN equals NaN.
fn text(detection: &Detection) -> String {
    format!("{detection:?}")
}

fn use_detector(pair: &mut Pair<Detector, AnomalyDetector>, random: &mut Random) {
    let mut said = Said::new(random);
    let (message, size) = said.place();
    let rows = random.below(4);
    let columns = if random.one_in(8) {
        random.below(5)
    } else {
        pair.inputs
    };
    let values = random.values(rows * columns + columns);
    let missing = i32::from(random.one_in(2));
    let (handle, first) = (pair.handle, values.as_ptr());
    let sentinel = Detection {
        score: UNTOUCHED,
        ..Detection::from(&pair.model.clone().process(&vec![1.0; pair.inputs]).unwrap())
    };
    let mut found = vec![sentinel; rows.max(1)];
    let place = found.as_mut_ptr();
    let mut expected = found.clone();
    let time = pair.model.observations() as f64 + random.below(3) as f64;
    let times: Vec<f64> = (0..rows).map(|row| time + row as f64).collect();
    let view = ArrayView2::from_shape((rows, columns), &values[..rows * columns]).unwrap();
    // SAFETY: pointers to live locals of these lengths, or arguments that must be rejected.
    let (status, right) = unsafe {
        match random.below(6) {
            0 => {
                let record = &values[..columns];
                let result = match missing {
                    0 => pair.model.process_at(time, record),
                    _ => pair.model.process_at_with_missing(time, record),
                };
                let right = forest_status(&result);
                result.iter().for_each(|it| expected[0] = it.into());
                let status = rcf_detector_process_at(
                    handle, time, first, columns, missing, place, message, size,
                );
                (status, right)
            }
            1 => {
                let none = ptr::null();
                let result = match missing {
                    0 => pair.model.process_array(view),
                    _ => pair.model.process_array_with_missing(view),
                };
                let (right, all) = array_status(result);
                all.iter()
                    .flatten()
                    .zip(&mut expected)
                    .for_each(|(it, to)| *to = it.into());
                let status = rcf_detector_process_array(
                    handle, none, first, rows, columns, missing, place, message, size,
                );
                (status, right)
            }
            2 if rows > 0 => {
                let result = match missing {
                    0 => pair.model.process_array_at(&times, view),
                    _ => pair.model.process_array_at_with_missing(&times, view),
                };
                let (right, all) = array_status(result);
                all.iter()
                    .flatten()
                    .zip(&mut expected)
                    .for_each(|(it, to)| *to = it.into());
                let times = times.as_ptr();
                let status = rcf_detector_process_array(
                    handle, times, first, rows, columns, missing, place, message, size,
                );
                (status, right)
            }
            3 => {
                let (none, null) = (ptr::null_mut(), ptr::null());
                let status = match random.below(3) {
                    0 => rcf_detector_process(none, first, 1, 0, place, message, size),
                    1 => rcf_detector_process(handle, null, 1, 0, place, message, size),
                    _ => rcf_detector_save(handle, ptr::null_mut(), ptr::null_mut(), message, size),
                };
                (status, Status::Pointer)
            }
            4 => {
                let (mut bytes, mut length, mut again) = (ptr::null_mut(), 0, ptr::null_mut());
                let (text, none) = (ptr::null_mut(), 0);
                let status =
                    rcf_detector_save(handle, &raw mut bytes, &raw mut length, message, size);
                assert_eq!(status, Status::Ok);
                let saved = std::slice::from_raw_parts(bytes, length);
                assert!(saved == pair.model.to_bytes());
                let loaded = rcf_detector_load(bytes, length, &raw mut again, text, none);
                assert_eq!(loaded, Status::Ok);
                // The wrong kind of model.
                let mut forest = ptr::null_mut();
                let loaded = rcf_forest_load(bytes, length, &raw mut forest, text, none);
                assert_eq!((loaded, forest), (Status::State, ptr::null_mut()));
                rcf_bytes_free(bytes, length);
                rcf_detector_free(std::mem::replace(&mut pair.handle, again));
                (status, Status::Ok)
            }
            _ => {
                let record = &values[..columns];
                let result = match missing {
                    0 => pair.model.process(record),
                    _ => pair.model.process_with_missing(record),
                };
                let right = forest_status(&result);
                result.iter().for_each(|it| expected[0] = it.into());
                let status =
                    rcf_detector_process(handle, first, columns, missing, place, message, size);
                (status, right)
            }
        }
    };
    said.check(status);
    assert_eq!(status, right);
    let texts = |all: &[Detection]| all.iter().map(text).collect::<Vec<_>>();
    assert_eq!(texts(&found), texts(&expected));
    // SAFETY: the handle lives.
    let observations = unsafe { rcf_detector_observations(pair.handle) };
    assert_eq!(observations, pair.model.observations());
}

#[test]
fn any_sequence_of_calls_does_what_rust_does() {
    let calls = std::env::var("RCF_CALLS").map_or(CALLS, |calls| calls.parse().unwrap());
    let mut random = Random(SplitMix64::seed_from_u64(1));
    let (mut forests, mut detectors) = (Vec::new(), Vec::new());
    for _ in 0..calls {
        match random.below(40) {
            0 if forests.len() < 4 => forests.extend(new_forest(&mut random)),
            1 if detectors.len() < 4 => detectors.push(new_detector(&mut random)),
            2 if !forests.is_empty() => {
                let pair = forests.swap_remove(random.below(forests.len()));
                // SAFETY: it is no longer used.
                unsafe { rcf_forest_free(pair.handle) };
            }
            3 if !detectors.is_empty() => {
                let pair: Pair<Detector, _> = detectors.swap_remove(random.below(detectors.len()));
                // SAFETY: it is no longer used.
                unsafe { rcf_detector_free(pair.handle) };
            }
            n if n % 2 == 0 && !forests.is_empty() => {
                let chosen = random.below(forests.len());
                use_forest(&mut forests[chosen], &mut random);
            }
            _ if !detectors.is_empty() => {
                let chosen = random.below(detectors.len());
                use_detector(&mut detectors[chosen], &mut random);
            }
            _ => {}
        }
    }
    // SAFETY: they are no longer used.
    unsafe {
        forests.iter().for_each(|pair| rcf_forest_free(pair.handle));
        detectors
            .iter()
            .for_each(|pair| rcf_detector_free(pair.handle));
    }
}

#[test]
fn events_marked_as_normal_are_suppressed_until_unmarked() {
    let (text, mut handle) = (CString::new(r#"{"seed": 7}"#).unwrap(), ptr::null_mut());
    let (message, size) = (ptr::null_mut(), 0);
    // SAFETY: pointers to live locals, or arguments that must be rejected.
    unsafe {
        assert_eq!(
            rcf_detector_new(text.as_ptr(), &raw mut handle, message, size),
            Status::Ok
        );
        let mut found = Detection::from(
            &AnomalyDetector::builder(1)
                .build()
                .unwrap()
                .process(&[0.0])
                .unwrap(),
        );
        let mut said = Vec::new();
        let (mut mark, mut other) = (77, 77);
        for t in 0..2_000u32 {
            let value = (f64::from(t) / 8.0).sin() + if t % 500 == 499 { 4.0 } else { 0.0 };
            let place = &raw mut found;
            assert_eq!(
                rcf_detector_process(handle, &raw const value, 1, 0, place, message, size),
                Status::Ok
            );
            if t % 500 == 499 {
                said.push((found.is_anomaly, found.suppressed));
            }
            let marked =
                |place| rcf_detector_mark_normal(handle, &raw const found, place, message, size);
            match t {
                100 => assert_eq!(marked(&raw mut other), Status::Input),
                499 => assert_eq!(marked(&raw mut mark), Status::Ok),
                999 => assert_eq!(marked(ptr::null_mut()), Status::Ok),
                1_499 => {
                    for number in [0, 1] {
                        let status = rcf_detector_unmark_normal(handle, number, message, size);
                        assert_eq!(status, Status::Ok);
                    }
                    let status = rcf_detector_unmark_normal(handle, 0, message, size);
                    assert_eq!(status, Status::Input);
                }
                _ => {}
            }
        }
        assert_eq!((mark, other), (0, 77));
        let suppressed = (false, Suppression::MarkedNormal);
        assert_eq!(
            said[..3],
            [(true, Suppression::None), suppressed, suppressed]
        );
        assert!(said[3].0);
        let null = ptr::null();
        assert_eq!(
            rcf_detector_mark_normal(handle, null, ptr::null_mut(), message, size),
            Status::Pointer
        );
        rcf_detector_free(handle);
    }
}

#[test]
fn an_encoder_of_categories_says_what_that_of_rust_says() {
    let mut expected = rcf_core::categories::CategoryEncoder::new(3, 0.01).unwrap();
    let text = CString::new(r#"{"capacity": 3, "time_decay": 0.01}"#).unwrap();
    let (mut handle, mut surprise) = (ptr::null_mut(), UNTOUCHED);
    let (message, size) = (ptr::null_mut(), 0);
    // SAFETY: pointers to live locals, or arguments that must be rejected.
    unsafe {
        let status = rcf_category_encoder_new(text.as_ptr(), &raw mut handle, message, size);
        assert_eq!(status, Status::Ok);
        for category in ["GET", "POST", "GET", "", "PUT", "GET", "TRACE"] {
            let (bytes, length) = (category.as_ptr(), category.len());
            let place = &raw mut surprise;
            let status = rcf_category_encoder_surprise(handle, bytes, length, place, message, size);
            assert_eq!(status, Status::Ok);
            assert_eq!(surprise.to_bits(), expected.surprise(category).to_bits());
            let status = rcf_category_encoder_process(handle, bytes, length, place, message, size);
            assert_eq!(status, Status::Ok);
            assert_eq!(surprise.to_bits(), expected.process(category).to_bits());
        }
        let (mut bytes, mut length) = (ptr::null_mut(), 0);
        let status =
            rcf_category_encoder_save(handle, &raw mut bytes, &raw mut length, message, size);
        assert_eq!(status, Status::Ok);
        let saved = std::slice::from_raw_parts(bytes, length);
        assert_eq!(saved, expected.to_bytes());
        let mut again = ptr::null_mut();
        let status =
            rcf_category_encoder_load(saved.as_ptr(), length, &raw mut again, message, size);
        assert_eq!(status, Status::Ok);
        let status =
            rcf_category_encoder_load(saved.as_ptr(), length - 1, &raw mut again, message, size);
        assert_eq!(status, Status::State);
        rcf_bytes_free(bytes, length);
        rcf_category_encoder_free(again);

        for (parameters, said) in [
            ("{\"capacity\": 0}", "capacity"),
            (
                "{\"capacity\": 1.5}",
                "capacity must be a whole number, got 1.5",
            ),
            ("{\"time_decay\": 2}", "time_decay"),
            (
                "{\"size\": 1}",
                "unknown parameter size; known parameters are capacity, time_decay",
            ),
        ] {
            let (text, mut found) = (CString::new(parameters).unwrap(), [0; 200]);
            let place = &raw mut again;
            let status = rcf_category_encoder_new(text.as_ptr(), place, found.as_mut_ptr(), 200);
            assert_eq!(status, Status::Parameters);
            let found = std::ffi::CStr::from_ptr(found.as_ptr()).to_str().unwrap();
            assert!(found.contains(said), "{found}");
        }
        let place = &raw mut surprise;
        let status = rcf_category_encoder_process(handle, ptr::null(), 1, place, message, size);
        assert_eq!(status, Status::Pointer);
        rcf_category_encoder_free(handle);
        rcf_category_encoder_free(ptr::null_mut());
    }
}

#[test]
fn handles_may_go_to_other_threads_and_be_read_by_many() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Forest>();
    is_send_and_sync::<Detector>();
    is_send_and_sync::<CategoryEncoder>();
}

#[test]
fn detections_say_what_was_not_learned() {
    const ROWS: usize = 2_500;
    let anomaly = 2_000..2_300;
    let mut random = Random(SplitMix64::seed_from_u64(3));
    let mut noise = |t| random.below(1000) as f64 + if anomaly.contains(&t) { 2000.0 } else { 0.0 };
    let values: Vec<f64> = (0..2 * ROWS).map(|at| noise(at / 2)).collect();
    let parameters = CString::new(r#"{"input_dimensions": 2}"#).unwrap();
    let mut handle = ptr::null_mut();
    let mut found: Vec<Detection> = Vec::with_capacity(ROWS);
    let (times, message) = (ptr::null(), ptr::null_mut());
    let (first, place) = (values.as_ptr(), found.as_mut_ptr());
    // SAFETY: pointers to live locals of these lengths; on success all detections are written.
    unsafe {
        let status = rcf_detector_new(parameters.as_ptr(), &raw mut handle, message, 0);
        assert_eq!(status, Status::Ok);
        let status =
            rcf_detector_process_array(handle, times, first, ROWS, 2, 0, place, message, 0);
        assert_eq!(status, Status::Ok);
        found.set_len(ROWS);
        rcf_detector_free(handle);
    }
    let inside = found[anomaly].iter().filter(|it| it.unlearned).count();
    assert!(inside > 100, "{inside} of 300");
}
