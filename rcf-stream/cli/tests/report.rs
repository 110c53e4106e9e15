//! `rcf report`: the page, as readers see it.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::browser::{Browser, VIEWS, check_rules};
use support::succeed;

/// A daily rhythm of two alternating sensors; one has a spike, on line 1502 (after the header).
fn write_readings(folder: &Path) {
    let mut text = "at,sensor,heat,load\n".to_owned();
    for n in 0..2_000 {
        let (t, sensor) = (f64::from(n / 2), if n % 2 == 0 { "a" } else { "<b>" });
        let noise = f64::from(n * 7919 % 101) / 200.0;
        let spike = if n == 1_500 { 30.0 } else { 0.0 };
        let (heat, load) = (20.0 + 5.0 * (t / 12.0).sin() + noise + spike, 3.0 + noise);
        let (day, hour) = (1 + n / 48 % 31, n / 2 % 24);
        let month = 3 + n / 48 / 31;
        text += &format!("2026-{month:02}-{day:02}T{hour:02}:00,{sensor},{heat:.2},{load:.3}\n");
    }
    fs::write(folder.join("readings.csv"), text).unwrap();
}

const INPUT: [&str; 7] = [
    "readings.csv",
    "--key",
    "sensor",
    "--time",
    "at",
    "--shingle-size",
    "2",
];

/// Columns with long names, one of them noisy enough for many anomalies above a low fixed score.
fn write_plant(folder: &Path) {
    let name =
        |n: u32| format!("production/line-{n}/spindle_bearing_temperature_outer_ring_celsius");
    let names: Vec<String> = (1..=6).map(name).collect();
    let mut text = format!("Zeit;{}\n", names.join(";"));
    for n in 0..1_500u32 {
        text += &format!(
            "{:02}.03.2026 {:02}:{:02}",
            1 + n / 1440,
            n / 60 % 24,
            n % 60
        );
        for column in 0..6 {
            let noise = f64::from((n * 7919 + column * 131) % 101) / 100.0;
            let spike = if column == 2 && n % 20 == 7 {
                20.0 + f64::from(n % 37)
            } else {
                0.0
            };
            let value = 40.0 + 5.0 * (f64::from(n + column) / 40.0).sin() + noise + spike;
            text += &format!(";{value:.2}").replace('.', ",");
        }
        text.push('\n');
    }
    fs::write(folder.join("plant.csv"), text).unwrap();
}

/// The data of the page's script.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_page_answers_in_the_order_of_the_questions() {
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    let arguments = [
        &["report", "--html", "page.html", "--svg", "page.svg"],
        &INPUT[..],
    ]
    .concat();
    assert_eq!(succeed(folder.path(), &arguments), "");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let questions = ["What happened", "Where", "Why", "How sure", "Parameters"];
    let places: Vec<_> = questions
        .map(|it| page.find(&format!("<h2>{it}")).expect(it))
        .into();
    assert!(places.is_sorted(), "{places:?}");
    assert!(
        page.contains(" of 2 keys, from 2026-03-01T00:00 to 2026-04-11T15:00."),
        "{page}"
    );
    for outside in ["src=", "@import", "href=\"h", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let data = data(&page);
    let spike = data["found"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["record"] == 750);
    let spike = spike.expect("the spike is found");
    assert_eq!(spike["time"], "2026-04-01T06:00", "as in the file");
    assert_eq!(
        data["keys"][0]["name"], "a",
        "the key with the highest grade comes first"
    );
    let text = spike["text"].as_str().unwrap();
    assert!(
        text.starts_with("heat was ") && text.contains("that was expected"),
        "{text}"
    );
    assert_eq!(data["time"]["pattern"], "%Y-%m-%dT%H:%M");
    assert_eq!(data["columns"][1]["decimals"], 3);
    assert!(
        page.contains(&format!("<li>2026-04-01T06:00: {text}</li>")),
        "also without script"
    );

    let picture = fs::read_to_string(folder.path().join("page.svg")).unwrap();
    assert!(picture.contains("class=\"band ink-0\""));
    roxmltree::Document::parse(&picture).unwrap();

    let other = [
        &["report", "--html", "b.html", "--show-key", "<b>"],
        &INPUT[..],
    ]
    .concat();
    succeed(folder.path(), &other);
    let page = fs::read_to_string(folder.path().join("b.html")).unwrap();
    assert_eq!(self::data(&page)["keys"][0]["name"], "<b>");
}

/// If the page does not fit on the disk, the previous one stays.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_part_of_a_page() {
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    let page = folder.path().join("page.html");
    fs::write(&page, "the page before").unwrap();
    // A limit of 8 blocks of 512 bytes for each file; the signal for it would end the program.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" report readings.csv --key sensor \
                  --html page.html";
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_rcf")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let messages = support::stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(messages.contains("page.html: "), "{messages}");
    assert_eq!(fs::read_to_string(&page).unwrap(), "the page before");
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 2, "the readings and the page");
}

/// Acts as a reader, and records what is visible.
const READER: &str = include_str!("support/reader.js");

