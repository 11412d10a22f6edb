"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const find = (selector, inside = document) => inside.querySelector(selector);
const findAll = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// Build an element. Text is set, never parsed: it comes from files and from Tamr.
function make(tag, className, ...parts) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...parts.filter((part) => part !== null && part !== ""));
  return element;
}

// Times: local and short, with the whole time on hover.
const made = new Date(data.now * 1000);
const day = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const clock = (date) => date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
function shortTime(date) {
  const days = Math.round((day(date) - day(made)) / 86400000);
  if (days === 0) return clock(date);
  if (Math.abs(days) < 7) return `${date.toLocaleDateString("en", { weekday: "short" })} ${clock(date)}`;
  return `${date.toLocaleDateString("en", { month: "short", day: "numeric" })}, ${clock(date)}`;
}
const at = (seconds) => shortTime(new Date(seconds * 1000));
function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h${String(minutes % 60).padStart(2, "0")}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}
for (const time of findAll("time")) {
  const date = new Date(time.dateTime);
  time.textContent = shortTime(date);
  time.title = date.toLocaleString();
}
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
find("#zone").textContent = `Times are in your time zone (${zone}).`;
function warnIfOld() {
  const age = (Date.now() - made) / 1000;
  find("#made").textContent = `${made.toLocaleDateString("en", { month: "short", day: "numeric" })}, ${clock(made)}`;
  if (age < 2 * 3600) return;
  const old = find("#old");
  old.replaceChildren(`This page is ${duration(age)} old. To see the current state, run: `, make("code", "", "tamr board"));
  old.hidden = false;
}
warnIfOld();
setInterval(warnIfOld, 60000);
for (const element of findAll(".tools, .zoom")) element.hidden = false;

// Roles: a table that small screens show as blocks is still one for screen readers.
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell", "thead th": "columnheader", "tbody th": "rowheader" };
for (const [tag, role] of Object.entries(ROLES))
  for (const element of findAll(tag === "table" ? "#matrix" : `#matrix ${tag}`)) element.setAttribute("role", role);

function copyButton(text) {
  const button = make("button", "copy", "Copy", make("span", "vh", ` ${text}`));
  button.type = "button";
  button.dataset.copy = text;
  return button;
}
for (const code of findAll(".command code, .job code")) code.after(copyButton(code.textContent));
const commandBox = (text) => make("span", "command", make("code", "", text), copyButton(text));
function copy(button) {
  const area = document.createElement("textarea"); // Also works on pages opened from disk.
  area.value = button.dataset.copy;
  button.after(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  button.focus();
  button.firstChild.textContent = done ? "Copied" : "Select and copy:";
}

// The filter: a text and the states that are switched on. Kept in the address, for links and reloads.
const field = find("#filter");
const chips = findAll(".chip");
const rows = findAll("#matrix tbody tr");
const cellButtons = findAll("#matrix td button"); // In the order of the data, before rows are sorted.
const cellState = (cell) => (find("i", cell) ? find("i", cell).getAttribute("aria-label") : "");
let lanesShown = () => true;
function applyFilter() {
  const query = field.value.trim().toLowerCase();
  const wanted = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.state);
  const hasState = (cell) => wanted.some((state) => (state === "attention" ? "a" in cell.dataset : cellState(cell) === state));
  const shown = new Set();
  for (const row of rows) {
    const isState = !wanted.length || findAll("td", row).some(hasState);
    row.hidden = !(isState && row.textContent.toLowerCase().includes(query));
    if (!row.hidden) shown.add(find("th", row).textContent);
  }
  const isFiltered = Boolean(query || wanted.length);
  find("#found").textContent = isFiltered ? `${shown.size} of ${rows.length} shown` : "";
  lanesShown = (lane) => !isFiltered || shown.has(lane.product);
  remember("q", query);
  remember("state", wanted.join(","));
}
function remember(key, value) {
  const facts = new URLSearchParams(location.hash.slice(1));
  if (value) facts.set(key, value);
  else facts.delete(key);
  const text = String(facts);
  if (text !== location.hash.slice(1)) history.replaceState(null, "", text ? `#${text}` : location.pathname);
}
const remembered = new URLSearchParams(location.hash.slice(1));
if (field) {
  field.value = remembered.get("q") || "";
  const states = (remembered.get("state") || "").split(",");
  for (const chip of chips) {
    chip.setAttribute("aria-pressed", String(states.includes(chip.dataset.state)));
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      applyFilter();
      drawCharts();
    });
  }
  field.addEventListener("input", () => {
    applyFilter();
    drawCharts();
  });
  applyFilter();
}

