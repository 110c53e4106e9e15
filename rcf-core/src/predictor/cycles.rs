//! The mean of past cycles, with a fading deviation.

use super::History;

/// Cycles that are averaged.
const CYCLES: usize = 3;
/// Weight of a cycle relative to the one after.
const KEEP: f64 = 0.95;
/// What is left of the newest value's deviation after each step.
const FADE: f64 = 0.7;

/// Forecasts the next values, as many as `forecast` has: at each step the mean of the values at
/// that phase of the last cycles, and what is left of how far the newest value lies from its own
/// mean. With a period of 0, or before a whole cycle, it is the last value.
pub(crate) fn forecast(history: &History, period: usize, forecast: &mut [f64]) {
    let values = history.values();
    let Some(&newest) = values.last() else {
        return;
    };
    // The mean at `step` observations after the newest one.
    let mean = |step: usize| {
        let (mut sum, mut weight, mut share) = (0.0, 0.0, 1.0);
        let first = step.div_ceil(period).max(1);
        for cycle in first..first + CYCLES {
            let Some(at) = (values.len() - 1 + step).checked_sub(cycle * period) else {
                break;
            };
            sum += share * values[at];
            weight += share;
            share *= KEEP;
        }
        (weight > 0.0).then_some(sum / weight)
    };
    let Some(expected) = (period > 0).then(|| mean(0)).flatten() else {
        forecast.fill(newest);
        return;
    };
    let mut deviation = newest - expected;
    for (step, value) in (1..).zip(forecast) {
        deviation *= FADE;
        *value = mean(step).map_or(newest, |mean| mean + deviation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast_of(values: &[f64], period: usize) -> [f64; 5] {
        let mut history = History::new(10);
        values.iter().for_each(|&value| history.push(value));
        let mut next = [0.0; 5];
        forecast(&history, period, &mut next);
        next
    }

    #[test]
    fn cycles_are_repeated_and_a_deviation_fades() {
        let cycle = [1.0, 5.0, 9.0];
        let values: Vec<f64> = (0..20).map(|t| cycle[t % 3]).collect();
        for (got, expected) in forecast_of(&values, 3)
            .iter()
            .zip([9.0, 1.0, 5.0, 9.0, 1.0])
        {
            assert!((got - expected).abs() < 1e-12);
        }
        let mut moved = values;
        moved[19] += 1.0;
        // The newest value is a part of the later cycle, and its deviation lasts.
        let got = forecast_of(&moved, 3);
        assert!((got[0] - 9.0 - FADE).abs() < 1e-12);
        assert!((got[1] - 1.0 - FADE * FADE).abs() < 1e-12);
        let share = 1.0 / (1.0 + KEEP + KEEP * KEEP);
        assert!((got[2] - 5.0 - FADE * FADE * FADE - share).abs() < 1e-12);
    }

    #[test]
    fn without_a_cycle_it_is_the_last_value() {
        assert_eq!(forecast_of(&[1.0, 2.0, 4.0], 0), [4.0; 5]);
        assert_eq!(forecast_of(&[1.0, 2.0, 4.0], 3), [4.0; 5]);
        let mut untouched = [7.0];
        forecast(&History::new(3), 2, &mut untouched);
        assert_eq!(untouched, [7.0]);
    }
}
