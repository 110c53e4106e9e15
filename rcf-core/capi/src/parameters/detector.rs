//! The parameters of a detector.

use rcf_core::parameters::DETECTOR;
use rcf_core::{
    AnomalyDetector, AnomalyDetectorBuilder, Imputation, Learning, NearExpected, Rule, Threshold,
    Transform,
};
use serde_json::Value;

use super::{Given, ParameterError, Result, as_numbers, as_u32, memory_profile, set};

/// The builder of a detector.
///
/// # Errors
/// The text is not a JSON object of the detector's parameters.
pub fn detector(json: &str) -> Result<AnomalyDetectorBuilder> {
    let given = Given::read(DETECTOR, json)?;
    let inputs = given.count("input_dimensions")?.unwrap_or(1);
    let mut builder = AnomalyDetector::builder(inputs);
    set!(builder, given:
        shingle_size: count,
        number_of_trees: count,
        sample_size: count,
        time_decay: real,
        initial_accept_fraction: real,
        seed: whole,
        warm_up: count,
        transform_decay: real,
        time_gap_input: flag,
        max_time_jump: real,
        false_alarm_rate: real,
        noise_floor: real,
        silence: whole_32,
        quiet: whole_32,
    );
    if let Some(weights) = given.per_input("weights", inputs)? {
        builder = builder.weights(weights);
    }
    if let Some(transform) = transform(&given)? {
        builder = builder.transform(transform);
    }
    if let Some(imputation) = imputation(&given)? {
        builder = builder.imputation(imputation);
    }
    if let Some(learning) = learning(&given, builder.config().sample_size)? {
        builder = builder.learning(learning);
    }
    if let Some(threshold) = threshold(&given)? {
        builder = builder.threshold(threshold);
    }
    if let Some(near) = near_expected(&given)? {
        builder = builder.ignore_near_expected(near);
    }
    if let Some(rules) = rules(&given)? {
        builder = builder.rules(rules);
    }
    if let Some(profile) = memory_profile(&given)? {
        builder = builder.memory_profile(profile);
    }
    Ok(builder)
}

fn transform(given: &Given) -> Result<Option<Transform>> {
    let name = "transform";
    let transform = match given.named(name)? {
        None => return Ok(None),
        Some((transform, [])) => Transform::named(transform),
        Some(_) => None,
    };
    let wrong = || given.wrong(name, "a name alone");
    transform.map(Some).ok_or_else(wrong)
}

/// A name, or the fixed values that replace missing ones.
fn imputation(given: &Given) -> Result<Option<Imputation>> {
    let name = "imputation";
    if let Some(Value::Array(values)) = given.value(name) {
        return match as_numbers(values) {
            Some(values) => Ok(Some(Imputation::Fixed(values))),
            None => Err(given.wrong(name, "a name, or an array of numbers")),
        };
    }
    let Some((imputation, _)) = given.named(name)? else {
        return Ok(None);
    };
    let wrong = || given.wrong(name, "the values themselves: an array of numbers");
    Imputation::named(imputation).map(Some).ok_or_else(wrong)
}

fn learning(given: &Given, sample_size: usize) -> Result<Option<Learning>> {
    let name = "learning";
    let alone = given.whole_32("patience")?;
    let Some((learning, numbers)) = given.named(name)? else {
        return match alone {
            Some(_) => Err(given.wrong(name, "skip or delay if patience is given")),
            None => Ok(None),
        };
    };
    let wrong = |expected| Err(given.wrong(name, expected));
    let Some(numbers) = numbers.iter().map(as_u32).collect::<Option<Vec<_>>>() else {
        return wrong("a name, and whole numbers that fit into 32 bits");
    };
    let takes_patience = matches!(
        (learning, numbers.len()),
        ("skip" | "delay", 0) | ("down_weight", 1)
    );
    if alone.is_some() && !takes_patience {
        return Err(ParameterError::Exclusive {
            name: "patience",
            other: "this learning",
        });
    }
    let usual = alone.unwrap_or_else(|| Learning::default_patience(sample_size));
    match Learning::named(learning, &numbers, usual) {
        Some(learning) => Ok(Some(learning)),
        None => wrong(match learning {
            "frozen" => "[\"frozen\", after]",
            "down_weight" => "[\"down_weight\", one_in] or with a patience",
            _ => "a name, with a patience if it is skip or delay",
        }),
    }
}

/// A score, or a name with a number.
fn threshold(given: &Given) -> Result<Option<Threshold>> {
    let name = "threshold";
    let threshold = match given.value(name).and_then(Value::as_f64) {
        Some(score) => Threshold::Fixed { score },
        None => match given.named(name)? {
            None | Some(("calibrated", [])) => return Ok(None),
            Some((threshold, numbers)) => named_threshold(threshold, numbers).ok_or_else(|| {
                let expected = "calibrated, a score, or [name, number] with extreme_value, \
                                quantile or deviations";
                given.wrong(name, expected)
            })?,
        },
    };
    match given.value("false_alarm_rate") {
        None => Ok(Some(threshold)),
        Some(_) => Err(ParameterError::Exclusive {
            name: "false_alarm_rate",
            other: "a threshold that is not calibrated",
        }),
    }
}

/// The strategies that are a name with a number.
fn named_threshold(name: &str, numbers: &[Value]) -> Option<Threshold> {
    match (name, numbers) {
        ("extreme_value" | "quantile" | "deviations", [number]) => {
            Threshold::named(name, number.as_f64()?)
        }
        _ => None,
    }
}

/// An array of texts; inputs are referred to by number.
fn rules(given: &Given) -> Result<Option<Vec<Rule>>> {
    let texts = given.parse("rules", "an array of texts", |value| {
        let texts = value.as_array()?.iter().map(Value::as_str);
        texts.collect::<Option<Vec<_>>>()
    })?;
    let read = |text: &str| Ok(Rule::parse::<&str>(text, &[])?);
    texts
        .map(|texts| texts.into_iter().map(read).collect())
        .transpose()
}

/// One distance for both sides, or an object of the four distances.
fn near_expected(given: &Given) -> Result<Option<NearExpected>> {
    let name = "ignore_near_expected";
    let expected = "a number, or an object of absolute_above, absolute_below, relative_above and \
                    relative_below";
    given.parse(name, expected, |value| {
        let mut near = NearExpected::default();
        if let Some(distance) = value.as_f64() {
            (near.absolute_above, near.absolute_below) = (distance, distance);
            return Some(near);
        }
        for (name, value) in value.as_object()? {
            let place = match name.as_str() {
                "absolute_above" => &mut near.absolute_above,
                "absolute_below" => &mut near.absolute_below,
                "relative_above" => &mut near.relative_above,
                "relative_below" => &mut near.relative_below,
                _ => return None,
            };
            *place = value.as_f64()?;
        }
        Some(near)
    })
}
