//! The picture of the noise floor in `docs/`, drawn from scores, and held to them.

use std::fmt::Write;

use rcf_core::RandomCutForest;

/// The scores of steps of 10⁻⁹ to 10¹ on a stream that is all but constant, without a floor and
/// with one of 10⁻³.
fn curves() -> [Vec<(f64, f64)>; 2] {
    [&[][..], &[1e-3]].map(|floor: &[f64]| {
        let builder = RandomCutForest::builder(1).noise_floor(floor).seed(1);
        let mut forest = builder.initial_accept_fraction(1.0).build().unwrap();
        for t in 0..2_000 {
            // Noise of a converter's last bit.
            forest.update(&[f64::from(t * 37 % 11) * 1e-9]).unwrap();
        }
        let step = |i: i32| 10f64.powf(f64::from(i) / 4.0);
        let score = |i| (f64::from(i) / 4.0, forest.score(&[1e-8 + step(i)]).unwrap());
        (-36..=4).map(score).collect()
    })
}

/// Decades from 10⁻⁹ to 10¹ across, scores from 0 to 8 upwards.
fn picture() -> String {
    let (x, y) = (
        |decade: f64| 50.0 + 54.0 * (decade + 9.0),
        |score: f64| 210.0 - 24.0 * score,
    );
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 260\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"640\" height=\"260\" fill=\"#fff\"/>\n",
    );
    for decade in (-9..=1).step_by(2) {
        let at = x(f64::from(decade));
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.0} 210V18\" stroke=\"#eee\"/><text x=\"{at:.0}\" y=\"226\" \
             text-anchor=\"middle\">10<tspan dy=\"-4\" font-size=\"9\">{decade}</tspan></text>"
        );
    }
    for score in (0..=8).step_by(2) {
        let at = y(f64::from(score));
        let _ = writeln!(
            svg,
            "<path d=\"M50 {at:.0}H590\" stroke=\"#eee\"/><text x=\"42\" y=\"{:.0}\" \
             text-anchor=\"end\">{score}</text>",
            at + 4.0
        );
    }
    let labels = [
        ("#b33", "no floor", 420.0, 12.0),
        ("#26a", "noise_floor 1e-3", 300.0, 190.0),
    ];
    for (curve, (color, name, left, top)) in curves().iter().zip(labels) {
        let points = curve
            .iter()
            .map(|&(decade, score)| format!("{:.1},{:.1}", x(decade), y(score)));
        let points: Vec<String> = points.collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\
             <text x=\"{left}\" y=\"{top}\" fill=\"{color}\">{name}</text>",
            points.join(" ")
        );
    }
    svg + "<text x=\"320\" y=\"250\" text-anchor=\"middle\">a step on a stream that only wiggles by \
           1e-8: its size, and its score</text>\n</svg>\n"
}

#[test]
fn the_picture_of_the_noise_floor_shows_the_scores() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/images/noise-floor.svg"
    );
    let drawn = picture();
    if std::env::var_os("RCF_DRAW").is_some() {
        std::fs::write(path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(path).expect("RCF_DRAW=1 draws it");
    assert!(
        kept == drawn,
        "docs/images/noise-floor.svg is not of these scores: RCF_DRAW=1 draws it again"
    );
    let [plain, floored] = curves();
    let at =
        |curve: &[(f64, f64)], decade: f64| curve.iter().find(|point| point.0 == decade).unwrap().1;
    assert!(at(&plain, -5.0) > 7.5 && at(&floored, -5.0) < 1.2);
    assert!(at(&plain, 0.0) > 7.5 && at(&floored, 0.0) > 7.5);
}
