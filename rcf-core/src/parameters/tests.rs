//! The table against builders, checks and the guide.

use std::fmt::Write as _;
use std::ops::Bound;
use std::path::PathBuf;

use super::*;
use crate::config::RandomCutForestBuilder;
use crate::detector::AnomalyDetectorBuilder;
use crate::distance::{DistanceDetector, DistanceDetectorBuilder};
use crate::error::ConfigError;
use crate::forecaster::ForecasterBuilder;
use crate::{AnomalyDetector, Forecaster, Learning, MemoryProfile, RandomCutForest};

/// Rows without a setter of their name: an argument of `builder`, and a part of `learning`.
const NO_SETTERS: [&str; 2] = ["input_dimensions", "patience"];

#[test]
fn each_row_has_a_setter_that_names_its_default() {
    for (table, setters) in [
        RandomCutForestBuilder::SETTERS,
        AnomalyDetectorBuilder::SETTERS,
        ForecasterBuilder::SETTERS,
        DistanceDetectorBuilder::SETTERS,
    ] {
        let expected: Vec<_> = table.iter().map(|row| row.name).collect();
        for name in &expected {
            let has_setter = setters.iter().any(|(setter, _)| setter == name);
            assert_ne!(has_setter, NO_SETTERS.contains(name), "{name}");
        }
        for (name, doc) in setters {
            let row = find(table, name).unwrap_or_else(|| panic!("{name} has no row"));
            let words = doc.replace('`', "");
            let words: Vec<_> = words.split_whitespace().collect();
            let default = format!("default {}", row.default);
            assert!(words.join(" ").contains(&default), "{name}: {default}");
        }
    }
}

#[test]
fn names_are_unique_and_help_is_one_phrase() {
    for table in [FOREST, DETECTOR, FORECASTER, DISTANCE_DETECTOR] {
        for (at, row) in table.iter().enumerate() {
            assert!(find(&table[..at], row.name).is_none(), "{}", row.name);
            assert!(row.help.starts_with(char::is_uppercase), "{}", row.help);
            assert!(
                !row.help.ends_with('.') && row.help.len() <= 100,
                "{}",
                row.help
            );
        }
    }
}

#[test]
fn rules_are_what_the_builders_compute() {
    let forest = RandomCutForest::builder(1)
        .sample_size(100)
        .config()
        .unwrap();
    assert_eq!((forest.time_decay, forest.output_after), (0.001, 25));
    let detector = AnomalyDetector::builder(2).sample_size(100).config();
    assert_eq!((detector.time_decay, detector.warm_up), (0.001, 25 + 8 - 1));
    assert_eq!(detector.transform_decay, 0.0025);
    assert_eq!(detector.weights, [1.0, 1.0]);
    assert_eq!(detector.transform, crate::Transform::Normalize);
    assert_eq!(
        AnomalyDetector::builder(1).config().transform,
        crate::Transform::None
    );
    assert_eq!(detector.learning, Learning::Skip { patience: 200 });
    let learning = |builder: crate::AnomalyDetectorBuilder| builder.config().learning;
    for always in [
        AnomalyDetector::builder(1),
        AnomalyDetector::builder(2).shingle_size(1),
        AnomalyDetector::builder(2).threshold(crate::Threshold::Quantile { decades: 3.0 }),
    ] {
        assert_eq!(learning(always), Learning::Always);
    }
    assert!(Forecaster::builder(1).config().limits.is_empty());
    let distance = DistanceDetector::<()>::builder().sample_size(100).config();
    assert_eq!((distance.time_decay, distance.warm_up), (0.001, 25));
}

#[test]
fn memory_profiles_are_those_of_the_table() {
    let forest = RandomCutForest::builder(1);
    let fraction = forest.clone().config().unwrap().bounding_box_cache_fraction;
    assert_eq!(fraction, MemoryProfile::Fast.bounding_box_cache_fraction());
    let detector = AnomalyDetector::builder(1).config().memory_profile;
    for (table, default) in [(FOREST, MemoryProfile::Fast), (DETECTOR, detector)] {
        let row = find(table, "memory_profile").unwrap();
        let ParameterKind::Name(names) = row.kind else {
            panic!("{:?}", row.kind);
        };
        assert_eq!(names, MemoryProfile::ALL.map(MemoryProfile::as_str));
        assert_eq!(row.default, ParameterDefault::Name(default.as_str()));
    }
    for profile in MemoryProfile::ALL {
        let config = forest.clone().memory_profile(profile).config().unwrap();
        let fraction = profile.bounding_box_cache_fraction();
        assert_eq!(config.bounding_box_cache_fraction, fraction);
    }
}

type Check = fn(&str, f64) -> Option<Result<(), ConfigError>>;

fn forest(name: &str, number: f64) -> Option<Result<(), ConfigError>> {
    let builder = RandomCutForest::builder(1);
    let builder = match name {
        "shingle_size" => builder.shingle_size(number as usize),
        "number_of_trees" => builder.number_of_trees(number as usize).sample_size(1),
        "sample_size" => builder.sample_size(number as usize),
        "time_decay" => builder.time_decay(number),
        "initial_accept_fraction" => builder.initial_accept_fraction(number),
        "noise_floor" => builder.noise_floor(vec![number]),
        "relative_noise_floor" => builder.relative_noise_floor(number),
        "bounding_box_cache_fraction" => builder.bounding_box_cache_fraction(number),
        _ => return None,
    };
    Some(builder.config().map(drop))
}

