
// The timelines: one lane a product, drawn anew for each span and each width.
const tip = find("#tip");
const HOUR = 3600;
const SPANS = { 6: [1, 2, 6], 24: [2, 4, 24], 168: [24, 24, 168] }; // Hours: a tick, on a small screen, back.
const usual = small.matches ? "6" : "24";
let zoom = SPANS[remembered.get("zoom")] ? remembered.get("zoom") : usual;
const back = Math.max(0, ...data.tenants.map((tenant) => tenant.back)) / HOUR;

function readLane([product, stack, bars, groups]) {
  const lane = { product: data.names[product] || "", stack: data.names[stack] || "" };
  const read = ([name, word, job, start, length, wait, reason]) => ({
    lane, job, start, wait,
    reason: reason === undefined ? "" : data.names[reason],
    name: data.names[name],
    words: data.words[word][0],
    state: data.states[data.words[word][1]],
    end: start + length,
  });
  const group = ([start, length, count, state = SATISFIED]) => ({
    lane, count, job: -1, wait: 0,
    start: start * 60,
    name: `${count} ${count === 1 ? "job" : "jobs"}`,
    words: (data.words.find((word) => word[1] === state) || [data.states[state][2]])[0],
    state: data.states[state],
    end: (start + length) * 60,
  });
  lane.all = [...groups.map(group), ...bars.map(read)];
  return lane;
}
for (const tenant of data.tenants) tenant.lanes = tenant.lanes.map(readLane);

