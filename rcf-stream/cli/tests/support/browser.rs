//! Headless Chromium, as packaged by Debian.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Pages are dark.
const DARK: &str = "--blink-settings=preferredColorScheme=0";

pub(crate) struct Browser(&'static str);

impl Browser {
    /// `None`, with a message, if there is none.
    pub(crate) fn find() -> Option<Self> {
        let found = [
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
        ]
        .into_iter()
        .find(|path| Path::new(path).exists());
        if found.is_none() {
            eprintln!("skipped: Chromium is not installed (apt-get install chromium)");
        }
        found.map(Self)
    }

    /// Its standard output; it ends by itself.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new(self.0)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--hide-scrollbars",
                "--allow-file-access-from-files",
                "--virtual-time-budget=4000",
                "--timeout=20000",
            ])
            .arg(format!(
                "--user-data-dir={}",
                folder.join("profile").display()
            ))
            .args(arguments)
            .stderr(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A picture of a page; kept if RCF_SCREENSHOTS names a folder, as for the documentation.
    pub(crate) fn screenshot(&self, folder: &Path, name: &str, url: &str, size: &str, dark: bool) {
        let kept = std::env::var_os("RCF_SCREENSHOTS").map_or(folder.to_owned(), Into::into);
        let file = kept.join(format!("{name}.png"));
        let screenshot = format!("--screenshot={}", file.display());
        let size = format!("--window-size={size}");
        let mut arguments = vec![screenshot.as_str(), &size, url];
        if dark {
            arguments.insert(0, DARK);
        }
        self.run(folder, &arguments);
        let picture = fs::read(&file).unwrap();
        assert!(
            picture.starts_with(b"\x89PNG") && picture.len() > 10_000,
            "{name}"
        );
    }

    /// Pictures of a page in a window and on a phone, of these heights, by day and by night.
    pub(crate) fn pictures(&self, folder: &Path, name: &str, url: &str, (wide, high): (u32, u32)) {
        for (suffix, size, dark) in [
            ("", format!("1400,{wide}"), false),
            ("-dark", format!("1400,{wide}"), true),
            ("-phone", format!("390,{high}"), false),
            ("-phone-dark", format!("390,{high}"), true),
        ] {
            self.screenshot(folder, &format!("{name}{suffix}"), url, &size, dark);
        }
    }
}

/// Requirements for every page.
const RULES: &str = include_str!("page.js");

/// How a page is displayed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) is_phone: bool,
    pub(crate) is_dark: bool,
}

/// In a window and on a phone, by day and by night.
pub(crate) const VIEWS: [View; 4] = {
    const fn view(is_phone: bool, is_dark: bool) -> View {
        View { is_phone, is_dark }
    }
    [
        view(false, false),
        view(false, true),
        view(true, false),
        view(true, true),
    ]
};

impl Browser {
    /// The observations of a script that acts as a reader of a page and calls `tell`.
    pub(crate) fn read(&self, folder: &Path, page: &str, reader: &str, view: View) -> Value {
        let path = folder.join("read.html");
        // In a separate scope, because the page defines names as well.
        let reader = format!("<script>(() => {{{RULES}{reader}}})();</script></body>");
        fs::write(&path, page.replace("</body>", &reader)).unwrap();
        let url = match view.is_phone {
            true => phone_frame(folder, "read.html", 800),
            false => format!("file://{}", path.display()),
        };
        let mut arguments = vec!["--window-size=1400,900", "--dump-dom", &url];
        if view.is_dark {
            arguments.insert(0, DARK);
        }
        let drawn = self.run(folder, &arguments);
        let (_, rest) = drawn
            .split_once("<pre id=\"seen\">")
            .expect("the script has run");
        let seen = rest.split_once("</pre>").unwrap().0;
        let seen = seen
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&nbsp;", "\u{a0}")
            .replace("&amp;", "&");
        serde_json::from_str(&seen).unwrap()
    }
}

/// Fails if a page breaks a rule: contrast, keyboard, horizontal scrolling, requests to other
/// hosts.
#[track_caller]
pub(crate) fn check_rules(seen: &Value, view: View) {
    let rules = &seen["rules"];
    assert_eq!(rules["isDark"], view.is_dark, "{view:?}");
    let width = if view.is_phone { 390 } else { 1400 };
    assert_eq!(rules["width"], width, "{view:?}");
    let sideways = rules["sideways"].as_i64();
    assert!(sideways <= Some(0), "{view:?}: wider by {sideways:?}");
    for rule in ["faint", "unreachable", "broken", "outside", "narrow"] {
        let found = rules[rule].as_array().expect(rule);
        assert!(found.is_empty(), "{view:?}, {rule}: {found:#?}");
    }
}

/// The address of a frame around a page of the folder, as wide as a phone: 390 points, which is
/// narrower than a window of the browser can be.
pub(crate) fn phone_frame(folder: &Path, page: &str, height: u32) -> String {
    let frame = format!(
        "<!DOCTYPE html><meta name=\"color-scheme\" content=\"light dark\">\
         <body style=\"margin:0\">\
         <iframe src=\"{page}\" style=\"border:0;width:390px;height:{height}px\"></iframe>"
    );
    fs::write(folder.join("phone.html"), frame).unwrap();
    format!("file://{}", folder.join("phone.html").display())
}