fn detector(name: &str, number: f64) -> Option<Result<(), ConfigError>> {
    let builder = AnomalyDetector::builder(1);
    let builder = match name {
        "shingle_size" => builder.shingle_size(number as usize),
        "number_of_trees" => builder.number_of_trees(number as usize).sample_size(1),
        "sample_size" => builder.sample_size(number as usize),
        "time_decay" => builder.time_decay(number),
        "initial_accept_fraction" => builder.initial_accept_fraction(number),
        "warm_up" => builder.warm_up(number as usize),
        "transform_decay" => builder.transform_decay(number),
        "weights" => builder.weights(vec![number]),
        "false_alarm_rate" => builder.false_alarm_rate(number),
        "noise_floor" => builder.noise_floor(number),
        "max_time_jump" => builder.max_time_jump(number),
        "patience" => builder.learning(Learning::Skip {
            patience: number as u32,
        }),
        _ => return None,
    };
    Some(builder.config().check())
}

fn forecaster(name: &str, number: f64) -> Option<Result<(), ConfigError>> {
    let builder = Forecaster::builder(1);
    let builder = match name {
        "horizon" => builder.horizon(number as usize),
        "coverage" => builder.coverage(number),
        _ => return None,
    };
    Some(builder.config().check())
}

fn distance(name: &str, number: f64) -> Option<Result<(), ConfigError>> {
    let builder = DistanceDetector::<()>::builder();
    let builder = match name {
        "sample_size" => builder.sample_size(number as usize),
        "time_decay" => builder.time_decay(number),
        "warm_up" => builder.warm_up(number as usize),
        "clusters" => builder.clusters(number as usize),
        "representatives" => builder.representatives(number as usize),
        "shrinkage" => builder.shrinkage(number),
        "false_alarm_rate" => builder.false_alarm_rate(number),
        _ => return None,
    };
    Some(builder.config().check())
}

/// Numbers at the bounds are accepted, those beyond them are refused by name.
#[test]
fn builders_check_the_ranges_of_the_table() {
    let mut tested = 0;
    for (table, check) in [
        (FOREST, forest as Check),
        (DETECTOR, detector),
        (FORECASTER, forecaster),
        (DISTANCE_DETECTOR, distance),
    ] {
        for row in table {
            let step: f64 = if row.kind == ParameterKind::Integer {
                1.0
            } else {
                1e-9
            };
            let at =
                |number: f64, sign: f64| (number, number + sign * step.max(number.abs() * 1e-9));
            let bounds = [(row.range.least, -1.0), (row.range.greatest, 1.0)];
            for (bound, sign) in bounds {
                let (allowed, refused) = match bound {
                    Bound::Included(number) => at(number, sign),
                    Bound::Excluded(number) => {
                        let (refused, allowed) = at(number, -sign);
                        (allowed, refused)
                    }
                    Bound::Unbounded => continue,
                };
                let Some(accepted) = check(row.name, allowed) else {
                    continue;
                };
                assert_eq!(accepted, Ok(()), "{} = {allowed}", row.name);
                if row.kind == ParameterKind::Integer && !(0.0..4e9).contains(&refused) {
                    continue; // no value of the type
                }
                let error = check(row.name, refused).unwrap().unwrap_err().to_string();
                let named = [row.name, "counts of learning"]
                    .iter()
                    .any(|name| error.contains(name));
                assert!(named, "{} = {refused}: {error}", row.name);
                tested += 1;
            }
        }
    }
    assert!(tested >= 30, "only {tested} bounds were tested");
}

/// The tables of the guide, as Markdown.
fn tables() -> String {
    let mut text = String::new();
    for (title, table) in [
        ("RandomCutForest", FOREST),
        ("AnomalyDetector", DETECTOR),
        ("Forecaster", FORECASTER),
        ("DistanceDetector", DISTANCE_DETECTOR),
    ] {
        writeln!(text, "### {title}\n").unwrap();
        text += "| parameter | type | default | range | unit | what it does |\n|---|---|---|---|---|---|\n";
        for row in table {
            let kind = match row.kind {
                ParameterKind::Integer => "integer".to_owned(),
                ParameterKind::Real => "number".to_owned(),
                ParameterKind::Flag => "true or false".to_owned(),
                ParameterKind::Name(names) => names.join(", "),
                ParameterKind::PerInput => "a number for each input".to_owned(),
                ParameterKind::PairPerInput => "a pair for each input".to_owned(),
                ParameterKind::Names(names) => format!("some of {}", names.join(", ")),
                ParameterKind::Rules => "rules".to_owned(),
            };
            let (name, default, range) = (row.name, row.default, row.range);
            let (unit, help) = (row.unit, row.help);
            writeln!(
                text,
                "| `{name}` | {kind} | {default} | {range} | {unit} | {help} |"
            )
            .unwrap();
        }
        text.push('\n');
    }
    text
}

const BEGIN: &str = "<!-- The tables of rcf-core/src/parameters begin here. -->\n\n";
const END: &str = "<!-- They end here. -->";

/// The guide, if this is a checkout, and where the tables are in it.
fn guide() -> Option<(PathBuf, String, std::ops::Range<usize>)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/parameters.md");
    let text = std::fs::read_to_string(&path).ok()?;
    let begin = text
        .find(BEGIN)
        .expect("the guide marks where tables begin")
        + BEGIN.len();
    let end = text.find(END).expect("the guide marks where tables end");
    Some((path, text, begin..end))
}

/// `cargo test -p rcf-core --lib write_the_tables -- --ignored` brings them up to date.
#[test]
fn the_guide_has_the_tables() {
    let Some((_, text, place)) = guide() else {
        eprintln!("skipped: no docs/guide next to this package");
        return;
    };
    assert_eq!(
        text[place],
        tables(),
        "write them again: see the comment of this test"
    );
}

#[test]
#[ignore = "writes docs/guide/parameters.md"]
fn write_the_tables_of_the_guide() {
    let (path, mut text, place) = guide().unwrap();
    text.replace_range(place, &tables());
    std::fs::write(path, text).unwrap();
}
