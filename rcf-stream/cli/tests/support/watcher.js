// Acts as a reader of the live page, and notes what is seen, once the first answer is shown.
const wait = setInterval(() => {
  if (!document.querySelector("#keys article")) return;
  clearInterval(wait);
  const seen = { keys: document.querySelectorAll("#keys article").length };
  const search = document.getElementById("search");
  document.querySelector("#anomalies button").click(); // which Enter and the space bar do, too
  setTimeout(() => {
    seen.chosen = document.querySelector("article.chosen h3")?.textContent ?? null;
    seen.searched = search.value;
    search.value = "";
    search.dispatchEvent(new Event("input"));
    setTimeout(() => tell(seen), 50);
  }, 50);
}, 30);
