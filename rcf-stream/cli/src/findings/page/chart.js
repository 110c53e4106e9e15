// Drawing curves into SVG elements.

function add(parent, name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

// A text as nodes: a date is not broken at its hyphens, a name may be after / and _.
function dated(text) {
  return String(text).split(/(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})/).flatMap((part, index) => {
    if (index % 2 === 0) return part.split(/(?<=[/_])/).flatMap((it, at) => (at ? [document.createElement("wbr"), it] : it));
    const date = document.createElement("span");
    date.className = "date";
    date.textContent = part;
    return date;
  });
}

// An HTML element; its text is never markup.
function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.append(...dated(text));
  if (className) node.className = className;
  return node;
}

// A name of columns or keys, which may break after its separators.
function nameElement(tag, name, className) {
  const node = element(tag, undefined, className);
  for (const part of name.split(/(?<=[/_.:\\-])/)) node.append(part, document.createElement("wbr"));
  return node;
}

// The indices to draw: those in view, and one next to them at either end.
const inView = (places, [start, end]) =>
  [Math.max(lowerBound(places, start) - 1, 0), Math.min(lowerBound(places, end), places.length - 1)];

// A curve of values, or from lowest to highest; if they are dense, both for each pixel.
function path(places, low, high, range, toX, toY) {
  const [from, to] = inView(places, range);
  let d = "", pen = "M";
  const put = (x, value) => { d += pen + x.toFixed(1) + " " + toY(value).toFixed(1); pen = "L"; };
  for (let i = from; i <= to;) {
    const pixel = Math.floor(toX(places[i]));
    let least = Infinity, most = -Infinity, first = i, leastAt = i, mostAt = i;
    for (; i <= to && Math.floor(toX(places[i])) === pixel; i++) {
      if (low[i] < least) { least = low[i]; leastAt = i; }
      if (high[i] > most) { most = high[i]; mostAt = i; }
    }
    if (least === Infinity) { pen = "M"; continue; }
    const x = toX(places[leastAt === mostAt ? leastAt : first]);
    if (leastAt <= mostAt) put(x, least); else put(x, most);
    if (least !== most) { if (leastAt <= mostAt) put(x, most); else put(x, least); }
  }
  return d;
}

// The area between two curves, in the runs where both exist; each pixel once, at its widest.
function area(places, [low, high], range, toX, toY) {
  const [from, to] = inView(places, range), runs = [[]];
  for (let i = from; i <= to;) {
    const x = toX(places[i]), pixel = Math.floor(x);
    let least = Infinity, most = -Infinity;
    for (; i <= to && Math.floor(toX(places[i])) === pixel; i++) {
      if (low[i] < least) least = low[i];
      if (high[i] > most) most = high[i];
    }
    if (least === Infinity || most === -Infinity) { if (runs.at(-1).length) runs.push([]); continue; }
    runs.at(-1).push([x.toFixed(1), toY(least).toFixed(1), toY(most).toFixed(1)]);
  }
  return runs.filter((run) => run.length).map((run) => {
    const upper = run.map(([x, , y]) => `${x} ${y}`), lower = run.map(([x, y]) => `${x} ${y}`);
    return "M" + upper.concat(lower.reverse()).join("L") + "Z";
  }).join("");
}

// The lowest and the highest value in view of some curves, with a margin. The first curve is shown
// completely, the others as far as they stay near it.
function extent(places, range, [low, high], others, floor) {
  const [from, to] = inView(places, range);
  const ends = (least, most) => {
    let a = Infinity, b = -Infinity;
    for (let i = from; i <= to; i++) {
      if (least[i] < a) a = least[i];
      if (most[i] > b) b = most[i];
    }
    return [a, b];
  };
  let [a, b] = ends(low, high);
  if (a > b) [a, b] = [0, 1];
  const reach = (b - a) / 2 || Math.abs(a) / 2 || 1;
  for (const [least, most] of others) {
    const [c, d] = ends(least, most);
    if (Number.isFinite(c)) a = Math.min(a, Math.max(c, a - reach));
    if (Number.isFinite(d)) b = Math.max(b, Math.min(d, b + reach));
  }
  if (floor !== undefined) a = floor;
  const room = (b - a) * 0.06 || Math.abs(a) * 0.1 || 1;
  return [floor === undefined ? a - room : floor, b + room];
}

// What a column draws: each record, or the lowest and highest of buckets.
const shape = (all, column) => {
  const { low, high, fine } = all.columns[column];
  return fine ? { places: all.single, low: fine, high: fine } : { places: all.x, low, high };
};

// A small picture of a column over the whole file, with its anomalies.
function miniature(svg, all, column, marks, height) {
  const width = 240, { places, low, high } = shape(all, column);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const range = [all.x[0], all.x[all.length - 1]];
  const [least, most] = extent(places, range, [low, high], []);
  const toX = (x) => ((x - range[0]) / (range[1] - range[0] || 1)) * width;
  const toY = (y) => height - ((y - least) / (most - least)) * height;
  for (const mark of marks) {
    add(svg, "rect", { class: "found", x: toX(mark.x) - 1.5, y: 0, width: 3, height });
  }
  add(svg, "path", { class: "curve", d: path(places, low, high, range, toX, toY) });
}
