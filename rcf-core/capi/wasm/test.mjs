// The package against the bits of all interfaces. `node --test test.mjs` after rcf.wasm was built.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("the example of the README runs as it stands", async () => {
  const readme = await readFile(here("README.md"), "utf8");
  const example = readme.split("```js\n")[1].split("```")[0];
  const [first, ...rest] = example.split("\n");
  assert.equal(first, 'import { load } from "rcf-wasm";');
  const fetched = 'fetch(new URL("rcf.wasm", import.meta.url))';
  assert.ok(example.includes(fetched));
  const code = rest.join("\n").replace(fetched, "bytes"); // as its comment says for Node
  const values = Array.from({ length: 950 }, (_, t) => 20 + (t % 24) + (t === 900 ? 50 : 0));
  const said = [];
  const AsyncFunction = (async () => {}).constructor;
  const run = new AsyncFunction("load", "bytes", "values", "console", code);
  await run(load, readFile(here("rcf.wasm")), values, { log: (...words) => said.push(words) });
  assert.ok(said.some(([value]) => value === 82), JSON.stringify(said));
  assert.ok(said.length < 4, JSON.stringify(said));
});

test("what is marked as normal is suppressed until the mark is taken back", () => {
  const detector = new rcf.Detector({ seed: 7 });
  const reported = [];
  for (let t = 0; t < 1500; t++) {
    const found = detector.process(Math.sin(t / 8) + (t % 500 === 499 ? 4 : 0));
    if (t === 100) assert.throws(() => detector.markNormal(found), { name: "RcfError", status: 4 });
    if (t % 500 !== 499) continue;
    reported.push([found.isAnomaly, found.suppressed]);
    if (t === 499) assert.equal(detector.markNormal(found), 0);
    if (t === 999) detector.unmarkNormal(0);
  }
  assert.deepEqual(reported, [[true, null], [false, "marked_normal"], [true, null]]);
  assert.throws(() => detector.unmarkNormal(0), { status: 4, message: "no mark has the number 0" });
});

test("detections say what was not learned", () => {
  const noise = (seed) => (Math.sin(seed * 12.9898) * 43758.5453) % 1;
  const rows = Array.from({ length: 2500 }, (_, t) => {
    const level = t >= 2000 && t < 2300 ? 4 : 0;
    return [level + noise(2 * t), level + noise(2 * t + 1)];
  });
  const found = new rcf.Detector({ input_dimensions: 2 }).processAll(rows);
  const inside = found.slice(2000, 2300).filter((it) => it.unlearned).length;
  assert.ok(inside > 100, `${inside} of 300`);
});

test("a new category is surprising", () => {
  const encoder = new rcf.CategoryEncoder();
  for (let t = 0; t < 1000; t++) encoder.process(["GET", "POST", "GET"][t % 3]);
  assert.ok(encoder.surprise("GET") < 0.5 && encoder.surprise("") > 5);
  const again = rcf.CategoryEncoder.load(encoder.save());
  assert.equal(again.process("Prüfung"), encoder.process("Prüfung"));
  assert.throws(() => new rcf.CategoryEncoder({ capacity: 0 }), { status: 3 });
  encoder.free();
  assert.throws(() => encoder.process("GET"), /the category encoder was freed/);
});

test("refusals are errors that change nothing, and models can be freed", () => {
  assert.throws(() => new rcf.Forest({ sample_sizes: 3 }), {
    name: "RcfError", status: 3, message: /^unknown parameter sample_sizes; known parameters are input_dim/,
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

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browser = BROWSERS.find(existsSync);

// In the browser: the bits of the scores, as the file has them, sent back.
const BITS = `<!doctype html><script type="module">
  import { load } from "./rcf.js";
  const given = await (await fetch("given.json")).json();
  const rcf = await load(fetch("rcf.wasm"));
  const forest = new rcf.Forest(given.forest);
  const detector = new rcf.Detector(given.detector);
  const view = new DataView(new ArrayBuffer(8));
  const bits = (value) => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  };
  const found = given.rows.map((row) => bits(forest.process(row)) + "," + bits(detector.process(row).score));
  await fetch("found", { method: "POST", body: found.join("\\n") });
</script>`;

// Sends back what the demo says, once it says something.
const WATCH = `<script type="module">
  const said = document.getElementById("said");
  while (said.textContent === "Loading.") await new Promise((next) => setTimeout(next, 50));
  await fetch("found", { method: "POST", body: said.textContent });
</script>`;

/** What a page of this folder sends back from Chromium, within two minutes. */
async function open(page) {
  const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm", json: "application/json" };
  const made = {
    "/bits.html": BITS,
    "/demo.html": (await readFile(here("demo.html"), "utf8")) + WATCH,
    "/given.json": JSON.stringify({ forest: parameters("forest"), detector: parameters("detector"), rows }),
  };
  let found;
  const sent = new Promise((done) => (found = done));
  const server = createServer(async (request, response) => {
    const type = types[request.url.split(".").pop()] ?? "text/plain";
    try {
      if (request.method === "POST") {
        const parts = [];
        for await (const part of request) parts.push(part);
        response.writeHead(204).end();
        found(Buffer.concat(parts).toString());
      } else {
        const body = made[request.url] ?? (await readFile(here(`.${request.url}`)));
        response.writeHead(200, { "content-type": type }).end(body);
      }
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const profile = await mkdtemp(join(tmpdir(), "rcf-wasm-"));
  const flags = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${profile}`,
  ];
  const url = `http://127.0.0.1:${server.address().port}/${page}`;
  const child = spawn(browser, [...flags, url], { stdio: "ignore" });
  const ended = new Promise((done) => child.once("exit", done));
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${page} sent nothing back`)), 120_000);
  });
  try {
    return await Promise.race([sent, late]);
  } finally {
    clearTimeout(timer);
    child.kill();
    await ended;
    server.close();
    server.closeAllConnections();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const inBrowser = { skip: browser === undefined && "Chromium is not installed (apt-get install chromium)" };

test("a browser gives the bits of all interfaces", inBrowser, async () => {
  const text = await open("bits.html");
  assert.deepEqual(text.split("\n"), cells.map((row) => `${row[2]},${row[3]}`));
});

test("the demo finds the drop in a browser", inBrowser, async () => {
  assert.match(await open("demo.html"), /^Record 140\d: -?\d+\.\d\d where .* was expected/);
});

test("the types are those of the package", async (context) => {
  const tsc = ["--yes", "--package", "typescript@5.9.3", "--", "tsc", "--noEmit", "--strict", "--module", "nodenext"];
  const options = ["--target", "es2022", "--lib", "es2022,dom", "types.ts"];
  const child = spawn("npx", [...tsc, ...options], { cwd: here("."), timeout: 180_000 });
  let said = "";
  child.stdout.on("data", (data) => (said += data));
  child.stderr.on("data", (data) => (said += data));
  const code = await new Promise((resolve) => {
    child.on("error", () => resolve("no npx"));
    child.on("close", resolve);
  });
  if (code !== 0 && !said.includes("error TS")) {
    return context.skip(`needs npm and the package typescript: ${code} ${said.slice(-200)}`);
  }
  assert.equal(code, 0, said);
});
