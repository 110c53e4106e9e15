// The list of anomalies, and the details of the selected one.

const PAGE = 50;
let sortBy = "x", isDescending = false, listed = PAGE;

const timeOf = (found) => found.time ?? writeTime(found.x);
// A number of a unit since 1970, also shown as a time of day.
const dayOf = (found) => (data.time && found.time && /^-?\d+(\.\d+)?$/.test(found.time) ? writeTime(found.x) : "");
const gradeText = (grade) => (grade > 0 && grade < 0.005 ? "< 0.01" : grade.toFixed(2));
const timeName = (found) => dayOf(found) || timeOf(found);

function drawList() {
  const withSuppressed = byId("suppressed").checked;
  const rows = withSuppressed ? [...data.found, ...data.suppressed] : [...data.found];
  const value = (it) => (sortBy === "x" ? it.x : it.reason ? it.evidence * 1e-6 : it.grade);
  rows.sort((a, b) => (isDescending ? -1 : 1) * (value(a) - value(b)) || a.record - b.record);
  byId("found").replaceChildren(...rows.slice(0, listed).map(listRow));
  byId("table").hidden = !rows.length;
  byId("key-head").hidden = one;
  byId("more").hidden = rows.length <= listed;
  byId("more").textContent = `Show ${Math.min(PAGE, rows.length - listed)} more of ${rows.length}`;
  for (const button of document.querySelectorAll("[data-sort]")) {
    const head = button.parentElement;
    if (button.dataset.sort === sortBy) head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
}

function listRow(found) {
  const row = element("tr", undefined, `${found === selected ? "chosen" : ""} ${found.reason ? "mild" : ""}`);
  const time = element("td"), button = element("button", timeOf(found), "go");
  button.type = "button";
  if (found === selected) button.setAttribute("aria-current", "true");
  time.append(button);
  if (dayOf(found)) time.append(element("small", dayOf(found)));
  row.append(time);
  if (!one) row.append(nameElement("td", keyName(found.key), "key-cell"));
  const text = element("td", found.text);
  if (found.reason) text.append(element("small", `Not reported: ${found.reason}.`));
  row.append(text, element("td", found.reason ? "–" : gradeText(found.grade), "figure"));
  row.onclick = () => select(found, true);
  return row;
}

function drawEmpty() {
  const note = byId("nothing");
  note.hidden = data.found.length > 0;
  note.textContent = "Nothing was reported. The curves below show what was judged.";
  byId("suppressed-label").hidden = !data.suppressed.length;
  const count = data.suppressed.length;
  byId("suppressed-label").lastElementChild.textContent = count === 1
    ? "Also list the candidate that was suppressed" : `Also list the ${count} candidates that were suppressed`;
}

// Why it was reported, by column.
function drawWhy() {
  const body = byId("why").lastElementChild;
  body.replaceChildren();
  byId("why").hidden = byId("sure").hidden = !selected;
  if (!selected) return;
  const name = `${selected.reason ? "The suppressed candidate" : "The anomaly"} of ${timeName(selected)}`
    + (one ? "" : `, ${keyName(selected.key)}`);
  body.append(element("h3", name), element("p", selected.text));
  if (selected.reason) body.append(element("p", `Not reported, because ${selected.reason}.`, "quiet"));
  const list = element("ol", undefined, "shares");
  for (const [column, value, expected, high, low] of selected.columns) {
    if (high + low < 0.005 && list.childElementCount) continue;
    const row = element("li"), bar = element("span", undefined, "share");
    const part = element("i");
    part.style.width = `${Math.round(100 * (high + low))}%`;
    bar.append(part);
    const numbers = `${valueText(value, column)}, expected ${valueText(expected, column)}`;
    row.append(nameElement("b", data.columns[column].name),
      element("span", `${Math.round(100 * (high + low))} % · ${high >= low ? "high" : "low"}`, "figure"),
      bar, element("small", numbers));
    list.append(row);
  }
  body.append(list);
  drawSure();
}

function drawSure() {
  const body = byId("sure").lastElementChild, list = element("dl");
  body.replaceChildren(element("h3", `The anomaly of ${timeName(selected)}`), list);
  const row = (name, value, more) => {
    const cell = element("dd", value);
    cell.append(element("small", more));
    list.append(element("dt", name), cell);
  };
  if (!selected.reason) row("Grade", gradeText(selected.grade), "from 0, the boundary, to 1");
  row("Evidence", selected.evidence.toFixed(2), "above 1 is a candidate");
  row("Chance", oneIn(selected.p), "share of this stream's records with as much evidence");
  row("Score", selected.score.toFixed(2), selected.threshold === undefined
    ? "no threshold yet" : `alone it decides from ${selected.threshold.toFixed(2)} on`);
  row("Confidence", `${Math.round(100 * selected.confidence)} %`, "how much the detector had learned");
}
const oneIn = (p) => `1 in ${Number((1 / p).toPrecision(2)).toLocaleString("en")} records`;
