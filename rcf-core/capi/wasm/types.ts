// Code of users as the type checker sees it: compiled by a test, never run.

import { RcfError, load } from "./rcf.js";
import type { CategoryEncoder, Detection, Detector, Forest, Rcf } from "./rcf.js";

const rcf: Rcf = await load(fetch("rcf.wasm"));
const version: string = rcf.version;

const forest: Forest = new rcf.Forest({ input_dimensions: 2, shingle_size: 4, noise_floor: [0.1, 0] });
const score: number = forest.process([1, 2]) + forest.score(new Float32Array(2));
const scores: Float64Array = forest.processAll([[1, 2], [3, 4]]);
const flat: Float64Array = forest.scoreAll(new Float64Array(4));

const detector: Detector = rcf.Detector.load(new rcf.Detector().save());
const found: Detection = detector.process(1.5, 1_700_000_000);
if (found.isAnomaly && found.suppressed === null) {
  const reason: "drift" | null = null;
  console.log(found.expected.toFixed(2), found.suppressed === reason, version, score, scores, flat);
}
const all: Detection[] = detector.processAll([1, 2, 3]);
all.forEach(({ grade, relativeIndex }) => console.log(grade + relativeIndex));
const skipped: number = all.filter(({ unlearned }) => unlearned === true).length;
detector.unmarkNormal(detector.markNormal(found));
const encoder: CategoryEncoder = new rcf.CategoryEncoder({ capacity: 100 });
const surprise: number = encoder.process("GET") + encoder.surprise("TRACE");
detector.process([surprise, found.isStretch ? 1 : skipped]);
try {
  detector.free();
} catch (error) {
  if (error instanceof RcfError) console.log(error.status + 1, error.message);
}

// @ts-expect-error: a text is not an observation
detector.process("1.5");
// @ts-expect-error: a score is a number
forest.process([1, 2]).isAnomaly;
// @ts-expect-error: sizes are numbers
new rcf.Forest({ shingle_size: "4" });
// @ts-expect-error: there is no such reason
found.suppressed === "bored";
// @ts-expect-error: a category is a string
encoder.process(1);
// @ts-expect-error: bytes, not a text
rcf.Forest.load("bytes");
// @ts-expect-error: a detection has no such field
found.anomaly;
