// Values of a run where the pointer is, and the frontier at the budget of the slider. Without scripts, the page has
// the same values in tables, and browsers show a run's title.
"use strict";
document.body.classList.add("live");

const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);
let lit = null;
function light(hit, event) {
  if (lit) lit.classList.remove("on");
  lit = hit;
  tip.hidden = !hit;
  if (!hit) return;
  hit.classList.add("on");
  tip.textContent = hit.dataset.text;
  const space = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = Math.max(4, Math.min(event.pageX + 12, space)) + "px";
  tip.style.top = event.pageY + 14 + "px";
}
for (const hit of document.querySelectorAll(".hit")) {
  const title = hit.querySelector("title");
  hit.dataset.text = title.textContent;
  title.remove(); // or the browser shows it too
  hit.setAttribute("aria-label", hit.dataset.text);
}
for (const kind of ["pointermove", "pointerdown"]) {
  document.addEventListener(kind, (event) => light(event.target.closest?.(".hit") ?? null, event));
}

const store = document.getElementById("frontier-data");
if (store) {
  const data = JSON.parse(store.textContent);
  const input = document.getElementById("budget");
  const rows = document.querySelectorAll("#optimum tbody tr");
  const show = () => {
    const i = Number(input.value);
    document.getElementById("budget-value").textContent = data.C[i] + " FLOP";
    input.setAttribute("aria-valuetext", data.C[i] + " FLOP");
    rows.forEach((row, r) => row.querySelectorAll("td").forEach((cell, c) => (cell.textContent = data.rows[r].cells[i][c])));
    for (const [name, at] of Object.entries(data.figures)) {
      const figure = document.getElementById(name);
      const line = figure.querySelector("line.cursor");
      const dot = figure.querySelector("circle.cursor");
      line.setAttribute("x1", at.x[i]);
      line.setAttribute("x2", at.x[i]);
      dot.setAttribute("cx", at.x[i]);
      dot.setAttribute("cy", at.y[i] ?? 0);
      dot.style.visibility = at.y[i] === null ? "hidden" : "visible";
    }
  };
  input.disabled = false;
  input.addEventListener("input", show);
  show();
}