function describe(bar, tenant) {
  const moment = (offset) => at(tenant.now + offset);
  const length = bar.end - bar.start;
  const owner = bar.lane.product ? `${bar.lane.product} in ${bar.lane.stack}` : "other users";
  const isOpen = !["succeeded", "failed", "stopped"].includes(bar.words);
  let when = `${moment(bar.start)} to ${moment(bar.end)}, ${duration(length)}`;
  if (isOpen) when = `${bar.words === "expected" ? "from about" : "since"} ${moment(bar.start)}` + (length > 60 ? `, done by about ${moment(bar.end)}` : "");
  const queued = bar.wait > 60 ? `queued for ${duration(bar.wait)}` : "";
  return [bar.name, `${bar.words}, ${owner}`, when, queued, bar.reason || ""].filter(Boolean);
}
function showTip(element, lines) {
  tip.replaceChildren(make("b", "", lines[0]), ...lines.slice(1).map((line) => make("span", "", line)));
  tip.hidden = false;
  const box = element.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left), innerWidth - tip.offsetWidth - 8);
  const below = box.bottom + 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${below + tip.offsetHeight > innerHeight ? box.top - tip.offsetHeight - 6 : below}px`;
}
function showJob(bar, tenant) {
  const [, words, when, ...more] = describe(bar, tenant);
  const url = tenant.url;
  showDialog(bar.name, "", "", factList([
    ["State", words],
    ["Time", when],
    more.length && ["More", more.join("; ")],
    bar.job >= 0 && ["Job", ...jobParts(bar.job)],
    url && ["Tenant", tenantLink(url)],
  ]));
}

// The first row of a lane that is free when a bar starts; a week has one row.
function placeBars(bars) {
  if (zoom === "168") for (const bar of bars) bar.row = 0;
  if (zoom === "168") return 1;
  const ends = [];
  for (const bar of bars) {
    let row = ends.findIndex((end) => end <= bar.start + 1); // Seconds are rounded.
    if (row < 0) row = ends.length;
    ends[row] = Math.max(bar.end, bar.start + 1);
    bar.row = row;
  }
  return ends.length;
}
// The longest label that fits: the step, its kind, or one character.
function fitLabel(bar, pixels) {
  const symbol = bar.words === "failed" || bar.words === "stopped" ? bar.state[0] : "";
  const kind = bar.count ? String(bar.count) : bar.name.split(" ")[0];
  const texts = [bar.name, kind].map((text) => (symbol ? `${symbol} ${text}` : text));
  return [...texts, symbol || kind[0].toUpperCase()].find((text) => text.length * 6.3 + 10 < pixels || (text.length < 2 && pixels > 11)) || symbol;
}
// A bar is filled from the start of the work to now: light before it, in the queue, and after now.
function shade(bar) {
  const length = bar.end - bar.start;
  if (!length || bar.words === "expected") return "";
  const from = (100 * bar.wait) / length;
  const to = (100 * Math.min(length, -bar.start)) / length;
  return from > 0 || to < 100 ? `linear-gradient(90deg, var(--card) ${from}%, var(--fill) ${from}% ${to}%, var(--card) ${to}%)` : "";
}
function makeBar(bar, view, tenant) {
  const [symbol, color] = bar.state;
  const left = view.x(Math.max(bar.start, view.begin));
  const width = Math.max(0.15, view.x(Math.min(bar.end, view.end)) - left);
  const kind = [bar.words === "expected" && "expected", bar.words === "pending" && "soft", !bar.lane.product && "other"];
  const button = make("button", ["bar", color, bar.state[0] === data.states[1][0] || bar.state[0] === data.states[2][0] ? "sign" : "", ...kind.filter(Boolean)].join(" "));
  button.textContent = fitLabel(bar, (width / 100) * view.width);
  if (!button.textContent || button.textContent.length === 1) button.classList.add("bare");
  button.type = "button";
  button.style.left = `${left}%`;
  button.style.width = `${width}%`;
  button.style.background = shade(bar);
  button.style.top = `${0.3 + bar.row * 1.4}rem`;
  const lines = describe(bar, tenant);
  button.setAttribute("aria-label", lines.join(", "));
  button.tabIndex = -1;
  button.addEventListener("click", () => showJob(bar, tenant));
  button.addEventListener("pointerenter", () => showTip(button, lines));
  button.addEventListener("focus", () => button.matches(":focus-visible") && showTip(button, lines));
  for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => { tip.hidden = true; });
  return button;
}
function makeLane(lane, view, tenant) {
  const bars = lane.all.filter((bar) => bar.end >= view.begin && bar.start <= view.end);
  if (!bars.length || (lane.product && !lanesShown(lane))) return null;
  const track = make("div", "track");
  track.style.height = `${0.6 + placeBars(bars) * 1.4 - 0.15}rem`;
  track.append(...bars.map((bar) => makeBar(bar, view, tenant)));
  const stacks = new Set(tenant.lanes.map((other) => other.stack).filter(Boolean));
  const name = lane.product && stacks.size > 1 ? `${lane.product} (${lane.stack})` : lane.product;
  const label = make("div", "name", name || "Other users");
  label.title = name || "";
  return make("div", lane.product ? "lane" : "lane others", label, track);
}

// How many slots were in use: the area below the step line; what is above it was free.
function makeUsage(view, tenant) {
  const jobs = new Map();
  for (const lane of tenant.lanes) for (const bar of lane.all) if (!bar.count) jobs.set(bar.job < 0 ? bar : bar.job, bar);
  const changes = new Map();
  const change = (moment, count) => changes.set(moment, (changes.get(moment) || 0) + count);
  for (const bar of jobs.values()) {
    change(bar.start, 1);
    change(bar.end, -1);
  }
  let used = 0;
  let path = "M0 100";
  const y = () => 100 - (100 * Math.min(used, tenant.slots)) / tenant.slots;
  for (const [moment, count] of [...changes].filter((entry) => entry[1]).sort((a, b) => a[0] - b[0])) {
    const x = Math.min(100, Math.max(0, view.x(moment)));
    path += `H${x.toFixed(2)}`;
    used += count;
    path += `V${y().toFixed(1)}`;
  }
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const shapes = [["free-area", "M0 0H100V100H0Z"], ["used", `${path}H100V100Z`]];
  for (const [name, d] of shapes) {
    const shape = document.createElementNS(space, "path");
    shape.setAttribute("class", name);
    shape.setAttribute("d", d);
    svg.append(shape);
  }
  return make("div", "lane usage", make("div", "name", `${tenant.slots} slots`), make("div", "track", svg));
}
function makeTicks(view, tenant, hours) {
  const axis = make("div", "axis");
  const grid = make("div", "grid");
  const first = day(new Date((tenant.now + view.begin) * 1000));
  for (let count = 0; ; count += hours) {
    const date = new Date(first);
    date.setHours(count);
    const x = view.x(date / 1000 - tenant.now);
    if (x > 100) break;
    if (x < 0) continue;
    const line = make("b");
    line.style.left = `${x}%`;
    grid.append(line);
    const isMidnight = date.getHours() === 0;
    const text = isMidnight ? date.toLocaleDateString("en", { weekday: "short", day: "numeric" }) : clock(date);
    const label = make("span", "", text);
    label.style.left = `${x}%`;
    if (x > 3 && x < 97 && Math.abs(x - view.x(0)) > 4800 / view.width) axis.append(label);
  }
  const now = make("span", "today", "now");
  const line = make("b", "today");
  now.style.left = line.style.left = `${view.x(0)}%`;
  axis.append(now);
  grid.append(line);
  return [axis, grid];
}
function drawChart(chart) {
  const tenant = data.tenants[chart.dataset.tenant];
  const [wide, narrow, hours] = SPANS[zoom];
  const begin = -hours * HOUR;
  const ends = tenant.lanes.flatMap((lane) => lane.all.map((bar) => bar.end));
  const end = Math.min(Math.max((hours / 24) * HOUR, ...ends), (hours / 3) * HOUR);
  const label = small.matches ? 0 : 11 * 16;
  const view = { begin, end, width: chart.clientWidth - label, x: (moment) => (100 * (moment - begin)) / (end - begin) };
  const [axis, grid] = makeTicks(view, tenant, small.matches ? narrow : wide);
  const lanes = tenant.lanes.map((lane) => makeLane(lane, view, tenant)).filter(Boolean);
  const usage = hours <= 24 ? makeUsage(view, tenant) : null;
  const plot = make("div", "plot", grid, usage, ...lanes);
  const quiet = lanes.length ? null : make("p", "quiet", "No jobs in this time.");
  chart.replaceChildren(axis, plot, ...(quiet ? [quiet] : []));
  chart.classList.toggle("tall", lanes.length > 20);
  const bars = findAll(".bar", chart);
  if (bars.length) bars[bars.length - 1].tabIndex = 0; // One stop for Tab; the arrow keys move between bars.
}
function drawCharts() {
  for (const chart of findAll(".chart")) drawChart(chart);
}
function moveFocus(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.classList.contains("bar")) return;
  const bars = findAll(".bar", event.currentTarget);
  const next = bars[bars.indexOf(event.target) + step];
  event.preventDefault();
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
function fillList(list) {
  const place = find(".scrolls", list);
  if (!list.open || place.firstChild) return;
  const tenant = data.tenants[find(".chart", list.parentElement).dataset.tenant];
  const bars = tenant.lanes.flatMap((lane) => lane.all).filter((bar) => !bar.count).sort((a, b) => b.start - a.start);
  const cells = (tag, texts) => texts.map((text) => make(tag, "", text));
  const head = make("tr", "", ...cells("th", ["Job", "State and product", "Time", "ID"]));
  for (const cell of head.children) cell.scope = "col";
  const body = bars.map((bar) => {
    const [name, words, ...times] = describe(bar, tenant);
    return make("tr", "", ...cells("td", [name, words, times.join(", ")]), make("td", "", ...(bar.job < 0 ? [] : [make("code", "", data.jobs[bar.job])])));
  });
  place.append(make("table", "", make("thead", "", head), make("tbody", "", ...body)));
}
for (const chart of findAll(".chart")) chart.addEventListener("keydown", moveFocus);
for (const list of findAll(".list")) list.addEventListener("toggle", () => fillList(list));
for (const radio of findAll(".zoom input")) {
  radio.checked = radio.value === zoom;
  if (Number(radio.value) > Math.max(24, back)) radio.parentElement.hidden = true;
  radio.addEventListener("change", () => {
    zoom = radio.value;
    remember("zoom", zoom === usual ? "" : zoom);
    drawCharts();
  });
}
addEventListener("resize", drawCharts);
drawCharts();
