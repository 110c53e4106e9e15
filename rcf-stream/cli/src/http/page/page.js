"use strict";
// Text from the stream is only ever set as text, never as markup.

const INTERVAL = 2000;
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320, HEIGHT = 46;
const at = (id) => document.getElementById(id);

/** A text as nodes: a date is not broken at its hyphens, a name may be after / and _. */
function dated(text) {
  return String(text).split(/(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})/).flatMap((part, index) => {
    if (index % 2 === 0) return part.split(/(?<=[/_])/).flatMap((it, at) => (at ? [document.createElement("wbr"), it] : it));
    const date = document.createElement("span");
    date.className = "date";
    date.textContent = part;
    return date;
  });
}

function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.append(...dated(text));
  if (className) node.className = className;
  return node;
}

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function number(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2).replace(/^-/, "−");
  return value.toLocaleString("en", { maximumSignificantDigits: 5 }).replace(/^-/, "−");
}

/** How many there are, in full. */
const count = (value) => value.toLocaleString("en");

/** The most decimals that a value of these has. */
function decimalsOf(values) {
  return values.reduce((most, value) => {
    const [digits, power = 0] = String(value).split("e");
    return Math.max(most, (digits.split(".")[1] ?? "").length - Number(power));
  }, 0);
}

/** Writes the values of a curve: with their own decimals, or fewer if its picture has no use for them. */
function writer(values) {
  const known = values.filter((value) => value !== null), height = Math.max(...known) - Math.min(...known);
  const decimals = Math.max(Math.min(decimalsOf(known), 3 - Math.floor(Math.log10(height))), 0);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return (value) => {
    if (value === null || !Number.isFinite(value) || Math.abs(value) >= 1e9 || decimals > 12) return number(value);
    return value.toLocaleString("en", digits).replace(/^-(?=[0.]+$)/, "").replace(/^-/, "−");
  };
}

function age(seconds) {
  if (seconds === null) return "–";
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** A path for each run of stretches that have a value; those without one interrupt it. */
function areas(low, high, x, y) {
  const runs = [[]];
  low.forEach((value, index) => {
    if (value === null || high[index] === null) runs.push([]);
    else runs[runs.length - 1].push([x(index).toFixed(1), y(value).toFixed(1), y(high[index]).toFixed(1)]);
  });
  return runs.filter((run) => run.length).map((run) => {
    const up = run.map(([x, , high]) => `${x} ${high}`), down = run.map(([x, low]) => `${x} ${low}`);
    return `M${[...up, ...down.reverse()].join("L")}Z`;
  });
}

/** A curve, or the band between two; anomalies are marked. Behind it the expected range. */
function chart(className, low, high, marks, floor, expected) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const values = low.concat(high).filter((value) => value !== null);
  let bottom = Math.min(...values), top = Math.max(...values);
  if (floor !== undefined) { bottom = Math.min(bottom, floor[0]); top = Math.max(top, floor[1]); }
  const ends = [bottom, top];
  if (!(top > bottom)) { bottom -= 1; top += 1; }
  if (expected) {
    // A distant range would flatten the curve: it is clipped at half of the height beyond.
    const edges = expected.flat().filter((value) => value !== null), most = (top - bottom) / 2;
    bottom = Math.max(Math.min(bottom, ...edges), bottom - most);
    top = Math.min(Math.max(top, ...edges), top + most);
  }
  const x = (index) => (low.length < 2 ? WIDTH / 2 : (index / (low.length - 1)) * WIDTH);
  const inside = (value) => Math.min(Math.max(value, bottom), top);
  const y = (value) => HEIGHT - 3 - ((inside(value) - bottom) / (top - bottom)) * (HEIGHT - 6);
  svg.append(shape("path", { class: "base", d: `M0 ${HEIGHT - 1}H${WIDTH}` }));
  marks.forEach((marked, index) => {
    if (marked) svg.append(shape("rect", { class: "hit", x: x(index) - 3, y: 0, width: 6, height: HEIGHT }));
  });
  for (const area of expected ? areas(expected[0], expected[1], x, y) : []) {
    svg.append(shape("path", { class: "expected", d: area }));
  }
  for (const area of areas(low, high, x, y)) svg.append(shape("path", { class: `line ${className}`, d: area }));
  return [svg, ...ends];
}

function row(left, right) {
  const node = element("div", undefined, "row");
  node.append(element("span", left), element("span", right));
  return node;
}

