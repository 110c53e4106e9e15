// Acts as a reader of the live page, and notes what is seen, once the first answer is shown.
const wait = setInterval(() => {
  if (!document.querySelector("#keys article")) return;
  clearInterval(wait);
  const seen = { keys: document.querySelectorAll("#keys article").length };
  seen.records = document.querySelector("#facts dd").textContent;
  const search = document.getElementById("search");
  document.querySelector("#anomalies button").click(); // which Enter and the space bar do, too
  setTimeout(() => {
    seen.chosen = document.querySelector("article.chosen h3")?.textContent ?? null;
    seen.searched = search.value;
    search.value = "";
    search.dispatchEvent(new Event("input"));
    setTimeout(() => {
      // The key of the anomaly comes first; its last record is the anomaly.
      const card = document.querySelector("article");
      const note = () => ({ time: card.querySelector(".meta").textContent,
        rows: [...card.querySelectorAll(".row span:last-child")].map((it) => it.textContent) });
      const box = card.querySelector("svg").getBoundingClientRect();
      const point = (type, pointerType, part) => card.dispatchEvent(new PointerEvent(type,
        { pointerType, bubbles: true, clientX: box.left + part * box.width }));
      seen.whole = note();
      point("pointermove", "mouse", 0.5);
      seen.hovered = note();
      point("pointerdown", "touch", 1);
      seen.touched = note();
      card.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
      seen.stepped = note();
      seen.crosses = card.querySelectorAll(".cross").length;
      tell(seen);
    }, 50);
  }, 50);
}, 30);
