//! Chromium without a window, as Debian ships it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) struct Browser(&'static str);

impl Browser {
    /// `None`, with a message, where there is none.
    pub(crate) fn find() -> Option<Self> {
        let found = [
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
        ]
        .into_iter()
        .find(|path| Path::new(path).exists());
        if found.is_none() {
            eprintln!("skipped: there is no Chromium here (apt-get install chromium)");
        }
        found.map(Self)
    }

    /// What it writes to the standard output; it ends by itself.
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

    /// A picture of a page; kept where RCF_SCREENSHOTS names a folder, as for the documentation.
    pub(crate) fn screenshot(&self, folder: &Path, name: &str, url: &str, size: &str, dark: bool) {
        let kept = std::env::var_os("RCF_SCREENSHOTS").map_or(folder.to_owned(), Into::into);
        let file = kept.join(format!("{name}.png"));
        let screenshot = format!("--screenshot={}", file.display());
        let size = format!("--window-size={size}");
        let mut arguments = vec![screenshot.as_str(), &size, url];
        if dark {
            arguments.insert(0, "--blink-settings=preferredColorScheme=0");
        }
        self.run(folder, &arguments);
        let picture = fs::read(&file).unwrap();
        assert!(
            picture.starts_with(b"\x89PNG") && picture.len() > 10_000,
            "{name}"
        );
    }
}
