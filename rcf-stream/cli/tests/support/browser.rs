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

    /// A picture of a page of the folder on a phone.
    pub(crate) fn phone(&self, folder: &Path, name: &str, page: &str, height: u32, dark: bool) {
        let url = phone_frame(folder, page, height);
        self.screenshot(folder, name, &url, &format!("500,{height}"), dark);
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