/** A time as text: the time of day in UTC, and the date unless it is that of another time. */
function moment(millis, other) {
  const text = new Date(millis).toISOString().replace("T", " ").slice(0, 19);
  return other !== undefined && text.slice(0, 10) === moment(other).slice(0, 10) ? text.slice(11) : text;
}

/** The times of the first and the newest record of the curves; without times, how long ago they arrived. */
function span(key) {
  if (key.from !== null && key.to !== null && key.to > key.from && Math.abs(key.to) < 8e15) {
    return row(moment(key.from), `${moment(key.to, key.from)} UTC`);
  }
  return row(`${age(key.span_seconds)} ago`, key.idle_seconds < 3 ? "now" : `${age(key.idle_seconds)} ago`);
}

const named = (key) => (key === "" ? "(no key)" : key);

/** Two ends, or the one value that they are. */
function range(low, high, write) {
  return low === high ? write(low) : `${write(low)} … ${write(high)}`;
}

function card(key, view) {
  const { names } = view, node = element("article"), panels = [];
  if (key.key === chosen) node.className = "chosen";
  node.append(element("h3", named(key.key)));
  const last = key.time ? `, the last of ${key.time}` : "";
  const summary = `${count(key.records)} records${last}`, head = element("div", summary, "meta");
  node.append(head);
  const panel = (name, whole, svg, at) => {
    const title = row(name, whole);
    node.append(title, svg);
    panels.push({ svg, now: title.lastChild, whole, at });
  };
  key.low.forEach((low, index) => {
    const high = key.high[index], [least, most] = [key.expected_low[index], key.expected_high[index]];
    const [svg, bottom, top] = chart("input", low, high, key.anomaly, undefined, [least, most]);
    const write = writer([...low, ...high]);
    panel(names[index], range(bottom, top, write), svg, (i) => `${range(low[i], high[i], write)}, `
      + (least[i] === null ? "not known yet what is expected" : `expected ${range(least[i], most[i], write)}`));
  });
  const level = (name, values, worst) => panel(name, `highest ${worst.toFixed(2)}`,
    chart(name, values, values, key.anomaly, [0, 1])[0], (i) => values[i].toFixed(2));
  level("score", key.score, key.worst_score);
  if (view.deciding !== false) level("grade", key.grade, key.worst_grade);
  node.append(span(key));
  readable(node, key, panels, (i) => {
    head.replaceChildren(...dated(i === null ? summary : said(key, view, i)));
  });
  const more = names.length - view.curves;
  if (more > 0) node.append(element("div", `${more} more columns are judged and not drawn.`, "meta"));
  return node;
}

/** Where the curves of a key are read, from 0, the oldest, to 1; kept when the answer is renewed. */
let reading = null;
/** Draws what is read, of each card. */
let readings = [];

/** A pointer, or the arrow keys, read the curves of a card. */
function readable(node, key, panels, tell) {
  const last = Math.max(key.score.length - 1, 1);
  const draw = () => {
    const i = reading?.key === key.key ? Math.min(Math.round(reading.place * last), key.score.length - 1) : null;
    tell(i);
    for (const { svg, now, whole, at } of panels) {
      svg.querySelector(".cross")?.remove();
      now.textContent = i === null ? whole : at(i);
      if (i !== null) svg.append(shape("path", { class: "cross", d: `M${(i / last) * WIDTH} 0V${HEIGHT}` }));
    }
  };
  const read = (place) => {
    reading = { key: key.key, place: Math.min(Math.max(place, 0), 1) };
    for (const redraw of readings) redraw();
  };
  readings.push(draw);
  draw();
  node.tabIndex = 0;
  node.dataset.key = key.key;
  node.onpointermove = node.onpointerdown = (event) => {
    const box = panels[0].svg.getBoundingClientRect();
    read((event.clientX - box.left) / box.width);
  };
  node.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const place = reading?.key === key.key ? reading.place : 1;
    read((Math.round(place * last) + by) / last);
  };
}

/** The time of a stretch of records, and why there is an anomaly in it. */
function said(key, view, i) {
  const time = key.moments[i] === null ? `${age(key.seconds_ago[i])} ago` : `${moment(key.moments[i])} UTC`;
  const within = (record) => record !== null && record >= key.first[i] && record < (key.first[i + 1] ?? Infinity);
  const why = view.anomalies.filter((it) => it.key === key.key && within(it.record)).map((it) => it.sentence);
  return [time, ...(key.anomaly[i] ? why : [])].join(": ");
}

