//! The files shipped with the program match the program.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rcf_cli::telemetry::Metrics;
use rcf_stream::config::{SETTINGS, Setting};
use rcf_stream::observer::Observer;

fn read(path: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All words with this prefix.
fn words<'a>(text: &'a str, start: &str) -> BTreeSet<&'a str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with(start) && word.len() > start.len())
        .collect()
}

#[test]
fn dashboards_and_alerts_ask_for_metrics_that_there_are() {
    let metrics = Metrics::new();
    metrics.read("s", 1);
    metrics.bad_record("syntax");
    metrics.behind("s", std::time::Duration::ZERO);
    let known = metrics.text();
    let known = words(&known, "rcf_");
    for file in ["deploy/grafana/rcf.json", "deploy/prometheus/alerts.yml"] {
        let text = read(file);
        let asked = words(&text, "rcf_");
        assert!(asked.len() >= 5, "{file}");
        for name in asked {
            assert!(known.contains(name), "{file} asks for {name}");
        }
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("deploy/grafana/rcf.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), panels.len());
}

#[test]
fn templates_set_settings_that_there_are() {
    let variables: BTreeSet<_> = SETTINGS.iter().map(Setting::variable).collect();
    let template = read("deploy/aws/template.yaml");
    let set = words(&template, "RCF_");
    assert!(set.len() >= 10);
    for name in set {
        assert!(
            variables.contains(name) || name == "RCF_LOG_FORMAT",
            "{name}"
        );
    }
    let unit = read("deploy/systemd/rcf.service");
    assert!(
        unit.contains("RestartPreventExitStatus=78"),
        "as the program ends"
    );
    let dockerfile = read("deploy/Dockerfile");
    assert!(dockerfile.contains("USER 65532") && dockerfile.contains("--features kinesis,s3"));
}

/// Markdown files in the repository, without downloaded or built ones.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let folders = ["", "docs", "docs/guide", "benches/record"];
    let files = folders
        .iter()
        .filter_map(|folder| fs::read_dir(root.join(folder)).ok())
        .flatten();
    let paths = files.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect()
}

/// The anchor of a heading, as code hosts make it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    assert!(pages.len() >= 10, "{}", pages.len());
    let mut links = 0;
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for (start, _) in text.match_indices("](") {
            let target = text[start + 2..].split(')').next().unwrap().trim();
            if target.contains("://") || target.starts_with("mailto:") || target.contains(' ') {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            assert!(path.exists(), "{}: there is no {target}", page.display());
            if !heading.is_empty() && path.extension().is_some_and(|it| it == "md") {
                let other = fs::read_to_string(&path).unwrap();
                let anchors: Vec<_> = other
                    .lines()
                    .filter(|it| it.starts_with('#'))
                    .map(anchor)
                    .collect();
                assert!(
                    anchors.iter().any(|it| it == heading),
                    "{}: there is no {target}",
                    page.display()
                );
            }
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}
