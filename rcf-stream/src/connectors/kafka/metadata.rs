//! The metadata of an offset, which names the checkpoint of the partition.

/// Distinguishes ours from that of other programs.
const PREFIX: &str = "rcf/1 ";

/// The metadata that names a manifest.
pub(super) fn of_manifest(manifest: &str) -> String {
    format!("{PREFIX}{manifest}")
}

/// The manifest that metadata names.
pub(super) fn manifest(metadata: &str) -> Option<String> {
    metadata.strip_prefix(PREFIX).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_comes_back_and_nothing_else_does() {
        let name = "manifests/00000000000000000012-00aa.rcf";
        let metadata = of_manifest(name);
        assert_eq!(metadata, format!("rcf/1 {name}"));
        assert_eq!(manifest(&metadata).as_deref(), Some(name));
        assert_eq!(manifest(""), None);
        assert_eq!(manifest("consumer-1"), None);
    }
}