function fact(name, value, isBad) {
  const node = element("div");
  node.append(element("dt", name), element("dd", value, isBad ? "bad" : ""));
  return node;
}

/** An anomaly; a click leads to its key. */
function anomaly(found) {
  const node = element("li"), go = element("button");
  go.type = "button";
  go.dataset.found = JSON.stringify([found.key, found.time, found.score]);
  go.append(element("span", found.sentence));
  const parts = [found.key, found.time, `${age(found.seconds_ago)} ago`,
    `score ${found.score.toFixed(2)}`, `grade ${found.grade.toFixed(2)}`];
  go.append(element("span", parts.filter((part) => part !== "").join(" · "), "meta"));
  go.onclick = async () => {
    chosen = found.key;
    at("search").value = found.key;
    await look();
    at("keys-title").scrollIntoView({ block: "start" });
  };
  node.append(go);
  return node;
}

/** Why there is no anomaly in the list. */
function nothing(view) {
  if (view.deciding === false) {
    return "Deciding is off: there are scores, and no record is reported as an anomaly. "
      + "detector.enabled = true turns it on.";
  }
  if (view.records === 0) return "No record has arrived yet.";
  return "No record has been reported as an anomaly so far.";
}

/** Why no key is shown. */
function noKey(view) {
  if (at("search").value) {
    return `None of the ${count(view.kept_keys)} keys that are kept contains “${at("search").value}”. `
      + "The worst of those seen in the last ten minutes are kept.";
  }
  return "No record has been scored yet.";
}

function show(view) {
  at("state").textContent = view.ready ? "running" : "not running";
  at("state").className = view.ready ? "good" : "";
  at("facts").replaceChildren(
    fact("records", count(view.records)),
    fact("per second", count(Math.round(view.records_per_second * 10) / 10)),
    fact("behind the stream", age(view.lag_seconds), view.lag_seconds > 60),
    fact("since the checkpoint", age(view.checkpoint_age_seconds), view.checkpoint_age_seconds > 300),
    fact("up", age(view.uptime_seconds)),
    fact("deciding", view.deciding === null ? "–" : view.deciding ? "on" : "off"),
  );
  // The focused anomaly keeps the focus.
  const { found: focused, key: focusedKey } = document.activeElement?.dataset ?? {};
  readings = [];
  at("anomalies").replaceChildren(...(view.anomalies.length ? view.anomalies.map(anomaly)
    : [element("li", nothing(view), "none")]));
  if (focused) document.querySelector(`[data-found="${CSS.escape(focused)}"]`)?.focus();
  at("keys").replaceChildren(...(view.keys.length ? view.keys.map((key) => card(key, view))
    : [element("p", noKey(view), "meta")]));
  if (focusedKey !== undefined) document.querySelector(`[data-key="${CSS.escape(focusedKey)}"]`)?.focus();
  at("legend").hidden = view.deciding !== true;
  const shown = view.keys.length < view.kept_keys && !at("search").value;
  at("kept").textContent = shown ? `the worst ${view.keys.length} of ${count(view.kept_keys)}` : "";
}

/** The token of http.token_file, if there is one; kept until the tab is closed. */
function authorization() {
  const token = sessionStorage.getItem("token");
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function askForToken() {
  const token = prompt("Token (the content of http.token_file)");
  if (token) sessionStorage.setItem("token", token.trim());
  return Boolean(token);
}

let turn = 0, asked = false;
/** The key of the anomaly that was clicked. */
let chosen = null;
async function look() {
  const mine = ++turn;
  try {
    const path = `api/live?q=${encodeURIComponent(at("search").value)}`;
    let answer = await fetch(path, { headers: authorization() });
    if (answer.status === 401 && !asked) {
      asked = true;
      if (askForToken()) answer = await fetch(path, { headers: authorization() });
      asked = answer.status !== 401 ? false : asked;
    }
    if (answer.status === 401) throw new Error("the token is not right; load the page again");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const view = await answer.json();
    if (mine === turn) show(view);
  } catch (error) {
    at("state").textContent = error.message.startsWith("the token") ? error.message : "no answer";
    at("state").className = "";
  }
}

at("search").addEventListener("input", () => { chosen = null; look(); });
setInterval(() => { if (!document.hidden) look(); }, INTERVAL);
look();
