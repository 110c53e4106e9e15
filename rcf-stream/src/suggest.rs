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
}
