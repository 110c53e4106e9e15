// Selecting, moving and zooming.

// Shows a key as a whole.
function open(k) {
  key = k;
  all = curves(k);
  selected = null;
  cursor = null;
  byId("where").hidden = !all;
  if (all) show(...ends());
  drawWhy();
  drawList();
  drawOverview();
}

// Shows an anomaly, or a suppressed candidate, with its surroundings.
function select(found, scroll) {
  selected = found;
  key = found.key;
  all = curves(key);
  byId("where").hidden = !all;
  if (all) {
    cursor = found.record;
    const [first, last] = ends(), gap = (last - first) / Math.max(all.records - 1, 1);
    const half = Math.max(60 * gap, Math.min(data.time ? DAY / 2 : 0, (last - first) / 8));
    show(found.x - half, found.x + half);
  }
  drawWhy();
  drawList();
  drawOverview();
  if (scroll && all) byId("where").scrollIntoView({ block: "start" });
}

// The anomalies of the current key, and the one that the buttons continue from.
function drawPlace() {
  const marks = marksOf(key), here = marks.indexOf(selected);
  byId("place").textContent = !marks.length ? "no anomaly" : here < 0
    ? `${marks.length} ${marks.length === 1 ? "anomaly" : "anomalies"}` : `anomaly ${here + 1} of ${marks.length}`;
  byId("previous").disabled = !marks.length || here === 0;
  byId("next").disabled = !marks.length || here === marks.length - 1;
}
function step(by) {
  const marks = marksOf(key), here = marks.indexOf(selected);
  const middle = (view[0] + view[1]) / 2;
  const next = here >= 0 ? marks[here + by]
    : by > 0 ? marks.find((it) => it.x > middle) ?? marks[0] : marks.findLast((it) => it.x < middle) ?? marks.at(-1);
  if (next) select(next, false);
}

byId("previous").onclick = () => step(-1);
byId("next").onclick = () => step(1);
byId("zoom-in").onclick = () => zoom(0.5);
byId("zoom-out").onclick = () => zoom(2);
byId("whole").onclick = () => show(...ends());
byId("day").hidden = !data.time;
byId("day").onclick = () => {
  const centre = cursor === null ? (view[0] + view[1]) / 2 : placeOf(cursor);
  const midnight = Math.floor((centre + offset) / DAY) * DAY - offset;
  // The first and the last day may be partial.
  show(Math.max(midnight, ends()[0]), Math.min(midnight + DAY - 1, ends()[1]));
};
byId("more").onclick = () => { listed += PAGE; drawList(); };
byId("more-cards").onclick = () => { cards += 24; drawOverview(); };
byId("more-columns").onclick = () => { shownColumns += 10; drawDetail(); };
byId("search").oninput = drawOverview;
byId("suppressed").onchange = () => { drawList(); if (all) drawDetail(); };
for (const button of document.querySelectorAll("[data-sort]")) {
  button.onclick = () => {
    isDescending = button.dataset.sort === sortBy ? !isDescending : button.dataset.sort === "grade";
    sortBy = button.dataset.sort;
    drawList();
  };
}

