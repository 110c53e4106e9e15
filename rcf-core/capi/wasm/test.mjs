// The package against the bits of all interfaces. `node --test test.mjs` after rcf.wasm was built.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { DROP, RECORDS, value } from "./demo.js";
import { RcfError, load } from "./rcf.js";

const here = (path) => new URL(path, import.meta.url);
const rcf = await load(readFile(here("rcf.wasm")));
const lines = (await readFile(here("../../tests/bits/expected.csv"), "utf8")).trim().split("\n");
const parameters = (name) =>
  JSON.parse(lines.find((line) => line.startsWith(`# ${name} `)).slice(name.length + 3));
const cells = lines.slice(3).map((line) => line.split(","));
const rows = cells.map((row) => row.slice(0, 2).map(Number));

const bits = (value) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
};

test("the bits are those of all interfaces", () => {
  assert.equal(rows.length, 1000);
  let forest = new rcf.Forest(parameters("forest"));
  const scores = rows.slice(0, 500).map((row) => {
    const ahead = forest.score(row);
    assert.equal(forest.process(row), ahead);
    return ahead;
  });
  const saved = forest.save();
  forest.free();
  forest = rcf.Forest.load(saved);
  scores.push(...forest.processAll(rows.slice(500)));
  assert.deepEqual(scores.map(bits), cells.map((row) => row[2]));

  const detector = new rcf.Detector(parameters("detector"));
  const found = [...detector.processAll(rows.slice(0, 500)), ...rows.slice(500).map((row) => detector.process(row))];
  assert.deepEqual(found.map((it) => bits(it.score)), cells.map((row) => row[3]));
});

test("a spike in a ramp is found, with what was expected", () => {
  const detector = new rcf.Detector();
  const found = [];
  for (let t = 0; t < 950; t++) {
    const detection = detector.process(20 + (t % 24) + (t === 900 ? 50 : 0), t);
    if (detection.isAnomaly) found.push([t, detection.value, detection.direction]);
  }
  assert.deepEqual(found, [[900, 82, 1]]);
});

test("refusals are errors that change nothing, and models can be freed", () => {
  assert.throws(() => new rcf.Forest({ sample_sizes: 3 }), {
    name: "RcfError", status: 3, message: /^no parameter is called sample_sizes; there are input_dim/,
  });
  const forest = new rcf.Forest({ input_dimensions: 2 });
  const before = forest.save();
  assert.throws(() => forest.process([1]), { status: 2, message: "expected 2 values, got 1" });
  assert.throws(() => forest.process([1, NaN]), { status: 4, message: /^value 1 is not finite/ });
  assert.throws(() => forest.processAll([[1, 2], [3]]), RcfError);
  assert.throws(() => rcf.Forest.load(before.slice(1)), { status: 5 });
  assert.deepEqual(forest.save(), before);
  forest.free();
  forest.free();
  assert.throws(() => forest.process([1, 2]), /was freed/);
});

test("memory is given back", () => {
  const forest = new rcf.Forest({ number_of_trees: 5, sample_size: 32 });
  for (let t = 0; t < 100_000; t++) forest.process(t % 100);
  for (let i = 0; i < 200; i++) new rcf.Forest().free();
  assert.ok(forest.score(1e6) > forest.score(50));
});

test("the demo finds the drop", () => {
  const detector = new rcf.Detector({ seed: 7 });
  const found = [];
  for (let t = 0; t < RECORDS; t++) {
    if (detector.process(value(t)).isAnomaly) found.push(t);
  }
  assert.ok(found.length > 0 && found[0] >= DROP && found[0] < DROP + 8, `reported: ${found}`);
});
