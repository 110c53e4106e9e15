// What holds for every page, whatever it shows: the rules of WCAG 2.2 AA that a program can check.

const all = (query) => [...document.querySelectorAll(query)];
const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = rgb(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};
// The colour behind a node.
const ground = (node) => {
  for (let it = node; it; it = it.parentElement) {
    const colour = getComputedStyle(it).backgroundColor;
    if (rgb(colour)[3] !== 0) return colour;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(0, 0, 0)" : "rgb(255, 255, 255)";
};

// All visible texts with their elements.
function texts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, noscript, #seen")) continue;
    if (element.checkVisibility()) found.push([node, element]);
  }
  return found;
}

// Text needs 4.5 : 1 (large text 3 : 1), what is drawn and the edges of fields 3 : 1.
function faint() {
  const list = [];
  const need = (what, a, b, least) => {
    const found = contrast(a, b);
    if (found < least) list.push(`${what}: ${found.toFixed(2)} (${a} on ${b})`);
  };
  for (const [node, element] of texts()) {
    if (element.closest(":disabled")) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const colour = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    need(`"${node.data.trim()}"`, colour, ground(element), isLarge ? 3 : 4.5);
  }
  for (const field of all("input").filter((it) => it.checkVisibility())) {
    const hint = getComputedStyle(field, "::placeholder").color;
    if (field.placeholder) need("placeholder", hint, ground(field), 4.5);
    if (field.type !== "checkbox") {
      need("edge", getComputedStyle(field).borderTopColor, ground(field.parentElement), 3);
    }
  }
  for (const curve of all("path.curve, path.line, path.limit").filter((it) => it.checkVisibility())) {
    need(`curve ${curve.getAttribute("class")}`, getComputedStyle(curve).stroke, ground(curve), 3);
  }
  return list;
}

// What can be clicked can be reached with the keyboard, has a name, and shows that it has the focus.
function unreachable() {
  const focusable = "button, input, a[href], select, textarea, [tabindex='0']", list = [];
  for (const node of all("*").filter((it) => it.onclick || it.ondblclick)) {
    if (!node.matches(focusable) && !node.querySelector(focusable)) list.push(node.outerHTML.slice(0, 80));
  }
  for (const node of all("[tabindex]").filter((it) => it.tabIndex > 0)) list.push(`order of ${node.id}`);
  const before = document.activeElement;
  for (const node of all(focusable).filter((it) => it.checkVisibility() && !it.disabled)) {
    node.focus({ focusVisible: true, preventScroll: true });
    const style = getComputedStyle(node), what = node.id || node.textContent.slice(0, 30);
    if (document.activeElement !== node) list.push(`no focus: ${what}`);
    else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) list.push(`no outline: ${what}`);
    else if (contrast(style.outlineColor, ground(node.parentElement)) < 3) list.push(`faint outline: ${what}`);
    const name = node.textContent.trim() || node.getAttribute("aria-label") || node.labels?.length;
    if (!name) list.push(`no name: ${node.outerHTML.slice(0, 80)}`);
    const box = node.getBoundingClientRect();
    if (node.matches("button") && Math.min(box.width, box.height) < 24) list.push(`small: ${what}`);
  }
  before?.focus?.();
  return list;
}

// Dates that go over two lines.
function broken() {
  const list = [];
  for (const [, element] of texts()) {
    const whole = element.classList.contains("date") ? element.parentElement : element;
    for (const { index, 0: date } of whole.textContent.matchAll(/\d{2,4}-\d{2}-\d{2,4}|\d{2}\.\d{2}\.\d{4}/g)) {
      const range = document.createRange();
      let at = 0;
      const walker = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode, from = index - at, to = from + date.length;
        if (from >= 0 && from < node.length) range.setStart(node, from);
        if (to > 0 && to <= node.length) range.setEnd(node, to);
        at += node.length;
      }
      if (new Set([...range.getClientRects()].map((it) => Math.round(it.top))).size > 1) list.push(date);
    }
  }
  return [...new Set(list)];
}

// What was asked of other places than the page itself.
function outside() {
  const isOwn = (url) => url.startsWith("data:") || url.startsWith("blob:")
    || new URL(url, location).origin === location.origin;
  const asked = performance.getEntriesByType("resource").map((it) => it.name);
  const named = all("[src], link[href], [action], [data], image, use")
    .map((it) => it.getAttribute("src") ?? it.getAttribute("href") ?? it.getAttribute("action") ?? "");
  return [...asked, ...named].filter((url) => !isOwn(url));
}

function pageRules() {
  const words = texts().filter(([node]) => node.data.trim().length > 6).map(([, element]) => element);
  return {
    sideways: document.documentElement.scrollWidth - window.innerWidth,
    narrow: words.filter((it) => !it.namespaceURI.endsWith("svg") && it.getBoundingClientRect().width < 40)
      .map((it) => it.textContent),
    faint: faint(), unreachable: unreachable(), broken: broken(), outside: outside(),
    isDark: matchMedia("(prefers-color-scheme: dark)").matches, width: window.innerWidth,
  };
}

// Hands what was seen to the test.
function tell(seen) {
  window.parent.document.body.prepend(Object.assign(document.createElement("pre"),
    { id: "seen", textContent: JSON.stringify({ ...seen, rules: pageRules() }) }));
}
