//! The labelled sets and the protocol for alerts, on the data where it is available.

use std::path::PathBuf;

use rcf_benches::labelled::engines::Engine;
use rcf_benches::labelled::evaluate::judge;
use rcf_benches::labelled::protocol::Counts;
use rcf_benches::labelled::sets::SetId;

/// The folder with the sets; prints a message if it is missing.
fn data() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let folder = std::env::var_os("LABELLED_DATA").map_or_else(|| beside.into(), PathBuf::from);
    if folder.join("ucr").is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the labelled sets are not available; LABELLED_DATA may name their folder");
    None
}

#[test]
fn the_sets_are_whole() {
    let Some(data) = data() else { return };
    for (set, streams, windows, inputs) in [
        (SetId::Ucr, 53, 53, 1),
        (SetId::Skab, 16, 16, 8),
        (SetId::Msl, 14, 18, 1),
        (SetId::Nab, 58, 116, 1),
    ] {
        let loaded = set.load(&data).expect("the files of the set");
        assert_eq!(loaded.len(), streams, "{}", set.name());
        let of_set: usize = loaded.iter().map(|stream| stream.windows.len()).sum();
        assert_eq!(of_set, windows, "{}", set.name());
        for stream in &loaded {
            assert_eq!(stream.dimensions, inputs, "{}", stream.name);
            assert!(stream.start < stream.end && stream.end == stream.len());
        }
    }
}

/// The figures of another program, in another language, for the trailing z-score.
#[test]
fn the_figures_of_a_control_are_those_of_an_independent_program() {
    let Some(data) = data() else { return };
    let engine = Engine::parse("z-score").expect("it is one");
    let mut total = Counts::default();
    for stream in SetId::Skab.load(&data).expect("the files of the set") {
        let judged = judge(&engine, &stream, SetId::Skab, 0).expect("valid observations");
        total.add(judged.counts);
    }
    assert_eq!(format!("{:.2}", total.f1()), "0.80");
    assert_eq!(format!("{:.1}", total.false_per_10_000()), "26.5");
}

#[test]
fn a_folder_without_the_set_is_named_with_the_remedy() {
    let error = SetId::Skab
        .load("nowhere".as_ref())
        .expect_err("there is no such folder");
    let text = format!("{error:#}");
    assert!(
        text.contains("nowhere") && text.contains("--sets"),
        "{text}"
    );
}
