"use strict";
for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
for (const button of document.querySelectorAll(".copy")) button.hidden = false;

function copy(button) {
  const text = button.dataset.text;
  const area = document.createElement("textarea"); // Also works on pages opened from disk.
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  button.focus();
  button.textContent = done ? "Copied" : text;
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});

const filter = document.getElementById("filter");
filter.addEventListener("input", () => {
  const query = filter.value.trim().toLowerCase();
  let shown = 0;
  for (const row of document.querySelectorAll("[role=table] tbody tr")) {
    row.hidden = !row.textContent.toLowerCase().includes(query);
    shown += !row.hidden;
  }
  document.getElementById("found").textContent = query ? `${shown} shown` : "";
});

function showDetails(bar) {
  const { name, state, times, owner, reason, job } = bar.dataset;
  const details = bar.closest("section").querySelector(".details");
  details.textContent = [name, state, owner, times, reason].filter(Boolean).join(", ");
  if (job) {
    const id = document.createElement("code");
    id.textContent = job;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.dataset.text = job;
    button.textContent = "Copy id";
    details.append(" ", id, " ", button);
  }
  details.hidden = false;
}
for (const box of document.querySelectorAll(".scrolls")) {
  if (box.querySelector(".timeline")) box.scrollLeft = box.scrollWidth; // Now is at the right.
}
for (const drawing of document.querySelectorAll(".timeline")) {
  const bars = [...drawing.querySelectorAll(".bar")];
  bars.forEach((bar, at) => {
    bar.tabIndex = at ? -1 : 0; // One stop for Tab; the arrow keys move between bars.
    bar.addEventListener("click", () => showDetails(bar));
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") showDetails(bar);
      else if (!step || !bars[at + step]) return;
      else {
        bar.tabIndex = -1;
        bars[at + step].tabIndex = 0;
        bars[at + step].focus();
      }
      event.preventDefault();
    });
  });
}
