// The curves of one key in the range in view, what is read at the cursor, and the strip below.

const charts = byId("charts"), strip = byId("strip"), readingAt = byId("reading");
const LEFT = 62, RIGHT = 8, TALL = 132, FIRST_COLUMNS = 5;

let key = 0;              // index of the key that is shown
let all = null;           // its curves
let view = [0, 1];        // the range in view
let cursor = null;        // the record that is read, counted from 0
let selected = null;      // the anomaly, or candidate, whose explanation is shown
let shownColumns = FIRST_COLUMNS;
let panels = [];          // what is drawn: [{ svg, column, toY, … }]

const marksOf = (k) => data.found.filter((it) => it.key === k);
const candidatesOf = (k) => data.suppressed.filter((it) => it.key === k);
const ends = () => [all.x[0], Math.max(all.single[all.single.length - 1], all.x[all.length - 1])];
const placeOf = (record) => (all.single.length === all.records ? all.single[record]
  : all.x[holder(all, record)]);
const recordAt = (x) => (all.single.length === all.records ? nearest(all.single, x)
  : all.record[nearest(all.x, x)]);

function toX(x) {
  const width = charts.clientWidth - LEFT - RIGHT;
  return LEFT + ((x - view[0]) / (view[1] - view[0] || 1)) * width;
}
const fromX = (px) => view[0] + ((px - LEFT) / (charts.clientWidth - LEFT - RIGHT)) * (view[1] - view[0]);

function columnsShown() {
  const named = selected && selected.key === key ? selected.columns.map(([column]) => column) : [];
  const order = [...new Set([...named, ...data.keys[key].order])];
  return order.slice(0, shownColumns);
}

function drawDetail() {
  if (!all) return;
  panels = [];
  charts.replaceChildren();
  for (const column of columnsShown()) {
    const { places, low, high } = shape(all, column), { range } = all.columns[column];
    const levels = extent(places, view, [low, high], [[range[0], range[1]]]);
    panel(data.columns[column].name, `curve-${panels.length % 3}`, levels, TALL, (svg, toY) => {
      add(svg, "path", { class: "band", d: area(all.x, range, view, toX, toY) });
      add(svg, "path", { class: "curve", d: path(places, low, high, view, toX, toY) });
      if (low !== high) add(svg, "path", { class: "curve", d: path(places, high, high, view, toX, toY) });
    }, (record, i) => {
      const { value } = valueAt(column, record, i);
      return [valueText(value, column), value, `expected ${rangeText(range.map((edge) => edge[i]), column)}`];
    });
  }
  const { x, score, threshold } = all;
  const levels = extent(x, view, [score, score], [[threshold, threshold]], 0);
  panel("Score", "curve-score", levels, 92, (svg, toY) => {
    add(svg, "path", { class: "curve", d: path(x, score, score, view, toX, toY) });
    add(svg, "path", { class: "limit", d: path(x, threshold, threshold, view, toX, toY) });
  }, (_, i) => [score[i].toFixed(2), score[i]]);
  drawAxis();
  drawStrip();
  drawCursor();
  const hidden = data.columns.length - shownColumns;
  byId("more-columns").hidden = hidden <= 0;
  byId("more-columns").textContent = `Show ${Math.min(hidden, 10)} more of ${data.columns.length} columns`;
  byId("shown").textContent = `${one ? "" : `${keyName(key)} · `}${axisName(...view)}`;
  drawPlace();
}
const keyName = (k) => data.keys[k].name || "(no key)";

// The value of a record; rounded if only the picture of it is kept.
function valueAt(column, record, i) {
  const { low, high, fine } = all.columns[column];
  if (all.counts[i] === 1) return { value: low[i], exact: true };
  if (fine) return { value: fine[record], exact: false };
  return { low: low[i], high: high[i], value: (low[i] + high[i]) / 2, exact: false };
}

function panel(name, className, [low, high], height, draw, read) {
  const node = element("div", undefined, `panel ${className}`);
  const head = element("div", undefined, "head");
  head.append(nameElement("span", name, "name"), element("span", "", "now"));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("height", height);
  node.append(head, svg);
  charts.append(node);
  const toY = (y) => Math.min(Math.max(height - 4 - ((y - low) / (high - low)) * (height - 8), -9), height + 9);
  const marks = ticks(low, high, height / 30), right = charts.clientWidth - RIGHT;
  for (const y of marks.values) {
    add(svg, "line", { class: "grid", x1: LEFT, x2: right, y1: toY(y), y2: toY(y) });
    add(svg, "text", { x: LEFT - 6, y: toY(y) + 4, "text-anchor": "end" }, grouped(y, marks));
  }
  const inside = add(svg, "svg", { x: LEFT, y: 0, width: Math.max(right - LEFT, 0), height });
  const group = add(inside, "g", { transform: `translate(${-LEFT} 0)` });
  for (const found of candidatesOf(key)) drawMark(group, found, "suppressed", height);
  for (const found of marksOf(key)) drawMark(group, found, found === selected ? "found selected" : "found", height);
  draw(group, toY);
  const cross = add(group, "line", { class: "cross", y1: 0, y2: height });
  const dot = add(group, "circle", { class: "dot", r: 4.5 });
  panels.push({ node, toY, read, cross, dot, now: head.lastChild });
}

