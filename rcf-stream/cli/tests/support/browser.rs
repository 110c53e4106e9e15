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
