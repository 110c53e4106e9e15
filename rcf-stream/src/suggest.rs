//! Suggestions for misspelled names.

/// The candidate that is most likely meant, if any is close enough to be a misspelling.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(feature = "pipeline")]
/// Last words of settings by the words that other programs use for them.
const SYNONYMS: [(&str, &str); 8] = [
    ("type", "kind"),
    ("connector", "kind"),
    ("file", "path"),
    ("filename", "path"),
    ("separator", "delimiter"),
    ("columns", "values"),
    ("time", "timestamp"),
    ("url", "endpoint_url"),
];

/// The setting that is most likely meant: one with another word of the same meaning at the end, or
/// the closest.
#[cfg(feature = "pipeline")]
pub(crate) fn meant<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    synonym(word, candidates.clone()).or_else(|| closest(word, candidates))
}

/// The setting that ends with another word of the same meaning, whatever its marks and its case.
#[cfg(feature = "pipeline")]
pub(crate) fn synonym<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['.', '-'], "_");
    let word = plain(word);
    SYNONYMS.iter().find_map(|(other, ours)| {
        let begin = word.strip_suffix(other).filter(|it| it.ends_with('_'))?;
        let meant = format!("{begin}{ours}");
        candidates.clone().into_iter().find(|it| plain(it) == meant)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_are_found_and_other_words_are_not() {
        let known = ["sample_size", "shingle_size", "seed"];
        assert_eq!(closest("sampel_size", known), Some("sample_size"));
        assert_eq!(closest("seeed", known), Some("seed"));
        assert_eq!(closest("retention", known), None);
    }

    #[cfg(feature = "pipeline")]
    #[test]
    fn words_of_the_same_meaning_come_before_close_ones() {
        let known = ["sink.kind", "sink.topic", "sink.path"];
        assert_eq!(meant("sink.type", known), Some("sink.kind"));
        assert_eq!(meant("sink.file", known), Some("sink.path"));
        assert_eq!(meant("sink.topik", known), Some("sink.topic"));
        assert_eq!(
            meant("RCF_SINK_TYPE", ["RCF_SINK_KIND"]),
            Some("RCF_SINK_KIND")
        );
        assert_eq!(synonym("sink.topik", known), None);
        assert_eq!(synonym("prototype", known), None);
    }
}