function drawMark(group, found, className, height) {
  if (found.x < view[0] || found.x > view[1]) return;
  if (className === "suppressed" && !byId("suppressed").checked) {
    if (!panels.length) add(group, "path", { class: className, d: `M${toX(found.x) - 4} 0h8l-4 7z` });
    return;
  }
  add(group, "rect", { class: className, x: toX(found.x) - 2.5, y: 0, width: 5, height });
}

function drawAxis() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("height", 22);
  charts.append(svg);
  const width = charts.clientWidth;
  for (const { x, text } of placeTicks(...view, Math.max((width - LEFT) / 100, 2))) {
    const at = toX(x);
    if (at < LEFT - 1 || at > width) continue;
    add(svg, "line", { class: "axis", x1: at, x2: at, y1: 0, y2: 5 });
    add(svg, "text", { x: Math.min(at, width - 4 * text.length), y: 18, "text-anchor": "middle" }, text);
  }
}

function drawCursor() {
  const isShown = cursor !== null;
  const i = isShown ? holder(all, cursor) : 0, x = isShown ? placeOf(cursor) : 0;
  for (const { cross, dot, now, read, toY } of panels) {
    const [text, value, expected] = isShown ? read(cursor, i) : ["", NaN];
    now.textContent = text;
    if (expected) now.append(element("small", expected));
    cross.style.display = isShown ? "" : "none";
    dot.style.display = isShown && Number.isFinite(value) ? "" : "none";
    if (!isShown) continue;
    cross.setAttribute("x1", toX(x));
    cross.setAttribute("x2", toX(x));
    if (!Number.isFinite(value)) continue;
    dot.setAttribute("cx", toX(x));
    dot.setAttribute("cy", toY(value));
  }
  drawReading(i, x);
}

function drawReading(i, x) {
  readingAt.replaceChildren();
  if (cursor === null) {
    readingAt.append(element("p", "Point at the curves to read them.", "quiet"));
    return;
  }
  const found = [...marksOf(key), ...candidatesOf(key)].find((it) => it.record === cursor);
  readingAt.append(element("div", found ? timeName(found) : writeTime(x), "time"));
  const list = element("dl");
  const row = (name, value, more) => {
    const now = element("dd", value);
    if (more) now.append(element("small", more));
    list.append(nameElement("dt", name), now);
  };
  for (const column of columnsShown()) {
    const it = valueAt(column, cursor, i);
    const text = it.exact ? valueText(it.value, column)
      : it.low === undefined ? `≈ ${valueText(it.value, column)}` : rangeText([it.low, it.high], column);
    const range = all.columns[column].range.map((edge) => edge[i]);
    row(data.columns[column].name, text, `expected ${rangeText(range, column)}`);
  }
  const limit = all.threshold[i];
  row("Score", all.score[i].toFixed(2), Number.isFinite(limit) ? `threshold ${limit.toFixed(2)}` : "no threshold yet");
  readingAt.append(list);
  if (all.counts[i] > 1) readingAt.append(element("p", `expected range and score of ${all.counts[i]} records`, "quiet"));
  const why = found ? found.reason ? `Suppressed: ${found.reason}.` : found.text : "";
  readingAt.append(element("p", why, "why"));
}

function drawStrip() {
  const width = strip.clientWidth, height = 46, range = ends();
  const at = (x) => LEFT + ((x - range[0]) / (range[1] - range[0] || 1)) * (width - LEFT - RIGHT);
  strip.replaceChildren();
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("height", height + 20);
  strip.append(svg);
  const column = columnsShown()[0], { places, low, high } = shape(all, column);
  const [least, most] = extent(places, range, [low, high], []);
  const toY = (y) => height - ((y - least) / (most - least)) * height;
  for (const found of marksOf(key)) {
    add(svg, "rect", { class: "found", x: at(found.x) - 1.5, y: 0, width: 3, height });
  }
  add(svg, "path", { class: "curve", d: path(places, low, high, range, at, toY) });
  const [a, b] = [at(view[0]), Math.max(at(view[1]), at(view[0]) + 4)];
  add(svg, "rect", { class: "shade", x: LEFT, y: 0, width: Math.max(a - LEFT, 0), height });
  add(svg, "rect", { class: "shade", x: b, y: 0, width: Math.max(width - RIGHT - b, 0), height });
  add(svg, "rect", { class: "window", x: a, y: 0.5, width: b - a, height: height - 1, rx: 3 });
  for (const { x, text } of placeTicks(...range, Math.max((width - LEFT) / 110, 2))) {
    add(svg, "text", { x: Math.min(at(x), width - 4 * text.length), y: height + 16, "text-anchor": "middle" }, text);
  }
}

// Changes the range in view.
function show(start, end) {
  const [first, last] = ends(), least = 8 * (last - first) / Math.max(all.records - 1, 1);
  const span = Math.min(Math.max(end - start, least), last - first);
  const a = Math.min(Math.max((start + end - span) / 2, first), last - span);
  view = [a, a + span];
  drawDetail();
}
function zoom(factor, centre = cursor === null ? (view[0] + view[1]) / 2 : placeOf(cursor)) {
  const pin = Math.min(Math.max(centre, view[0]), view[1]);
  show(pin - (pin - view[0]) * factor, pin + (view[1] - pin) * factor);
}
