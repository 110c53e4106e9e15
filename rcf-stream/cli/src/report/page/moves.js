// Buttons, keys and pointers.

const closest = 8 * spacing; // the shortest range that can be zoomed to

function show(start, end) {
  const span = Math.min(Math.max(end - start, closest), xs[last] - xs[0]);
  const middle = (start + end) / 2;
  const a = Math.min(Math.max(middle - span / 2, xs[0]), xs[last] - span);
  view = [a, a + span];
  drawDetail();
  drawBrush();
  drawPlace();
}
const whole = () => show(xs[0], xs[last]);
function zoom(factor, centre = cursor === null ? (view[0] + view[1]) / 2 : xs[cursor]) {
  const pin = Math.min(Math.max(centre, view[0]), view[1]);
  show(pin - (pin - view[0]) * factor, pin + (view[1] - pin) * factor);
}
function toMark(k) {
  const mark = marks[k], width = data.focus ? data.focus[1] - data.focus[0] : 0;
  const room = Math.max(width, (mark.end - mark.start) * 1.5, closest * 4) / 2;
  const middle = (mark.start + mark.end) / 2;
  show(middle - room, middle + room);
}
// The mark in sight nearest to the middle, or the two that the middle lies between.
function around() {
  const middle = (view[0] + view[1]) / 2;
  const seen = marks.map((mark, k) => ({ k, far: Math.abs((mark.start + mark.end) / 2 - middle), mark }))
    .filter(({ mark }) => mark.end >= view[0] && mark.start <= view[1])
    .sort((a, b) => a.far - b.far);
  const after = marks.findIndex((mark) => mark.start > middle);
  const next = after < 0 ? marks.length : after;
  return seen.length && seen[0].far < (view[1] - view[0]) / 4 && seen.length < 3
    ? { here: seen[0].k, previous: seen[0].k - 1, next: seen[0].k + 1 }
    : { here: null, previous: next - 1, next };
}
function drawPlace() {
  if (!marks.length) return;
  const { here, previous, next } = around(), name = marks[here ?? 0].label;
  byId("mark-place").textContent = here === null
    ? `${marks.length} × ${name}` : `${name} · ${here + 1} of ${marks.length}`;
  byId("previous").disabled = previous < 0;
  byId("next").disabled = next >= marks.length;
}

byId("previous").onclick = () => toMark(around().previous);
byId("next").onclick = () => toMark(around().next);
byId("zoom-in").onclick = () => zoom(0.5);
byId("zoom-out").onclick = () => zoom(2);
byId("whole").onclick = whole;
byId("mark-buttons").hidden = !marks.length;
for (const button of document.querySelectorAll("button[data-mark]")) {
  button.onclick = () => {
    toMark(Number(button.dataset.mark));
    detail.scrollIntoView({ block: "nearest" });
  };
}

const place = (chart, event) => {
  const px = event.clientX - chart.svg.getBoundingClientRect().left;
  return chart.toStart(Math.min(Math.max(px, chart.left), chart.right));
};
detail.onpointerdown = (event) => {
  if (event.button !== 0) return;
  detail.setPointerCapture(event.pointerId);
  if (event.pointerType === "mouse") pull = [place(large, event), place(large, event)];
  else detail.onpointermove(event);
};
detail.onpointermove = (event) => {
  const x = place(large, event);
  cursor = nearest(x);
  if (!pull) { drawCursor(); return; }
  pull[1] = x;
  drawDetail();
};
detail.onpointerup = () => {
  if (!pull) return;
  const [a, b] = pull.sort((u, v) => u - v);
  pull = null;
  if (large.toX(b) - large.toX(a) > 6) show(a, b); else drawDetail();
};
detail.onpointercancel = () => { pull = null; drawDetail(); };
detail.onpointerleave = () => { if (!pull) { cursor = null; drawCursor(); } };
detail.ondblclick = whole;
detail.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return; // a plain wheel scrolls the page; a pinch arrives with ctrl
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 150), place(large, event));
}, { passive: false });
detail.onkeydown = (event) => {
  const from = lowerBound(view[0]), to = nearest(view[1]);
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
  if (move) cursor = Math.min(Math.max(cursor === null ? (from + to) >> 1 : cursor + move, 0), last);
  else if (event.key === "+" || event.key === "=") zoom(0.5);
  else if (event.key === "-") zoom(2);
  else if (event.key === "Home") whole();
  else return;
  event.preventDefault();
  if (!move) return;
  if (xs[cursor] < view[0] || xs[cursor] > view[1]) {
    const half = (view[1] - view[0]) / 2;
    show(xs[cursor] - half, xs[cursor] + half);
  } else drawCursor();
  byId("spoken").textContent = `${data.x.name} ${reading(xs[cursor])}: `
    + panels.map((panel) => `${panel.name} ${reading(panel.values[cursor])}`).join(", ");
};

let grip = null; // what the pointer does in the overview: move the window or set one edge
overview.onpointerdown = (event) => {
  if (event.button !== 0) return;
  overview.setPointerCapture(event.pointerId);
  const x = place(small, event), px = small.toX(x);
  const reach = event.pointerType === "mouse" ? 6 : 14;
  const [a, b] = view.map(small.toX);
  if (Math.abs(px - a) <= reach && px < (a + b) / 2) grip = { fixed: view[1] };
  else if (Math.abs(px - b) <= reach) grip = { fixed: view[0] };
  else if (px > a && px < b && b - a < small.right - small.left - 4) grip = { offset: x - view[0] };
  else grip = { fixed: x, fresh: px };
};
overview.onpointermove = (event) => {
  if (!grip) return;
  const x = place(small, event);
  if (grip.offset !== undefined) {
    const width = view[1] - view[0];
    show(x - grip.offset, x - grip.offset + width);
  } else if (grip.fresh === undefined || Math.abs(small.toX(x) - grip.fresh) > 4) {
    grip.fresh = undefined;
    show(Math.min(grip.fixed, x), Math.max(grip.fixed, x));
  }
};
overview.onpointerup = () => {
  if (grip?.fresh !== undefined) { // a click: the window jumps there
    const half = (view[1] - view[0]) / 2;
    if (half * 2 < (xs[last] - xs[0]) * 0.9) show(grip.fixed - half, grip.fixed + half);
  }
  grip = null;
};
overview.onpointercancel = () => { grip = null; };

byId("charts").hidden = false;
const redraw = () => { drawOverview(); drawDetail(); drawPlace(); };
redraw();
let width = detail.clientWidth;
new ResizeObserver(() => {
  if (detail.clientWidth === width) return;
  width = detail.clientWidth;
  redraw();
}).observe(byId("charts"));
