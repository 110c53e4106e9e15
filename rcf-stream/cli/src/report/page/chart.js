// Draws curves, marks and limits into an SVG element.

function add(parent, name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}
const line = (parent, cls, x1, y1, x2, y2) => add(parent, "line", { class: cls, x1, y1, x2, y2 });

// The curve between two records; if records are dense, the lowest and highest of each pixel.
function path(values, from, to, toX, toY, width) {
  let d = "", pen = "M";
  const put = (i) => {
    if (values[i] == null) { pen = "M"; return; }
    d += pen + toX(xs[i]).toFixed(1) + " " + toY(values[i]).toFixed(1);
    pen = "L";
  };
  if (to - from <= 2 * width) {
    for (let i = from; i <= to; i++) put(i);
    return d;
  }
  for (let i = from; i <= to;) {
    const column = Math.floor(toX(xs[i]));
    let low = i, high = i;
    for (; i <= to && Math.floor(toX(xs[i])) === column; i++) {
      if (values[i] == null) continue;
      if (values[low] == null || values[i] < values[low]) low = i;
      if (values[high] == null || values[i] > values[high]) high = i;
    }
    put(Math.min(low, high));
    if (low !== high) put(Math.max(low, high));
  }
  return d;
}

// The area between two curves, in the runs where both exist; each pixel once.
function area([low, high], from, to, toX, toY) {
  const runs = [[]];
  let column = null;
  for (let i = from; i <= to; i++) {
    if (low[i] == null || high[i] == null) { if (runs.at(-1).length) runs.push([]); continue; }
    const x = toX(xs[i]);
    if (Math.floor(x) === column) continue;
    column = Math.floor(x);
    runs.at(-1).push([x.toFixed(1), toY(low[i]).toFixed(1), toY(high[i]).toFixed(1)]);
  }
  return runs.filter((run) => run.length).map((run) => {
    const upper = run.map(([x, , y]) => `${x} ${y}`), lower = run.map(([x, y]) => `${x} ${y}`);
    return "M" + upper.concat(lower.reverse()).join("L") + "Z";
  }).join("");
}

// Stacked panels over one x axis; returns their positions.
function draw(svg, [start, end], style) {
  const width = svg.clientWidth;
  // As wide as the longest of its numbers, with about eight pixels for a digit.
  const levels = panels.map(({ range: [low, high] }) => ticks(low, high, style.height / 45));
  const digits = levels.flatMap((it) => it.values.map((value) => grouped(value, it).length));
  const left = Math.max(46, 14 + 8 * Math.max(...digits)), right = width - 10, bottom = panels.length * (style.title + style.height);
  const toX = (x) => left + ((x - start) / (end - start || 1)) * (right - left);
  const toStart = (px) => start + ((px - left) / (right - left)) * (end - start);
  svg.replaceChildren();
  svg.setAttribute("height", bottom + style.foot);
  svg.setAttribute("viewBox", `0 0 ${width} ${bottom + style.foot}`);
  const clip = `${svg.id}-clip`;
  add(add(svg, "clipPath", { id: clip }), "rect",
    { x: left, y: 0, width: Math.max(right - left, 0), height: bottom });
  const inside = add(svg, "g", { "clip-path": `url(#${clip})` });

  const steps = ticks(start, end, (right - left) / 110);
  for (const x of steps.values) {
    for (let p = 0; p < panels.length; p++) {
      const y = p * (style.title + style.height) + style.title;
      line(inside, "grid", toX(x), y, toX(x), y + style.height);
    }
    add(svg, "text", { x: toX(x), y: bottom + 18, "text-anchor": "middle" }, grouped(x, steps));
  }
  const from = Math.max(lowerBound(start) - 1, 0), to = Math.min(lowerBound(end), last);
  const places = panels.map((panel, p) => {
    const top = p * (style.title + style.height) + style.title, base = top + style.height;
    const [low, high] = panel.range;
    const toY = (y) => base - ((y - low) / (high - low)) * style.height;
    if (style.levels) {
      for (const y of levels[p].values) {
        line(inside, "grid", left, toY(y), right, toY(y));
        add(svg, "text", { x: left - 7, y: toY(y) + 4, "text-anchor": "end" }, grouped(y, levels[p]));
      }
    }
    for (const mark of marks) {
      if (mark.end < start || mark.start > end) continue;
      const half = spacing / 2, x = toX(mark.start - half);
      add(inside, "rect", { class: "mark", x, y: top, height: style.height,
        width: Math.max(toX(mark.end + half) - x, 2) });
    }
    line(svg, "axis", left, base, right, base);
    const colour = `var(--curve-${p % 4})`;
    if (panel.band) {
      add(inside, "path", { class: "band", fill: colour, d: area(panel.band, from, to, toX, toY) });
    }
    add(inside, "path", { class: "curve", stroke: colour,
      d: path(panel.values, from, to, toX, toY, right - left) });
    if (style.levels && panel.limit) {
      const y = toY(panel.limit.value);
      line(inside, "limit", left, y, right, y);
      add(inside, "text", { class: "halo", x: right - 4, y: y - 6, "text-anchor": "end" },
        `${panel.limit.label} ${reading(panel.limit.value, 3)}`);
    }
    if (style.levels) dots(inside, panel.values, from, to, toX, toY, colour);
    return { top, base, toY, colour, values: panel.values };
  });
  return { svg, left, right, bottom, toX, toStart, places };
}

// Single records become visible when they are separated, marked ones earlier.
function dots(parent, values, from, to, toX, toY, colour) {
  const apart = (toX(xs[to]) - toX(xs[from])) / Math.max(to - from, 1);
  const dot = (i, r) => values[i] != null && add(parent, "circle",
    { cx: toX(xs[i]).toFixed(1), cy: toY(values[i]).toFixed(1), r, fill: colour });
  if (apart >= 7) for (let i = from; i <= to; i++) dot(i, 2);
  if (apart < 1.2) return;
  for (const mark of marks) {
    for (let i = Math.max(lowerBound(mark.start), from); i <= to && xs[i] <= mark.end; i++) {
      dot(i, Math.min(1.2 + apart / 2, 4));
    }
  }
}
