// Acts as a reader of a report, and notes what is seen, once the page is drawn.
const wait = setInterval(() => {
  if (document.body.dataset.ready !== "true") return;
  clearInterval(wait);
  const seen = {};
  const text = (query) => document.querySelector(query)?.textContent ?? null;
  const key = (name) => document.getElementById("charts")
    .dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
  seen.curves = all("#charts .curve").every((it) => it.getAttribute("d").length > 50);
  seen.bands = all("#charts .band").every((it) => it.getAttribute("d").length > 50);
  seen.cards = all("#cards .small-multiple").length;
  seen.ticks = all("#charts > svg text").map((it) => it.textContent);
  seen.rows = all("#found tr").length;
  document.getElementById("more").click();
  seen.moreRows = all("#found tr").length;
  document.querySelector("[data-sort=grade]").click();
  seen.grades = all("#found td.figure").map((it) => Number(it.textContent.replace("< ", "")));
  document.querySelector("[data-sort=x]").click();
  seen.times = all("#found .go").map((it) => it.textContent);
  document.getElementById("suppressed").click();
  document.querySelector("[data-sort=grade]").click();
  document.getElementById("more").click();
  document.getElementById("more").click();
  seen.mild = all("#found tr.mild").map((it) => it.textContent);
  seen.marks = all("#charts .suppressed").length;
  document.getElementById("suppressed").click();
  all("#found tr")[3].click();
  seen.chosen = text("#found tr.chosen .go");
  seen.why = text("#why h3");
  seen.place = text("#place");
  seen.reading = text("#reading");
  seen.time = text("#reading .time");
  key("ArrowRight");
  seen.next = text("#reading .time");
  const charts = document.getElementById("charts"), box = charts.getBoundingClientRect();
  charts.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 0.9 * box.width }));
  seen.hovered = text("#reading .time");
  charts.dispatchEvent(new PointerEvent("pointerleave", {}));
  seen.stays = text("#reading .time");
  document.getElementById("whole").click();
  seen.whole = text("#shown");
  document.getElementById("day").click();
  seen.day = text("#shown");
  document.getElementById("whole").click();
  const touch = (type, pointerId, part) => charts.dispatchEvent(new PointerEvent(type,
    { pointerType: "touch", pointerId, button: 0, clientX: box.left + part * box.width }));
  for (const [type, left, right] of [["down", 0.3, 0.35], ["move", 0.15, 0.5], ["up", 0.15, 0.5]]) {
    touch(`pointer${type}`, 1, left);
    touch(`pointer${type}`, 2, right);
  }
  seen.pinched = text("#shown");
  touch("pointerdown", 1, 0.4);
  touch("pointerup", 1, 0.4);
  seen.touched = text("#reading");
  // With the keyboard alone.
  const state = () => [text("#reading .time"), text("#place"),
    ...all("#charts > svg text").map((it) => it.textContent)].join();
  const strokes = {};
  for (const name of ["+", "-", "n", "p", "PageDown", "PageUp"]) {
    const before = state();
    key(name);
    strokes[name] = before !== state();
  }
  key("Home");
  strokes.Home = text("#shown");
  seen.strokes = strokes;
  tell(seen);
}, 30);
