// The card: one doubtful field after the other, each settled by one key. The next card is fetched while this one is
// looked at, and decisions are written while the next one is.
"use strict";

const root = document.getElementById("review");
const texts = JSON.parse(root.dataset.texts);
const language = root.dataset.language;
const filter = JSON.parse(root.dataset.filter);
const part = (id) => document.getElementById(id);
const input = part("value");
const sheet = new Sheet(part("sheet"));
const session = sessionStorage.getItem("session") || crypto.getRandomValues(new Uint32Array(3)).join("-");
sessionStorage.setItem("session", session);

let card = null;      // the one on screen
let since = 0;        // when it came
let touched = false;  // whether something was typed
let pageAt = 0;       // which of its pages is shown
let ready = [];       // cards that come next
let made = [];        // what was decided here, for undo
let unwritten = [];   // cards whose decision is on its way
const settledAs = new Map(); // versions of fields the sums settled, by address
let writing = Promise.resolve();
let fetching = null;
const CELL_REM = 3.2; // height of a cell in the card
const WIDEST = 1.6;   // width of a cell, as a multiple of the card's
const timings = [];   // milliseconds from key to next card, for whoever measures

const addressOf = (field) => `/v1/jobs/${field.job}/fields/${field.report}/${encodeURIComponent(field.field)}`;
const isSame = (a, b) => a && b && a.job === b.job && a.report === b.report && a.field === b.field;
const nameOf = (field) => ({ job: field.job, report: field.report, field: field.field });
const labelOf = (field) => [field.row?.at(-1), field.column?.at(-1)].filter(Boolean).join(" · ") || field.field;
const shownOf = (kind, raw) => (kind === "number" ? raw : texts[`kind_${kind}`]);

function say(sentence, isBad = false) {
  part("said").textContent = sentence;
  part("said").classList.toggle("bad", isBad);
}

async function ask(method, address, body, headers = {}) {
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    try {
      const told = body === undefined ? undefined : JSON.stringify(body);
      const answer = await fetch(address, { method, body: told, headers: { "Content-Type": "application/json", ...headers } });
      if (answer.status < 500 && answer.status !== 429) return { status: answer.status, body: await answer.json() };
    } catch {
      // The service is away for a moment.
    }
    say(texts.said_offline, true);
    await new Promise((resume) => setTimeout(resume, wait));
  }
}

const pageUrl = (field, number) => `/v1/jobs/${field.job}/pages/${number}.jpg?dpi=110`;
const cropUrl = (field) => `${addressOf(field)}/crop.png?dpi=200`;

function preload(field) {
  if (field.place) new Image().src = cropUrl(field);
  if (field.pages.length) new Image().src = pageUrl(field, field.pages[0]);
}

// Fetches one card beyond the one on screen, once at a time.
function prefetch(extra = {}) {
  fetching ??= (async () => {
    const held = [card, ...ready, ...unwritten].filter(Boolean).slice(-20).map(nameOf);
    const { status, body } = await ask("POST", "/v1/review/next", { session, held, ...filter, ...extra });
    fetching = null;
    if (status !== 200) return say(body.detail, true);
    part("waiting").textContent = body.waiting;
    if (!body.field) return;
    if ([card, ...ready, ...unwritten].some((item) => isSame(item, body.field))) return;
    // A card that was on its way while the sums settled it is old.
    if (settledAs.get(addressOf(body.field)) > body.field.version) return prefetch(extra);
    preload(body.field);
    ready.push(body.field);
    if (part("said").textContent === texts.review_loading) say("");
    if (!card) advance();
  })();
  return fetching;
}

async function advance() {
  card = ready.shift() ?? null;
  if (card) {
    show(card);
    if (!ready.length) writing.then(() => prefetch());
    return;
  }
  part("card").hidden = true;
  say(texts.review_loading);
  await writing;
  await prefetch();
  if (!card && !ready.length) {
    part("empty").hidden = false;
    say("");
  }
}

