//! Standard output as a regular file, which other processes can truncate or delete.

#[cfg(not(unix))]
pub(super) use other::Redirected;
#[cfg(unix)]
pub(super) use unix::Redirected;

#[cfg(not(unix))]
mod other {
    use std::io;

    /// Not checked on this platform.
    #[derive(Debug)]
    pub(in super::super) struct Redirected;

    impl Redirected {
        pub(in super::super) fn of(_: &io::Stdout) -> Option<Self> {
            None
        }

        pub(in super::super) fn lost(&self) -> io::Result<Option<String>> {
            Ok(None)
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Seek};
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;

    /// A second descriptor of the same open file, which shares its position.
    #[derive(Debug)]
    pub(in super::super) struct Redirected {
        file: File,
        had_name: bool, // programs that start others make files without one
    }

    impl Redirected {
        /// `None` if the standard output is not a regular file.
        pub(in super::super) fn of(output: &io::Stdout) -> Option<Self> {
            let file = File::from(output.as_fd().try_clone_to_owned().ok()?);
            let metadata = file.metadata().ok()?;
            let had_name = metadata.nlink() > 0;
            metadata.is_file().then_some(Self { file, had_name })
        }

        /// What happened to written results, if they were lost. Writing after the end of a
        /// truncated file would fill the gap with zero bytes.
        pub(in super::super) fn lost(&self) -> io::Result<Option<String>> {
            let written = (&self.file).stream_position()?;
            let metadata = self.file.metadata()?;
            let what = if metadata.len() < written {
                format!(
                    "it has {} bytes, but {written} were written",
                    metadata.len()
                )
            } else if self.had_name && metadata.nlink() == 0 {
                "it was deleted".to_owned()
            } else {
                return Ok(None);
            };
            Ok(Some(format!(
                "{what}. To rotate results, write them to a file by its name, and rename it"
            )))
        }
    }
}
