// Acts as a reader of a report, and notes what is seen, once the page is drawn.
const wait = setInterval(() => {
  if (document.body.dataset.ready !== "true") return;
  clearInterval(wait);
  const seen = {}, all = (query) => [...document.querySelectorAll(query)];
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
  seen.sideways = document.documentElement.scrollWidth - window.innerWidth;
  // Visible text is in boxes that are wide enough, and has enough contrast.
  const words = all("h1, h2, h3, p, b, dt, dd, td, th, small, button, label, .name")
    .filter((it) => it.checkVisibility() && it.textContent.trim().length > 6);
  seen.narrow = words.filter((it) => it.getBoundingClientRect().width < 40).map((it) => it.textContent);
  const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let it = node; it; it = it.parentElement) {
      const colour = getComputedStyle(it).backgroundColor;
      if (rgb(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  seen.contrast = Math.min(...words.filter((it) => !it.disabled).map((it) => {
    const [a, b] = [luminance(getComputedStyle(it).color), luminance(ground(it))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
  seen.unnamed = all("button, input, [role]").filter((it) => it.checkVisibility()
    && !it.textContent.trim() && !it.getAttribute("aria-label") && !it.labels?.length).length;
  window.parent.document.body.prepend(Object.assign(document.createElement("pre"),
    { id: "seen", textContent: JSON.stringify(seen) }));
}, 30);