function show(field) {
  card = field;
  touched = false;
  part("empty").hidden = true;
  part("card").hidden = false;
  const doubt = field.status === "review" || field.doubt === "audit" ? field.doubt ?? "none" : "none";
  part("doubt").textContent = texts[`doubt_${doubt}`];
  part("doubt").className = `tag ${doubt}`;
  part("document").textContent = [field.organ, field.year, field.name].filter(Boolean).join(" · ");
  part("whole").href = `/jobs/${field.job}/review#${field.report}/${field.field}`;
  for (const name of ["row", "column"]) {
    part(name).replaceChildren(...field[name].map((text, i, all) => make(i + 1 < all.length ? "span" : "b", "", text)));
  }
  part("place").textContent = [field.table, field.heading, field.unit].filter(Boolean).join(" · ");
  part("reasons").textContent = (field.reasons_in[language] ?? field.reasons).join("；");
  part("cut").hidden = !field.place;
  part("nocrop").hidden = Boolean(field.place);
  if (field.place) showCut(field);
  input.value = field.kind === "number" || field.kind === "dash" ? field.raw : "";
  showCandidates();
  showTyped();
  pageAt = 0;
  showPage();
  input.focus({ preventScroll: true });
  input.select();
  since = performance.now();
}

function showCut(field) {
  part("crop").src = cropUrl(field);
  const [left, top, right, bottom] = field.place.frame.map((share) => `${100 * share}%`);
  const frame = part("frame").style;
  Object.assign(frame, { left, top, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})` });
  sizeCut();
}

// The cell is shown at a height that reads well; one that is wider than the card then begins with its middle.
function sizeCut() {
  const image = part("crop");
  const [left, top, right, bottom] = card?.place?.frame ?? [];
  if (!image.complete || !image.naturalWidth || top === undefined) return;
  const around = part("cut").parentElement;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const high = (CELL_REM * rem) / (bottom - top);
  const wide = Math.min((high * image.naturalWidth) / image.naturalHeight, (WIDEST * around.clientWidth) / (right - left));
  part("cut").style.width = `${wide}px`;
  around.scrollLeft = (wide * (left + right) - around.clientWidth) / 2;
}

function showCandidates() {
  const list = card.candidates.slice(0, 5).map((candidate, i) => {
    const item = make("li");
    const button = make("button", "quiet candidate");
    button.type = "button";
    button.append(make("kbd", "", `Alt ${i + 1}`), make("b", "", candidate.raw || texts.kind_blank));
    const bar = make("meter");
    bar.value = candidate.probability;
    const percent = `${(100 * candidate.probability).toFixed(1)} %`;
    bar.setAttribute("aria-label", percent);
    button.append(bar, make("span", "number", percent));
    button.addEventListener("click", () => choose(i));
    item.append(button);
    return item;
  });
  part("candidates").replaceChildren(...list);
}

function showPage() {
  const number = card.pages[pageAt];
  part("pageno").textContent = number ? `${number}` : "";
  if (!number) return;
  const place = card.place?.page === number ? card.place : null;
  const facts = { width: place?.width ?? 595, height: place?.height ?? 842, rotation: place?.rotation ?? 0 };
  sheet.show({ ...facts, url: pageUrl(card, number) }, place ? [{ bbox: place.bbox, kind: "here" }] : []);
  if (place) sheet.focus(place.bbox);
  else sheet.whole();
}

// What is typed so far as kind and value, with the sums that follow from it.
function reading() {
  if (!touched) return { kind: card.kind, raw: card.raw, value: card.kind === "number" ? card.value : card.kind === "unreadable" ? undefined : null };
  const value = valueOf(input.value);
  const kind = value === undefined ? "unknown" : value !== null ? "number" : input.value.trim() ? "dash" : "blank";
  return { kind, raw: input.value.trim(), value };
}

function showTyped() {
  const now = reading();
  part("kind").textContent = texts[`kind_${now.kind}`] ?? "?";
  input.setAttribute("aria-invalid", String(now.kind === "unknown"));
  const value = (item) => (item.field === card.field ? now.value : partValue(item));
  const lines = card.sums.map((sum) => showSum(sum, card.field, value, texts));
  part("sums").replaceChildren(...(lines.length ? lines : [make("p", "none", texts.cell_sums_none)]));
}

const partValue = (item) => (item.kind === "number" ? item.value : item.kind === "blank" || item.kind === "dash" ? null : undefined);

// Writes a decision about the card and goes on at once; what comes of it is told when it is known.
function decide(kind, raw, printedSo = false) {
  const field = card;
  const started = performance.now();
  const seconds = Math.min((started - since) / 1000, 86400);
  const entry = { field };
  made.push(entry);
  unwritten.push(field);
  say(fill(texts.said_decided, { label: labelOf(field), value: shownOf(kind, raw) }));
  card = null;
  writing = writing.then(() => write(entry, { kind, raw, printed_so: printedSo, seconds, session }));
  advance();
  requestAnimationFrame(() => timings.push(performance.now() - started));
}

async function write(entry, decision) {
  const { field } = entry;
  const { status, body } = await ask("PATCH", addressOf(field), decision, { "If-Match": `"${field.version}"` });
  unwritten = unwritten.filter((item) => item !== field);
  if (status !== 200) {
    made = made.filter((item) => item !== entry);
    const why = status === 412 ? texts.said_stale : texts.said_failed;
    return say(fill(why, { label: labelOf(field), why: body.detail }), true);
  }
  entry.version = body.field.version;
  for (const settled of body.settled) {
    settledAs.set(addressOf(settled), settled.version);
    // Whoever was faster than the sums has the last word.
    for (const item of unwritten.filter((other) => isSame(other, settled))) item.version = settled.version;
  }
  countWaiting(-1 - body.settled.length);
  tellSettled(body);
  ready = ready.filter((item) => !body.settled.some((other) => isSame(item, other)));
  refreshSums([body.field, ...body.settled]);
  if (body.settled.some((other) => isSame(card, other))) {
    card = null;
    advance();
  }
}

function countWaiting(more) {
  part("waiting").textContent = Math.max(0, Number(part("waiting").textContent) + more);
}

function tellSettled(body) {
  const told = [part("said").textContent];
  if (body.settled.length) {
    const labels = body.settled.map((item) => item.field).join(", ");
    told.push(fill(texts.said_settled, { count: body.settled.length, labels }));
  }
  if (body.reviewed) told.push(texts.said_reviewed);
  if (told.length > 1) say(told.join(" "));
}

// Cards that were fetched before a decision show the sums as they are after it.
function refreshSums(changed) {
  for (const shown of [card, ...ready].filter(Boolean)) {
    for (const item of shown.sums.flatMap((sum) => [...sum.left, ...sum.right])) {
      const now = changed.find((other) => other.job === shown.job && other.report === shown.report && other.field === item.field);
      if (now) Object.assign(item, { kind: now.kind, value: now.value, open: now.status === "review" });
    }
  }
  if (card) showTyped();
}

function accept(printedSo = false) {
  const now = reading();
  if (now.kind === "unknown") return say(texts.said_not_number, true);
  if (now.kind === "unreadable" && !touched) return say(texts.said_type, true);
  decide(now.kind, now.raw, printedSo);
}

function choose(position) {
  const candidate = card.candidates[position];
  if (candidate?.kind) decide(candidate.kind, candidate.raw);
}

async function undo() {
  const entry = made.pop();
  if (!entry) return say(texts.said_no_undo, true);
  await writing;
  const { field, version } = entry;
  const { status, body } = await ask("POST", `${addressOf(field)}/undo`, { session }, { "If-Match": `"${version}"` });
  if (status !== 200) return say(fill(texts.said_failed, { label: labelOf(field), why: body.detail }), true);
  countWaiting(1 + body.reopened.length);
  const told = [fill(texts.said_undone, { label: labelOf(field) })];
  if (body.reopened.length) told.push(fill(texts.said_reopened, { count: body.reopened.length }));
  await visit(field);
  say(told.join(" "));
}

// Shows a certain field; the one on screen waits.
async function visit(field) {
  const { status, body } = await ask("GET", addressOf(field));
  if (status !== 200) return say(body.detail, true);
  if (card && !card.visited && !isSame(card, body)) ready.unshift(card);
  ready = ready.filter((item) => !isSame(item, body));
  body.visited = body.status !== "review";
  show(body);
}

function move(arrow) {
  const target = card.neighbours[arrow];
  if (!target) return say(texts.said_edge);
  visit({ job: card.job, report: card.report, field: target });
}

async function nextDocument() {
  const left = card.job;
  card = null;
  ready = ready.filter((item) => item.job !== left);
  await writing;
  await ask("DELETE", `/v1/review/claims?session=${session}`);
  if (!ready.length) await prefetch({ not_job: left });
  if (!card) advance();
}

const ACTS = {
  accept: () => accept(),
  dash: () => decide("dash", valueOf(card.machine.raw) === null && card.machine.raw ? card.machine.raw : "/"),
  blank: () => decide("blank", ""),
  unreadable: () => decide("unreadable", card.machine.raw),
  printed: () => accept(true),
  undo,
  document: nextDocument,
  zoom_in: () => sheet.zoom(1.4),
  zoom_out: () => sheet.zoom(1 / 1.4),
  zoom_page: () => sheet.whole(),
  zoom_cell: () => card.place && sheet.focus(card.place.bbox),
};
const KEYS = {
  Enter: "accept", "/": "dash", "／": "dash", b: "blank", "?": "unreadable", "？": "unreadable", p: "printed",
  u: "undo", g: "document", "]": "zoom_in", "[": "zoom_out",
};
const ARROWS = { ArrowUp: ["up", 0, -1], ArrowDown: ["down", 0, 1], ArrowLeft: ["left", -1, 0], ArrowRight: ["right", 1, 0] };

function onKey(event) {
  const isOwn = event.target === input || !event.target.closest("input, select, summary, a, button");
  if (!isOwn || event.ctrlKey || event.metaKey || event.isComposing) return;
  const used = event.altKey ? onAlt(event) : onPlain(event);
  if (used) event.preventDefault();
}

function onAlt(event) {
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(event.code);
  if (digit && card) choose(Number(digit[1]) - 1);
  return Boolean(digit);
}

function onPlain(event) {
  const arrow = ARROWS[event.key];
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!card) {
    if (act === "undo") undo();
    return act === "undo";
  }
  if (arrow && event.shiftKey) sheet.pan(arrow[1] * 0.2, arrow[2] * 0.2);
  else if (arrow) move(arrow[0]);
  else if (event.key === "PageDown" || event.key === "PageUp") turn(event.key === "PageDown" ? 1 : -1);
  else if (act && !(event.repeat && act !== "zoom_in" && act !== "zoom_out")) ACTS[act]();
  return Boolean(arrow || act || event.key.startsWith("Page"));
}

function turn(by) {
  pageAt = Math.min(Math.max(pageAt + by, 0), card.pages.length - 1);
  showPage();
}

document.addEventListener("keydown", onKey);
part("crop").addEventListener("load", sizeCut);
addEventListener("resize", sizeCut);
input.addEventListener("input", () => {
  touched = true;
  showTyped();
});
root.addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (!act || (!card && act !== "undo")) return;
  ACTS[act]();
  input.focus({ preventScroll: true });
});
addEventListener("pagehide", () => {
  fetch(`/v1/review/claims?session=${session}`, { method: "DELETE", keepalive: true });
});
advance();