#[test]
fn a_reader_sorts_selects_and_reads() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    write_plant(folder.path());
    let many = ["--score-threshold", "0.8", "--silence", "0"];
    let arguments = [&["report", "plant.csv", "--html", "plant.html"], &many[..]].concat();
    succeed(folder.path(), &arguments);
    let page = fs::read_to_string(folder.path().join("plant.html")).unwrap();
    let found = data(&page)["found"].as_array().unwrap().len();
    assert!(found > 100, "{found}");
    for view in VIEWS {
        let seen = browser.read(folder.path(), &page, READER, view);
        assert_eq!(
            (&seen["curves"], &seen["bands"]),
            (&true.into(), &true.into()),
            "{seen}"
        );
        assert!(seen["cards"].as_u64() >= Some(4), "{seen}");
        assert!(
            seen["ticks"]
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it.as_str().unwrap().contains(':'))
        );
        assert_eq!(
            (&seen["rows"], &seen["moreRows"]),
            (&50.into(), &100.into())
        );
        let grades: Vec<f64> = serde_json::from_value(seen["grades"].clone()).unwrap();
        assert!(
            grades.is_sorted_by(|a, b| a >= b) && grades[0] > 0.0,
            "{grades:?}"
        );
        let list =
            |name: &str| -> Vec<String> { serde_json::from_value(seen[name].clone()).unwrap() };
        assert!(
            list("times").len() == 100 && list("times").is_sorted(),
            "{seen}"
        );
        let mild = list("mild");
        assert!(!mild.is_empty(), "{seen}");
        assert!(
            mild.iter().all(|it| it.contains("Not reported: ")),
            "{mild:?}"
        );
        assert!(
            seen["marks"].as_u64() > Some(0),
            "suppressed, in the curves"
        );
        for part in [".03.2026 ", "expected ", "Score"] {
            assert!(seen["touched"].as_str().unwrap().contains(part), "{seen}");
        }
        let chosen = seen["chosen"].as_str().unwrap();
        assert!(
            seen["why"].as_str().unwrap().contains(chosen),
            "attribution names its anomaly"
        );
        assert!(
            seen["place"]
                .as_str()
                .unwrap()
                .ends_with(&format!("of {found}")),
            "{seen}"
        );
        let reading = seen["reading"].as_str().unwrap();
        for part in [chosen, "expected ", " … ", "Score", "threshold", " was "] {
            assert!(reading.contains(part), "{part}: {reading}");
        }
        let time = |name: &str| seen[name].as_str().unwrap();
        assert!(
            time("time") != time("next") && time("next") != time("hovered"),
            "{seen}"
        );
        assert_eq!(time("stays"), time("hovered"), "values stay");
        assert!(
            time("hovered").starts_with("0") && time("hovered").contains(".03.2026 "),
            "{seen}"
        );
        assert_eq!(time("whole"), "1 March 2026 to 2 March 2026");
        assert_eq!(
            time("day"),
            "1 March 2026",
            "the day of the record that is read"
        );
        assert_eq!(time("pinched"), "1 March 2026", "two fingers zoom");
        for stroke in ["+", "-", "n", "p", "PageDown", "PageUp"] {
            assert_eq!(seen["strokes"][stroke], true, "{stroke}: {seen}");
        }
        assert_eq!(seen["strokes"]["Home"], time("whole"), "{seen}");
        check_rules(&seen, view);
    }
    let url = format!("file://{}", folder.path().join("plant.html").display());
    browser.screenshot(folder.path(), "report-columns", &url, "1000,700", true);
}

/// The page of several keys, with times in the form of ISO 8601.
#[test]
fn a_page_of_keys_keeps_to_the_rules_and_breaks_no_date() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    let arguments = [&["report", "--html", "page.html"], &INPUT[..]].concat();
    succeed(folder.path(), &arguments);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let look = "const ready = setInterval(() => { if (document.body.dataset.ready !== 'true') return; \
                clearInterval(ready); tell({ dates: document.querySelectorAll('.date').length }); }, 30);";
    for view in VIEWS {
        let seen = browser.read(folder.path(), &page, look, view);
        assert!(seen["dates"].as_u64() > Some(3), "{seen}");
        check_rules(&seen, view);
    }
}

#[test]
fn pictures_of_the_page() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    write_readings(folder.path());
    succeed(
        folder.path(),
        &[&["report", "--html", "page.html"], &INPUT[..]].concat(),
    );
    let url = format!("file://{}", folder.path().join("page.html").display());
    browser.pictures(folder.path(), "report", &url, (1_180, 1_100));

    let calm: String = (0..300).map(|n| format!("{}\n", n * n % 17)).collect();
    fs::write(folder.path().join("calm.csv"), format!("level\n{calm}")).unwrap();
    succeed(
        folder.path(),
        &[
            "report",
            "calm.csv",
            "--html",
            "calm.html",
            "--score-threshold",
            "99",
        ],
    );
    let page = fs::read_to_string(folder.path().join("calm.html")).unwrap();
    assert!(page.contains("No anomaly among "), "{page}");
    let url = format!("file://{}", folder.path().join("calm.html").display());
    let drawn = browser.run(folder.path(), &["--dump-dom", &url]);
    assert!(drawn.contains("Nothing was reported. The curves below show what was judged."));
    assert!(
        drawn.contains("data-ready=\"true\""),
        "the curves are drawn"
    );
}