// On a small screen the most urgent products come first; else the order of the files.
const small = matchMedia("(max-width: 44rem)");
function sortRows() {
  const sorted = small.matches ? [...rows].sort((a, b) => a.dataset.urgency - b.dataset.urgency) : rows;
  if (rows.length) find("#matrix tbody").append(...sorted);
}
sortRows();
small.addEventListener("change", sortRows);

// One dialog for the details of a product and of a job.
const dialog = find("#dialog");
function showDialog(title, color, words, ...parts) {
  const heading = make("h2", "", title, " ", words && make("span", `tag ${color}`, words));
  heading.id = "dialog-title";
  const close = make("button", "close", "Close");
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(make("div", "", make("header", "", heading, close), ...parts));
  dialog.showModal();
}
function factList(facts) {
  const list = make("dl");
  for (const [name, ...parts] of facts.filter(Boolean)) list.append(make("dt", "", name), make("dd", "", ...parts));
  return list;
}
const jobParts = (number) => (number < 0 ? [] : [make("code", "", data.jobs[number]), " ", copyButton(data.jobs[number])]);
function tenantLink(url) {
  const link = make("a", "", `Open ${url.replace("https://", "")}`);
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}
const ago = (seconds) => at(data.now + seconds); // Times of cells are relative to the page's.
const SATISFIED = data.states.length - 1; // The state of a cell or a step that names none.
function showCell(button) {
  const cell = data.cells[cellButtons.indexOf(button)];
  const { state = SATISFIED } = cell;
  const [symbol, color, , words] = data.states[state];
  const [source, ready, promote] = cell.promote || [];
  const text = (selector) => (find(selector, button) ? find(selector, button).textContent : "");
  const product = find("th", button.closest("tr")).textContent;
  const [stack, version, commit] = [text("span"), text("b"), text("small code")];
  const author = text("small").slice(0, -commit.length).trim();
  const marks = findAll("em", button).map((mark) => `, ${mark.textContent}`).join("");
  const steps = cell.steps || [];
  const last = cell.at === undefined && !cell.deployed ? Math.max(...steps.map((step) => step[2])) : cell.at;
  const request = cell.request ? `, pull request #${cell.request}` : "";
  const facts = factList([
    ["Version", version, cell.since === undefined ? "" : `, counts since ${ago(cell.since)}`, cell.origin ? `, ${cell.origin}` : "", marks],
    author && ["Requested by", `${author}, ${ago(cell.asked)}, commit `, make("code", "", commit), request],
    (cell.deployed || state === SATISFIED) && ["Deployed", cell.deployed || version, last === undefined ? "" : `, since ${ago(last)}`],
    cell.command !== undefined && ["Next", commandBox(data.names[cell.command])],
    promote && ["Promote", `${ready} is deployed in ${source}`, make("br"), commandBox(promote)],
    data.urls[stack] && ["Tenant", tenantLink(data.urls[stack])],
  ]);
  showDialog(`${product} in ${stack}`, color, `${symbol} ${words}`, facts, make("ul", "steps", ...steps.map(stepItem)));
}
function stepItem([name, job, finished, state = SATISFIED, reason, until]) {
  const [symbol, color, words] = data.states[state];
  const mark = make("i", color, symbol);
  mark.setAttribute("aria-hidden", "true");
  const end = finished === null ? words : `${words}, ${ago(finished)}`;
  const why = reason !== undefined ? `${data.names[reason]}${until === null ? "" : ` until ${ago(until)}`}` : "";
  const item = make("li", "", mark, make("b", "", data.names[name]), make("span", "end", end));
  item.append(make("span", "why", why, why && job >= 0 ? make("br") : null, ...jobParts(job)));
  return item;
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && button.dataset.copy) copy(button);
  else if (cellButtons.includes(button)) showCell(button);
  else if (event.target === dialog) dialog.close();
});

const refresh = Number(document.body.dataset.refresh);
if (refresh) setInterval(() => dialog.open || location.reload(), refresh * 1000);
