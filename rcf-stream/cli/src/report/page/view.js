// What is in view: the large chart with its crosshair, and the strip below with its window.

const byId = (id) => document.getElementById(id);
const detail = byId("detail"), overview = byId("overview");

let view = data.focus ?? [xs[0], xs[last]];
let cursor = null; // index of the record under the crosshair
let pull = null; // range being drawn with the mouse across the curves
let large, small;
const readings = [];
let cross, flag, flagText, knobs, brush;

function drawDetail() {
  const tall = Math.max(120, Math.min(210, window.innerHeight * 0.26));
  large = draw(detail, view, { title: 30, height: tall, foot: 44, levels: true });
  const { left, right, bottom, places } = large;
  panels.forEach((panel, p) => {
    const y = places[p].top - 10;
    const name = add(detail, "text", { class: "name", x: left, y, style: `fill:var(--curve-${p % 4})` }, panel.name);
    if (panel.unit) add(name, "tspan", { style: "font-weight:400" }, ` (${panel.unit})`);
    readings[p] = add(detail, "text", { class: "reading", x: right, y, "text-anchor": "end" });
  });
  add(detail, "text", { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, data.x.label);
  if (pull) {
    const [a, b] = [large.toX(pull[0]), large.toX(pull[1])].sort((u, v) => u - v);
    add(detail, "rect", { class: "pull", x: a, y: 0, width: b - a, height: bottom });
  }
  cross = line(detail, "cross", 0, 24, 0, bottom);
  knobs = places.map((place) => add(detail, "circle", { class: "dot", r: 5, fill: place.colour }));
  flag = add(detail, "rect", { class: "flag", y: bottom + 3, height: 21, rx: 4 });
  flagText = add(detail, "text", { class: "flag-text", y: bottom + 18, "text-anchor": "middle" });
  drawCursor();
}

function drawCursor() {
  const shown = cursor !== null && xs[cursor] >= view[0] && xs[cursor] <= view[1];
  for (const node of [cross, flag, flagText, ...knobs]) node.style.display = shown ? "" : "none";
  readings.forEach((node, p) => { node.textContent = shown ? reading(panels[p].values[cursor]) : ""; });
  if (!shown) return;
  const x = large.toX(xs[cursor]);
  cross.setAttribute("x1", x);
  cross.setAttribute("x2", x);
  knobs.forEach((knob, p) => {
    const value = panels[p].values[cursor];
    if (value == null) { knob.style.display = "none"; return; }
    knob.setAttribute("cx", x);
    knob.setAttribute("cy", large.places[p].toY(value));
  });
  flagText.textContent = `${data.x.name} = ${reading(xs[cursor])}`;
  const half = flagText.getComputedTextLength() / 2 + 8;
  const middle = Math.min(Math.max(x, large.left + half - 40), large.right - half + 8);
  flagText.setAttribute("x", middle);
  flag.setAttribute("x", middle - half);
  flag.setAttribute("width", 2 * half);
}

function drawOverview() {
  small = draw(overview, [xs[0], xs[last]], { title: 6, height: 44, foot: 26, levels: false });
  brush = add(overview, "g", {});
  drawBrush();
}

function drawBrush() {
  const { left, right, bottom, toX } = small;
  const a = toX(view[0]), b = Math.max(toX(view[1]), a + 3);
  brush.replaceChildren();
  add(brush, "rect", { class: "shade", x: left, y: 0, width: Math.max(a - left, 0), height: bottom });
  add(brush, "rect", { class: "shade", x: b, y: 0, width: Math.max(right - b, 0), height: bottom });
  add(brush, "rect", { class: "window", x: a, y: 1, width: b - a, height: bottom - 2, rx: 3 });
  for (const x of [a, b]) {
    add(brush, "rect", { class: "handle", x: x - 3, y: bottom / 2 - 13, width: 6, height: 26, rx: 3 });
  }
}