// A pointer reads values at its position; dragging a mouse, or two fingers, zooms.
let pull = null;
const fingers = new Map();
const spread = () => {
  const [a, b] = [...fingers.values()];
  return { width: Math.max(Math.abs(a - b), 1), middle: (a + b) / 2 };
};
const inCharts = (event) => event.clientX - charts.getBoundingClientRect().left;
const read = (px) => {
  cursor = recordAt(Math.min(Math.max(fromX(px), view[0]), view[1]));
  drawCursor();
};
charts.onpointerdown = (event) => {
  if (event.button !== 0) return;
  if (event.pointerType === "mouse") {
    pull = inCharts(event);
    charts.setPointerCapture(event.pointerId);
  } else fingers.set(event.pointerId, inCharts(event));
  if (fingers.size < 2) read(inCharts(event));
};
charts.onpointermove = (event) => {
  const px = inCharts(event);
  if (fingers.size === 2 && fingers.has(event.pointerId)) {
    const { width } = spread();
    fingers.set(event.pointerId, px);
    zoom(width / spread().width, fromX(spread().middle));
    return;
  }
  if (pull !== null) drawPull(pull, px);
  read(px);
};
charts.onpointerup = (event) => {
  const from = pull, to = inCharts(event);
  pull = null;
  if (fingers.size > 1) { fingers.clear(); return; }
  fingers.clear();
  drawPull(0, 0);
  if (from !== null && Math.abs(to - from) > 8) {
    show(fromX(Math.min(from, to)), fromX(Math.max(from, to)));
    return;
  }
  const near = [...marksOf(key), ...candidatesOf(key)].filter((it) => Math.abs(toX(it.x) - to) < 6);
  if (near.length && near[0] !== selected) {
    selected = near[0];
    cursor = selected.record;
    drawDetail();
    drawWhy();
    drawList();
  }
};
charts.onpointercancel = () => { pull = null; fingers.clear(); drawPull(0, 0); };
charts.ondblclick = () => show(...ends());
charts.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return; // a plain wheel scrolls the page; a pinch arrives with ctrl
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 150), fromX(inCharts(event)));
}, { passive: false });
function drawPull(a, b) {
  let node = charts.querySelector(".pull");
  if (!node) charts.append(node = element("div", undefined, "pull"));
  node.style.left = `${Math.max(Math.min(a, b), LEFT)}px`;
  node.style.width = `${Math.abs(a - b)}px`;
}

charts.onkeydown = (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
  if (by) {
    const i = cursor === null ? null : holder(all, cursor), isSingle = all.single.length === all.records;
    const next = cursor === null ? recordAt((view[0] + view[1]) / 2)
      : isSingle ? cursor + by : all.record[Math.min(Math.max(i + by, 0), all.length - 1)];
    cursor = Math.min(Math.max(next, 0), all.records - 1);
    const x = placeOf(cursor), half = (view[1] - view[0]) / 2;
    if (x < view[0] || x > view[1]) show(x - half, x + half); else drawCursor();
  } else if (event.key === "+" || event.key === "=") zoom(0.5);
  else if (event.key === "-") zoom(2);
  else if (event.key === "Home") show(...ends());
  else if (event.key === "n" || event.key === "N") step(1);
  else if (event.key === "p" || event.key === "P") step(-1);
  else return;
  event.preventDefault();
};

// In the strip the window follows the pointer.
const inStrip = (event) => {
  const [first, last] = ends(), width = strip.clientWidth - LEFT - RIGHT;
  return first + ((event.clientX - strip.getBoundingClientRect().left - LEFT) / width) * (last - first);
};
let isMoving = false;
const follow = (event) => {
  const x = inStrip(event), half = (view[1] - view[0]) / 2;
  show(x - half, x + half);
};
strip.onpointerdown = (event) => {
  if (event.button !== 0) return;
  isMoving = true;
  strip.setPointerCapture(event.pointerId);
  const [first, last] = ends();
  if (view[1] - view[0] > 0.9 * (last - first)) {
    const x = inStrip(event), part = (last - first) / 40;
    show(x - part, x + part);
  } else follow(event);
};
strip.onpointermove = (event) => { if (isMoving) follow(event); };
strip.onpointerup = strip.onpointercancel = () => { isMoving = false; };

load().then(() => {
  const summary = document.querySelector("header p");
  summary.replaceChildren(...dated(summary.textContent));
  drawEmpty();
  const worst = data.found.filter((it) => it.key === 0)
    .reduce((a, b) => (!a || b.grade > a.grade ? b : a), null);
  if (worst) select(worst, false); else if (data.keys.length) open(0);
  document.body.dataset.ready = "true";
  let width = charts.clientWidth;
  new ResizeObserver(() => {
    if (charts.clientWidth === width || !all) return;
    width = charts.clientWidth;
    drawDetail();
  }).observe(byId("detail"));
});
