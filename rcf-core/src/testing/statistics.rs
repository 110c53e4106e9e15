//! Hypothesis tests. Each returns or checks a p-value: the probability, under the stated law, of
//! data at least as far off as those seen. Seeds are fixed, so a test that passes once passes
//! always; the level only says how surprising data must be to count as a defect.

/// A law is rejected below this p-value.
pub(crate) const SIGNIFICANCE: f64 = 1e-4;

/// Asserts that counts follow a multinomial law with these probabilities (Pearson's χ²).
///
/// Classes with an expectation below 5, where χ² is a poor approximation, are merged into one.
pub(crate) fn assert_multinomial(what: &str, observed: &[u64], probabilities: &[f64]) {
    assert_multinomial_scaled(what, observed, probabilities, 1.0);
}

/// [`assert_multinomial`] for counts whose covariance is that of the multinomial law times `scale`.
pub(crate) fn assert_multinomial_scaled(
    what: &str,
    observed: &[u64],
    probabilities: &[f64],
    scale: f64,
) {
    assert_eq!(observed.len(), probabilities.len());
    let sum: f64 = probabilities.iter().sum();
    assert!(
        (sum - 1.0).abs() < 1e-9,
        "{what}: probabilities sum to {sum}"
    );
    let n = observed.iter().sum::<u64>() as f64;
    let p_value = chi_square_p_value(
        observed,
        &probabilities.iter().map(|p| p * n).collect::<Vec<_>>(),
        scale,
    );
    assert!(
        p_value >= SIGNIFICANCE,
        "{what}: p = {p_value:.1e}\nobserved {observed:?}\nexpected {:?}",
        probabilities.iter().map(|p| p * n).collect::<Vec<_>>()
    );
}

/// Asserts that two independent sets of counts follow one law (χ² of homogeneity).
pub(crate) fn assert_same_law(what: &str, a: &[u64], b: &[u64]) {
    assert_eq!(a.len(), b.len());
    let (total_a, total_b) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    let (mut statistic, mut classes) = (0.0, 0);
    for (&a, &b) in a.iter().zip(b).filter(|&(a, b)| a + b >= 10) {
        let pooled = (a + b) as f64 / (total_a + total_b);
        for (observed, total) in [(a, total_a), (b, total_b)] {
            statistic += (observed as f64 - pooled * total).powi(2) / (pooled * total);
        }
        classes += 1;
    }
    let p_value = chi_square_tail(statistic, f64::from(classes - 1));
    assert!(
        p_value >= SIGNIFICANCE,
        "{what}: p = {p_value:.1e}\n{a:?}\n{b:?}"
    );
}

/// The p-value of Pearson's χ²; classes with an expectation below 5 are merged.
fn chi_square_p_value(observed: &[u64], expected: &[f64], scale: f64) -> f64 {
    let (mut statistic, mut classes) = (0.0, 0);
    let mut rare = (0.0, 0.0);
    let mut add = |observed: f64, expected: f64| {
        statistic += (observed - expected).powi(2) / expected;
        classes += 1;
    };
    for (&observed, &expected) in observed.iter().zip(expected) {
        if expected >= 5.0 {
            add(observed as f64, expected);
        } else {
            rare = (rare.0 + observed as f64, rare.1 + expected);
        }
    }
    if rare.1 > 0.0 {
        add(rare.0, rare.1);
    } else if rare.0 > 0.0 {
        return 0.0; // The impossible was observed.
    }
    assert!(classes > 1, "one class tests nothing");
    chi_square_tail(statistic / scale, f64::from(classes - 1))
}

/// Asserts that a sample follows the law with this distribution function.
pub(crate) fn assert_kolmogorov_smirnov(what: &str, sample: &mut [f64], cdf: impl Fn(f64) -> f64) {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample.iter().enumerate().fold(0.0, |d: f64, (i, &x)| {
        let f = cdf(x);
        d.max(f - i as f64 / n).max((i + 1) as f64 / n - f)
    });
    let p_value = kolmogorov_tail(distance * (n.sqrt() + 0.12 + 0.11 / n.sqrt()));
    assert!(
        p_value >= SIGNIFICANCE,
        "{what}: distance {distance:.4}, p = {p_value:.1e}"
    );
}

/// Asserts that independent, identically distributed values have this mean (normal approximation;
/// `tests` is the number of such assertions made together, over which the level is shared).
pub(crate) fn assert_mean(what: &str, values: &[f64], mean: f64, tests: usize) {
    let n = values.len() as f64;
    let observed = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - observed).powi(2)).sum::<f64>() / (n - 1.0);
    let z = (observed - mean) / (variance / n).sqrt();
    let p_value = normal_p_value(z);
    assert!(
        p_value >= SIGNIFICANCE / tests as f64,
        "{what}: mean {observed:.5}, expected {mean:.5}, z = {z:.2}, p = {p_value:.1e}"
    );
}

/// Two-sided.
fn normal_p_value(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// P(χ² > x) with `k` degrees of freedom: the regularised incomplete gamma function Q(k/2, x/2).
fn chi_square_tail(x: f64, k: f64) -> f64 {
    let (a, x) = (k / 2.0, x / 2.0);
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - libm::lgamma(a)).exp();
    if x < a + 1.0 {
        // P by its power series.
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-15 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        1.0 - front * sum
    } else {
        // Q by its continued fraction (Lentz).
        let mut b = x + 1.0 - a;
        let (mut c, mut d) = (1e300, 1.0 / b);
        let mut h = d;
        for i in 1..10_000 {
            let i = f64::from(i);
            let an = -i * (i - a);
            b += 2.0;
            d = 1.0 / (an * d + b);
            c = b + an / c;
            h *= d * c;
            if (d * c - 1.0).abs() < 1e-14 {
                break;
            }
        }
        front * h
    }
}

/// P(K > x) of Kolmogorov's distribution.
fn kolmogorov_tail(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let term = |k: i32| f64::from(1 - 2 * (k % 2)) * (-2.0 * f64::from(k * k) * x * x).exp();
    (-2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles as any table of them has.
    #[test]
    fn tails_match_the_tables() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4 * b.max(1e-2), "{a} {b}");
        near(chi_square_tail(3.841_459, 1.0), 0.05);
        near(chi_square_tail(27.877_165, 9.0), 0.001);
        near(chi_square_tail(124.342_113, 100.0), 0.05);
        near(chi_square_tail(1.145_476, 5.0), 0.95);
        near(normal_p_value(1.959_964), 0.05);
        near(normal_p_value(3.290_527), 0.001);
        near(kolmogorov_tail(1.358_10), 0.05);
        near(kolmogorov_tail(1.949_47), 0.001);
    }

    #[test]
    fn a_wrong_law_is_rejected() {
        assert!(chi_square_p_value(&[600, 400], &[500.0, 500.0], 1.0) < 1e-9);
        assert!(chi_square_p_value(&[10, 1], &[11.0, 0.0], 1.0) == 0.0);
    }
}
