"use strict";
// Draws the series embedded in this page: the chosen range above, the whole series below.
(() => {
  const data = JSON.parse(document.getElementById("series").textContent);
  const { panels, marks } = data;
  const xs = data.x.values
    ?? Array.from({ length: data.x.count }, (_, i) => data.x.start + i * data.x.step);
  const last = xs.length - 1;
  const least = Math.max((xs[last] - xs[0]) / Math.max(last, 1), Number.MIN_VALUE) * 8;
  const byId = (id) => document.getElementById(id);
  const detail = byId("detail"), overview = byId("overview");

  let view = data.focus ?? [xs[0], xs[last]];
  let cursor = null; // index of the record under the crosshair
  let pull = null; // range being drawn with the mouse across the curves

  // ---- numbers -------------------------------------------------------------------------------
  const grouped = (value, decimals) =>
    value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
      .replace("-", "−");
  const reading = (value) =>
    value == null ? "missing"
      : value.toLocaleString("en", { maximumSignificantDigits: 6 }).replace("-", "−");

  // Round steps of 1, 2 or 5 times a power of ten.
  function ticks(low, high, wanted) {
    const rough = (high - low) / Math.max(wanted, 1);
    if (!(rough > 0)) return { values: [low], decimals: 0 };
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
    const values = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) values.push(k * step);
    return { values, decimals: Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 12) };
  }

  // First index whose x is not below `value`.
  function lowerBound(value) {
    let low = 0, high = xs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (xs[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
  }
  function nearest(value) {
    const i = Math.min(lowerBound(value), last);
    return i > 0 && value - xs[i - 1] < xs[i] - value ? i - 1 : i;
  }

  // ---- drawing -------------------------------------------------------------------------------
  function add(parent, name, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  }
  const line = (parent, cls, x1, y1, x2, y2) => add(parent, "line", { class: cls, x1, y1, x2, y2 });

  // The curve between two records; where records crowd, the lowest and highest of each pixel.
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

  // Stacked panels over one x axis; answers where they stand.
  function draw(svg, [start, end], style) {
    const width = svg.clientWidth;
    const left = 46, right = width - 10, bottom = panels.length * (style.title + style.height);
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
      add(svg, "text", { x: toX(x), y: bottom + 18, "text-anchor": "middle" }, grouped(x, steps.decimals));
    }
    const from = Math.max(lowerBound(start) - 1, 0), to = Math.min(lowerBound(end), last);
    const places = panels.map((panel, p) => {
      const top = p * (style.title + style.height) + style.title, base = top + style.height;
      const [low, high] = panel.range;
      const toY = (y) => base - ((y - low) / (high - low)) * style.height;
      const levels = ticks(low, high, style.height / 45);
      if (style.levels) {
        for (const y of levels.values) {
          line(inside, "grid", left, toY(y), right, toY(y));
          add(svg, "text", { x: left - 7, y: toY(y) + 4, "text-anchor": "end" }, grouped(y, levels.decimals));
        }
      }
      for (const mark of marks) {
        if (mark.end < start || mark.start > end) continue;
        const half = least / 16, x = toX(mark.start - half);
        add(inside, "rect", { class: "mark", x, y: top, height: style.height,
          width: Math.max(toX(mark.end + half) - x, 2) });
      }
      line(svg, "axis", left, base, right, base);
      const colour = `var(--curve-${p % 4})`;
      add(inside, "path", { class: "curve", stroke: colour,
        d: path(panel.values, from, to, toX, toY, right - left) });
      if (style.levels && panel.limit) {
        const y = toY(panel.limit.value);
        line(inside, "limit", left, y, right, y);
        add(inside, "text", { class: "halo", x: right - 4, y: y - 6, "text-anchor": "end" },
          `${panel.limit.label} ${reading(panel.limit.value)}`);
      }
      if (style.levels) dots(inside, panel.values, from, to, toX, toY, colour);
      return { top, base, toY, colour, values: panel.values };
    });
    return { svg, left, right, bottom, toX, toStart, places };
  }

  // Single records become visible where they stand apart, marked ones earlier.
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

  // ---- moving about --------------------------------------------------------------------------
  function show(start, end) {
    const span = Math.min(Math.max(end - start, least), xs[last] - xs[0]);
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
    const room = Math.max(width, (mark.end - mark.start) * 1.5, least * 4) / 2;
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
      ? `${marks.length} × ${name}` : `${name} ${here + 1} of ${marks.length}`;
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
})();
