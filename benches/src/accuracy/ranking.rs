//! How well a score ranks anomalies above other rows.

/// Area under the ROC curve: the chance that an anomaly scores above a usual row, ties counting
/// half. NaN if either class is empty.
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

/// Average precision: the mean over anomalies of the precision at the threshold that admits them.
/// Rows of equal score are admitted together. NaN without anomalies.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> f64 {
    let anomalies = labels.iter().filter(|&&label| label).count() as f64;
    let (mut admitted, mut hits, mut sum) = (0.0, 0.0, 0.0);
    for tied in descending(scores).chunk_by(|&a, &b| scores[a] == scores[b]) {
        let new = tied.iter().filter(|&&row| labels[row]).count() as f64;
        admitted += tied.len() as f64;
        hits += new;
        sum += new * hits / admitted;
    }
    sum / anomalies
}

/// Volume under the surface of precision and recall over thresholds and buffers (Paparrizos et al.,
/// *Volume Under the Surface*, VLDB 2022), the mean over the buffers 0 to `largest`.
///
/// A buffer softens the labels on both sides of each anomaly, so that a score that is high a few
/// rows too early or too late still counts. Recall is weighted by the share of anomalies of which
/// at least one row is admitted. 250 thresholds, at equal steps of rank, as in the authors' code.
pub fn vus_pr(scores: &[f64], labels: &[bool], largest: usize) -> f64 {
    const THRESHOLDS: usize = 250;
    let rows = scores.len();
    let order = descending(scores);
    // Rows that each threshold admits: all whose score is at least that of the row at its rank.
    let mut admitted = Vec::with_capacity(THRESHOLDS);
    for i in 0..THRESHOLDS {
        let rank = (i * (rows - 1)) / (THRESHOLDS - 1);
        let threshold = scores[order[rank]];
        let beyond = order[rank..].partition_point(|&row| scores[row] >= threshold);
        admitted.push(rank + beyond);
    }
    let anomalies = labels.iter().filter(|&&label| label).count() as f64;
    let mut sum = 0.0;
    for buffer in 0..=largest {
        let soft = softened(labels, buffer);
        let mass: f64 = soft.iter().sum();
        // The anomaly of each row, counted from 1, and the rank at which each is first admitted.
        let mut first = Vec::new();
        let mut anomaly = vec![usize::MAX; rows];
        for row in 0..rows {
            if soft[row] > 0.0 {
                if row == 0 || soft[row - 1] == 0.0 {
                    first.push(rows);
                }
                anomaly[row] = first.len() - 1;
            }
        }
        for (rank, &row) in order.iter().enumerate() {
            if let Some(first) = first.get_mut(anomaly[row]) {
                *first = rank.min(*first);
            }
        }
        let positives = f64::midpoint(anomalies, mass);
        let (mut rank, mut hits, mut recall, mut area) = (0, 0.0, 0.0, 0.0);
        for &count in &admitted {
            while rank < count {
                hits += soft[order[rank]];
                rank += 1;
            }
            let seen = first.iter().filter(|&&first| first < count).count() as f64;
            let next = f64::min(hits / positives, 1.0) * seen / first.len() as f64;
            area += (next - recall) * hits / count as f64;
            recall = next;
        }
        sum += area;
    }
    sum / (largest + 1) as f64
}

/// Labels as numbers that fall off by the square root over half a buffer on each side.
fn softened(labels: &[bool], buffer: usize) -> Vec<f64> {
    let rows = labels.len();
    let mut soft: Vec<f64> = labels
        .iter()
        .map(|&label| f64::from(u8::from(label)))
        .collect();
    let slope = |distance: usize| (1.0 - distance as f64 / buffer.max(1) as f64).sqrt();
    for row in (0..rows).filter(|&row| labels[row]) {
        let is_first = row == 0 || !labels[row - 1];
        let is_last = row + 1 == rows || !labels[row + 1];
        for distance in 1..=buffer / 2 {
            if is_first && distance <= row {
                soft[row - distance] += slope(distance);
            }
            if is_last && row + distance < rows {
                soft[row + distance] += slope(distance);
            }
        }
    }
    soft.iter_mut().for_each(|label| *label = label.min(1.0));
    soft
}

fn descending(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

#[cfg(test)]
mod tests {
    use super::{auc, average_precision, softened, vus_pr};

    #[test]
    fn auc_counts_ordered_pairs() {
        let labels = [false, true, false, true];
        assert_eq!(auc(&[0.0, 1.0, 0.5, 2.0], &labels), 1.0);
        assert_eq!(auc(&[3.0, 1.0, 2.5, 2.0], &labels), 0.0);
        assert_eq!(auc(&[1.0; 4], &labels), 0.5);
        assert_eq!(auc(&[0.0, 1.0, 1.0, 2.0], &labels), 0.875);
    }

    #[test]
    fn average_precision_admits_ties_together() {
        let labels = [false, true, false, true];
        assert_eq!(average_precision(&[0.0, 1.0, 0.5, 2.0], &labels), 1.0);
        // Ranks 1 and 4: (1/1 + 2/4) / 2.
        assert_eq!(average_precision(&[2.0, 0.0, 1.0, 3.0], &labels), 0.75);
        assert_eq!(average_precision(&[1.0; 4], &labels), 0.5);
    }

    #[test]
    fn labels_soften_over_half_a_buffer() {
        let labels = [false, false, false, true, true, false, false];
        let soft = softened(&labels, 4);
        let (near, far) = (0.75f64.sqrt(), 0.5f64.sqrt());
        assert_eq!(soft, [0.0, far, near, 1.0, 1.0, near, far]);
        assert_eq!(softened(&labels, 1), softened(&labels, 0));
    }

    /// Figures of a second program that follows the definition, threshold by threshold.
    #[test]
    fn volumes_are_those_of_an_independent_program() {
        let is_anomaly =
            |row: &usize| *row < 3 || (400..450).contains(row) || (700..705).contains(row);
        let labels: Vec<bool> = (0..1000).map(|row| is_anomaly(&row)).collect();
        let scores: Vec<f64> = (0..1000)
            .map(|row: usize| {
                let late = if (452..460).contains(&row) { 0.9 } else { 0.0 };
                let noise = ((row * 37) % 101) as f64 / 101.0;
                noise + 0.8 * f64::from(u8::from(labels[row])) + late
            })
            .collect();
        let figures = [
            (0, 0.7462810547116436),
            (20, 0.7371153051179016),
            (100, 0.6805444770282172),
        ];
        for (buffer, expected) in figures {
            let volume = vus_pr(&scores, &labels, buffer);
            assert!((volume - expected).abs() < 1e-9, "{buffer}: {volume}");
        }
        // An uninformative score has the base rate.
        let blind = vus_pr(&[1.0; 1000], &labels, 0);
        assert!((blind - 0.058).abs() < 1e-12, "{blind}");
    }
}
