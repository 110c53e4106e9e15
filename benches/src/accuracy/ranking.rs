//! How well a score ranks anomalies before the rest.

/// Area under the ROC curve: the chance that an anomaly scores above a usual row, ties counting
/// half. NaN if one of both classes is empty.
pub fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut below, mut pairs) = (0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let anomalies = tied.iter().filter(|&&row| labels[row]).count() as f64;
        let usual = tied.len() as f64 - anomalies;
        pairs += anomalies * (below + 0.5 * usual);
        below += usual;
    }
    let anomalies = labels.iter().filter(|&&label| label).count() as f64;
    pairs / (anomalies * below)
}

#[cfg(test)]
mod tests {
    use super::auc;

    #[test]
    fn auc_counts_ordered_pairs() {
        let labels = [false, true, false, true];
        assert_eq!(auc(&[0.0, 1.0, 0.5, 2.0], &labels), 1.0);
        assert_eq!(auc(&[3.0, 1.0, 2.5, 2.0], &labels), 0.0);
        assert_eq!(auc(&[1.0; 4], &labels), 0.5);
        assert_eq!(auc(&[0.0, 1.0, 1.0, 2.0], &labels), 0.875);
    }
}
