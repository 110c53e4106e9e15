//! Health, metrics and the live page of a running program.

#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::browser::{Browser, VIEWS, check_rules};
use support::{fail, rcf};

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&é\u{1}";

/// A program that waits for more input, with its server.
struct Running {
    child: Child,
    address: SocketAddr,
    token: &'static str,
    _folder: tempfile::TempDir,
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

impl Running {
    /// Scores readings of some keys; the last record of the hostile one is an outlier.
    fn start() -> Self {
        Self::of(rcf(), &[])
    }

    fn of(program: Command, more: &[&str]) -> Self {
        Self::with_key(program, more, HOSTILE)
    }

    /// The last record of the last key is an outlier.
    fn with_key(mut program: Command, more: &[&str], last: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = program
            .current_dir(folder.path())
            .args([
                "run",
                "--log-format",
                "json",
                "--source-kind",
                "file",
                "--source-path",
                "-",
            ])
            .args([
                "--input-values",
                "heat,load",
                "--input-key",
                "key",
                "--input-on-bad-record",
                "skip",
            ])
            .args(match more {
                ["--detector-enabled", ..] => &[][..],
                _ => &["--detector-enabled", "true"],
            })
            .args(["--sink-path", "out.jsonl", "--http-port", "0"])
            .args([
                "--checkpoint-directory",
                "state",
                "--checkpoint-every-seconds",
                "0.2",
            ])
            .args(more)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log
            .find_map(|line| {
                let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
                let message = line["message"].as_str()?;
                message.strip_prefix("listening on http://")?.parse().ok()
            })
            .unwrap();
        std::thread::spawn(move || log.for_each(drop)); // so that it never waits for us
        let mut input = child.stdin.take().unwrap();
        for n in 0..400 {
            for (index, key) in ["boiler-1", "pump-7", "north wing", last]
                .iter()
                .enumerate()
            {
                let spike = if *key == last && n == 399 { 90.0 } else { 0.0 };
                let heat = 20.0 + (n as f64 / 9.0 + index as f64).sin() + spike;
                let at = format!("2026-03-01T{:02}:{:02}:00Z", n / 60, n % 60);
                let record = serde_json::json!({"at": at, "key": key, "heat": heat, "load": n % 7});
                writeln!(input, "{record}").unwrap();
            }
        }
        writeln!(input, "not JSON").unwrap();
        child.stdin = Some(input); // open: the pipeline waits for more
        let token = more.contains(&"--http-token-file");
        let running = Self {
            child,
            address,
            token: if token { TOKEN } else { "" },
            _folder: folder,
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !running
            .get("/metrics")
            .1
            .contains("rcf_records_out_total 1600")
        {
            assert!(Instant::now() < deadline, "{}", running.get("/metrics").1);
            std::thread::sleep(Duration::from_millis(50));
        }
        running
    }

    /// Status and body.
    fn get(&self, path: &str) -> (u16, String) {
        let host = self.address.to_string();
        let (status, _, body) = request_with(self.address, "GET", path, &host, self.token);
        (status, body)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status, head and body.
fn request(address: SocketAddr, method: &str, path: &str, host: &str) -> (u16, String, String) {
    request_with(address, method, path, host, "")
}

fn request_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    host: &str,
    token: &str,
) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

#[test]
fn health_metrics_and_view_report_the_state() {
    let running = Running::start();
    assert_eq!(running.get("/livez"), (200, "ok\n".to_owned()));
    assert_eq!(running.get("/readyz"), (200, "ready\n".to_owned()));
    let (status, metrics) = running.get("/metrics");
    assert_eq!(status, 200);
    for line in [
        "rcf_records_in_total{shard=\"0\"} 1601",
        "rcf_records_out_total 1600",
        "rcf_score_seconds_count 1600",
        "rcf_in_flight_records 0",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while running
        .get("/metrics")
        .1
        .contains("\nrcf_checkpoint_bytes 0\n")
    {
        assert!(Instant::now() < deadline, "no checkpoint");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(running.get("/metrics").1.contains("\nrcf_models 4\n"));

    let (status, view) = running.get("/api/live?q=");
    assert_eq!(status, 200);
    let view: serde_json::Value = serde_json::from_str(&view).unwrap();
    assert_eq!(
        (&view["records"], &view["kept_keys"]),
        (&1601.into(), &4.into())
    );
    assert_eq!(view["keys"][0]["key"], HOSTILE, "the worst comes first");
    let anomaly = &view["anomalies"][0];
    assert_eq!(anomaly["key"], HOSTILE);
    let sentence = anomaly["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("heat was ") && sentence.contains("above the"),
        "{sentence}"
    );
    assert_eq!(view["keys"].as_array().unwrap().len(), 4);
    assert_eq!(view["deciding"], true);
    assert!(anomaly["seconds_ago"].as_f64() >= Some(0.0), "{anomaly}");
    let (_, one) = running.get("/api/live?q=pump");
    assert!(one.contains("pump-7") && !one.contains("boiler-1"), "{one}");
}

#[test]
fn it_can_only_be_read_and_only_under_its_own_name() {
    let running = Running::start();
    let host = running.address.to_string();
    let (status, head, page) = request(running.address, "GET", "/", &host);
    assert_eq!(status, 200);
    assert!(
        head.contains("content-security-policy: default-src 'none'; script-src 'self'"),
        "{head}"
    );
    assert!(head.contains("x-content-type-options: nosniff"));
    for outside in ["://", "onload=", "style=", "<script>"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
    for path in [
        "/",
        "/page.css",
        "/page.js",
        "/api/live",
        "/metrics",
        "/livez",
        "/readyz",
    ] {
        assert_eq!(
            request(running.address, "POST", path, &host).0,
            405,
            "{path}"
        );
        assert_eq!(
            request(running.address, "GET", path, "evil.example:80").0,
            403,
            "{path}"
        );
    }
    assert_eq!(request(running.address, "GET", "/other", &host).0, 404);
    assert_eq!(
        request(running.address, "GET", "/livez", "localhost").0,
        200
    );
}

/// The program with this few descriptors.
fn with_descriptors(count: usize) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {count} && exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_rcf")]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RCF_") {
            command.env_remove(name);
        }
    }
    command
}

#[test]
fn silent_and_slow_connections_take_nothing_from_the_pipeline() {
    let mut running = Running::of(with_descriptors(128), &[]);
    let mut crowd = Vec::new();
    for n in 0..600 {
        let mut stream = TcpStream::connect(running.address).unwrap();
        let start: &[u8] = match n % 3 {
            0 => b"",                                                 // silent
            1 => b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",            // in the middle of a head
            _ => b"GET /page.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", // never read
        };
        let _ = stream.write_all(start); // it may be closed already, to make room
        crowd.push(stream);
        if n % 100 == 99 {
            assert_eq!(running.get("/livez").0, 200, "after {n} connections");
        }
    }
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", running.child.id()));
    if let Ok(descriptors) = descriptors {
        let open = descriptors.count();
        assert!(open < 64, "{open} of 128 descriptors are open");
    }
    // The pipeline reads, scores and writes checkpoints meanwhile, and ends successfully.
    let mut input = running.child.stdin.take().unwrap();
    for n in 0..400 {
        writeln!(input, r#"{{"key": "late", "heat": {n}, "load": 1}}"#).unwrap();
    }
    drop(input);
    let status = running.child.wait().unwrap();
    assert!(status.success(), "{status}");
    let results = std::fs::read_to_string(running._folder.path().join("out.jsonl")).unwrap();
    assert_eq!(results.lines().count(), 2_000);
}

#[test]
fn a_connection_that_sends_no_request_is_closed() {
    let running = Running::start();
    let began = Instant::now();
    let mut streams: Vec<TcpStream> = [
        "",
        "GET / HTTP/1.1\r\nHost: ",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    .iter()
    .map(|start| {
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream.write_all(start.as_bytes()).unwrap();
        stream
    })
    .collect();
    for stream in &mut streams {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
    }
    assert!(
        began.elapsed() < Duration::from_secs(50),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_token_is_asked_for_where_there_is_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    let running = Running::of(rcf(), &["--http-token-file", path.to_str().unwrap()]);
    let host = running.address.to_string();
    for path in ["/metrics", "/api/live?q="] {
        assert_eq!(running.get(path).0, 200, "{path}");
        let (status, head, body) = request(running.address, "GET", path, &host);
        assert_eq!(status, 401, "{path}");
        assert!(head.contains("www-authenticate: bearer"), "{head}");
        assert!(!body.contains("boiler"), "{body}");
        let wrong = "0123456789abcdef0123456789abcdee";
        assert_eq!(
            request_with(running.address, "GET", path, &host, wrong).0,
            401
        );
    }
    for path in ["/", "/page.js", "/livez", "/readyz"] {
        assert_eq!(
            request(running.address, "GET", path, &host).0,
            200,
            "{path}"
        );
    }
}

#[test]
fn other_machines_are_let_in_only_on_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "run",
        "--source-kind",
        "sine",
        "--source-count",
        "1",
        "--http-port",
        "0",
    ];
    let error = fail(
        folder.path(),
        78,
        &[&flags[..], &["--http-host", "0.0.0.0"]].concat(),
    );
    assert!(
        error.contains("http.host = \"0.0.0.0\" is reachable from other machines")
            && error.contains("set http.token_file, or http.public = true"),
        "{error}"
    );
    std::fs::write(folder.path().join("token"), "short").unwrap();
    let error = fail(
        folder.path(),
        78,
        &[&flags[..], &["--http-token-file", "token"]].concat(),
    );
    assert!(error.contains("at least 16 visible ASCII"), "{error}");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "run",
        "--source-kind",
        "sine",
        "--source-count",
        "1",
        "--http-port",
        &port,
    ];
    let error = fail(folder.path(), 1, &flags);
    assert!(
        error.contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{error}"
    );
    assert!(error.contains("choose another http.port"), "{error}");
}

#[test]
fn the_page_in_a_browser() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let running = Running::start();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/", running.address);

    let page = browser.run(folder.path(), &["--dump-dom", &url]);
    assert!(page.contains("class=\"good\">running<"), "{page}");
    assert_eq!(page.matches("<article ").count(), 4, "{page}");
    assert!(
        page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"),
        "{page}"
    );
    assert!(!page.contains("<img"), "a key became markup");
    assert!(page.contains("class=\"line score\" d=\"M"), "{page}");
    assert!(page.contains("class=\"expected\" d=\"M"), "{page}");
    assert!(page.contains("data-found="), "an anomaly leads to its key");
    assert!(page.contains(">deciding</dt><dd>on<"), "{page}");
    assert!(page.contains(" ago</span>"), "{page}");
}

/// The page and one answer, in a separate file: a test may not add scripts to the page of the
/// server.
fn copy_of_the_page(running: &Running) -> String {
    let (page, style) = (running.get("/").1, running.get("/page.css").1);
    let (script, answer) = (running.get("/page.js").1, running.get("/api/live?q=").1);
    let link = "<link rel=\"stylesheet\" href=\"page.css\">";
    let tag = "<script src=\"page.js\" defer></script>";
    assert!(page.contains(link) && page.contains(tag), "{page}");
    let answer = answer.replace('<', "\\u003c");
    let answer = answer.replacen("\"records\":1601", "\"records\":1234567", 1);
    let scripts = format!(
        "<script>window.fetch = async () => new Response({});\n{script}</script></body>",
        serde_json::Value::from(answer)
    );
    page.replace(link, &format!("<style>{style}</style>"))
        .replace(tag, "")
        .replace("</body>", &scripts)
}

#[test]
fn the_page_keeps_to_the_rules_by_day_by_night_and_on_a_phone() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let flags = ["--detector-enabled", "true", "--input-timestamp", "at"];
    let running = Running::with_key(rcf(), &flags, HOSTILE);
    let folder = tempfile::tempdir().unwrap();
    let page = copy_of_the_page(&running);
    for view in VIEWS {
        let seen = browser.read(folder.path(), &page, WATCHER, view);
        assert_eq!(
            (&seen["keys"], &seen["searched"]),
            (&4.into(), &HOSTILE.into())
        );
        assert_eq!(seen["chosen"], HOSTILE, "{seen}");
        let read = |name: &str, part: usize| seen[name]["rows"][part].as_str().unwrap().to_owned();
        let time = |name: &str| seen[name]["time"].as_str().unwrap().to_owned();
        assert!(time("whole").starts_with("400 records"), "{seen}");
        // Counts in full, and values with their own decimals, or those that the picture shows.
        assert_eq!(seen["records"], "1,234,567");
        assert_eq!(
            (&*read("whole", 0), &*read("whole", 1)),
            ("19.00 … 109.79", "0 … 6")
        );
        assert!(
            time("hovered").starts_with("2026-03-01 03:") && time("hovered").ends_with(" UTC"),
            "{seen}"
        );
        assert!(read("hovered", 0).contains(", expected "), "{seen}");
        assert!(
            time("touched").contains("heat was ") && read("touched", 0).contains("109.79"),
            "{seen}"
        );
        assert!(read("touched", 3).starts_with("0."), "the grade: {seen}");
        assert!(time("stepped") < time("touched"), "{seen}");
        assert_eq!(seen["crosses"], 4, "one in each curve");
        check_rules(&seen, view);
    }
}

/// Acts as a reader.
const WATCHER: &str = include_str!("support/watcher.js");

#[test]
fn pictures_of_the_page() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let running = Running::with_key(rcf(), &[], "press-3");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/", running.address);
    browser.pictures(folder.path(), "live", &url, (900, 1_000));
}

#[test]
fn the_page_says_when_decisions_are_off() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let running = Running::of(rcf(), &["--detector-enabled", "false"]);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/", running.address);
    let page = browser.run(folder.path(), &["--dump-dom", &url]);
    assert!(
        page.contains(
            "Deciding is off: there are scores, and no record is reported as an anomaly."
        ),
        "{page}"
    );
    assert!(!page.contains(">grade<"), "no empty curve");
    assert_eq!(running.get("/api/live?q=nothing-like-it").0, 200);
}
