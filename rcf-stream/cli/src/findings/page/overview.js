// All keys, or all columns of the only key, as small pictures, the worst first.

const CARDS = window.innerWidth < 640 ? 4 : 12;
let cards = CARDS;

function drawOverview() {
  const byKey = !one, columns = data.columns.length;
  byId("overview").hidden = !byKey && columns < 2;
  if (byId("overview").hidden) return;
  const search = byId("search"), wanted = search.value.toLowerCase();
  const items = byKey ? data.keys.map((it, k) => ({ k, name: keyName(k) }))
    : data.keys[0].order.map((column) => ({ k: 0, column, name: data.columns[column].name }));
  const found = items.filter(({ name }) => name.toLowerCase().includes(wanted));
  const what = byKey ? "Keys" : "Columns";
  byId("overview").querySelector("h2").textContent = `${what}, worst first`;
  search.hidden = items.length <= CARDS;
  search.placeholder = `Search ${what.toLowerCase()}`;
  search.setAttribute("aria-label", search.placeholder);
  byId("cards").replaceChildren(...found.slice(0, cards).map(card));
  if (!found.length) byId("cards").append(element("p", `No name contains “${search.value}”.`, "quiet"));
  byId("more-cards").hidden = found.length <= cards;
  byId("more-cards").textContent = `Show ${Math.min(24, found.length - cards)} more of ${found.length}`;
}

function card({ k, column, name }) {
  const node = element("button", undefined, "small-multiple"), its = curves(k);
  node.type = "button";
  const shown = column ?? data.keys[k].order[0];
  const marks = marksOf(k).filter((it) => column === undefined || it.columns[0][0] === column);
  const count = column === undefined ? data.keys[k].anomalies : marks.length;
  const grade = marks.reduce((most, it) => Math.max(most, it.grade), column === undefined ? data.keys[k].grade : 0);
  node.append(nameElement("b", name));
  node.append(element("small", count ? `${count === 1 ? "one anomaly" : `${count.toLocaleString("en")} anomalies`}, grade ${gradeText(grade)}`
    : "no anomaly"));
  if (its) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    miniature(svg, its, shown, marks, 44);
    node.append(svg);
  } else node.append(element("small", "Its curves do not fit on this page."));
  if (column === undefined && data.columns.length > 1) node.append(element("small", data.columns[shown].name));
  if (k === key && (column === undefined || columnsShown()[0] === column)) node.setAttribute("aria-current", "true");
  node.onclick = () => {
    const worst = marks.reduce((a, b) => (!a || b.grade > a.grade ? b : a), null);
    if (column !== undefined) data.keys[0].order = [column, ...data.keys[0].order.filter((it) => it !== column)];
    if (worst) select(worst, true);
    else {
      open(k);
      byId("where").scrollIntoView({ block: "start" });
    }
  };
  return node;
}
