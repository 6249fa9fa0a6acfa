// One doubtful field after the other, each settled by one key. The next card is fetched while this one is looked at, and
// decisions are written while the next one is. How a card is drawn stands in card.js, what keys do in keys.js.
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

let hand = null;      // what is on screen: a field, or several of one question (together.js)
let card = null;      // the field of it that is looked at
let since = 0;        // when it came
let touched = false;  // whether something was typed
let held_elsewhere = 0; // fields that wait though none is given out: others have them in hand
let asked = [];       // the decisions that are asked back
let pageAt = 0;       // which of its pages is shown
let ready = [];       // what comes next
let unwritten = [];   // fields whose decision is on its way
const unsent = new Set(); // decisions that wait for their turn to be sent
const settledAs = new Map(); // versions of fields the sums settled, by address
let writing = Promise.resolve();
let fetching = null;
const NAMED = 4;       // fields that are told by name; of more the first, and how many
let changes = 0;      // decisions written or taken back
let returning = 0;    // decisions that are being taken back
const twins = [];     // what is offered: accepted fields that look like one that was corrected
const timings = [];   // milliseconds from key to next card, for whoever measures

const addressOf = (field) => `/v1/jobs/${field.job}/fields/${field.report}/${encodeURIComponent(field.field)}`;
const isSame = (a, b) => a && b && a.job === b.job && a.report === b.report && a.field === b.field;
const nameOf = (field) => ({ job: field.job, report: field.report, field: field.field });
const labelsOf = (fields) => (fields.length > NAMED
  ? fill(texts.list_many, { first: fields[0].label, count: fields.length, others: fields.length - 1 })
  : fields.map((field) => field.label).join(texts.list_comma));
const shownOf = (kind, raw) => (kind === "number" || kind === "text" ? raw : texts[`kind_${kind}`]);
// What is said of fields; of more than a few each value once, with how often.
function valuesOf(decisions) {
  const values = decisions.map(({ kind, raw }) => shownOf(kind, raw));
  if (values.length <= NAMED) return values.join(texts.list_comma);
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => fill(texts.list_times, { value, count })).join(texts.list_comma);
}

function say(sentence, isBad = false) {
  part("said").textContent = sentence;
  part("said").classList.toggle("bad", isBad);
}

// Why something was not done: what the service says is English, elsewhere the page has words of its own for most of it.
const whyNot = ({ status, body }) => (language !== "en" && texts[`problem_${status}`]) || body.detail;

async function ask(method, address, body, headers = {}) {
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    try {
      const told = body === undefined ? undefined : JSON.stringify(body);
      // What is decided is written though the page goes; browsers do that for small requests only.
      const keepalive = address.endsWith("/decisions");
      const answer = await fetch(address, { method, body: told, keepalive, headers: { "Content-Type": "application/json", ...headers } });
      if (answer.status < 500 && answer.status !== 429) return { status: answer.status, body: await answer.json() };
    } catch {
      // The service is away for a moment.
    }
    say(texts.said_offline, true);
    await new Promise((resume) => setTimeout(resume, wait));
  }
}

const inHand = () => [...membersOf([hand, ...ready].filter(Boolean)), ...unwritten];

// Fetches one more card, once at a time.
function prefetch(extra = {}) {
  fetching ??= (async () => {
    const held = inHand().slice(-400).map(nameOf);
    const known = changes;
    const { status, body } = await ask("POST", "/v1/review/next", { session, held, ...filter, ...extra });
    fetching = null;
    if (status !== 200) return say(whyNot({ status, body }), true);
    // A number counted while something was being written or taken back may lack it, or hold it already.
    if (known === changes && !unwritten.length && !returning) part("waiting").textContent = body.waiting;
    held_elsewhere = body.field ? 0 : body.waiting;
    if (!body.field) return;
    if (inHand().some((item) => isSame(item, body.field))) return;
    // A card that was on its way while the sums settled it is old.
    if (settledAs.get(addressOf(body.field)) > body.field.version) return prefetch(extra);
    body.field.together = body.field.together.filter((field) => !(settledAs.get(addressOf(field)) > field.version));
    preload(body.field);
    ready.push(handOf(body.field));
    if (part("said").textContent === texts.review_loading) say("");
    if (!hand) advance();
    else topUp();
  })();
  return fetching;
}

const AHEAD = 3; // cards fetched beyond the one on screen, with their pictures

// What is written comes first: what it settles is not asked any more.
function topUp() {
  if (ready.length < AHEAD) writing.then(() => prefetch());
}

async function advance() {
  hand = ready.shift() ?? null;
  card = null;
  touched = false;
  if (hand) {
    show(hand);
    topUp();
    return;
  }
  part("card").hidden = true;
  say(texts.review_loading);
  await writing;
  await prefetch();
  if (!hand && !ready.length) {
    part("empty").hidden = false;
    say(held_elsewhere ? fill(texts.said_held, { count: held_elsewhere }) : "");
  }
}

// Says what is printed in the cell that is looked at. Of several fields it is kept until all are said.
function propose(decision) {
  if (isTitle(card) && ["dash", "blank"].includes(decision.kind)) return say(texts.said_title, true);
  if (isGroup()) put(decision);
  else conclude([{ ...decision, card }]);
}

// Decides at once, or asks back first. What was asked back is decided when it is said once more.
function conclude(decisions) {
  const told = isSameDecision(asked, decisions) ? [] : objections(decisions, texts);
  if (told.length) askBack(decisions, told);
  else decide(decisions);
}

// Writes what was decided and goes on at once; what comes of it is told when it is known.
function decide(decisions) {
  const started = performance.now();
  const seconds = Math.min((started - since) / 1000, 86400);
  const fields = decisions.map((decision) => decision.card);
  ready.unshift(...leftOver());
  unwritten.push(...fields);
  say(fill(texts.said_decided, { label: labelsOf(fields), value: valuesOf(decisions) }));
  hand = card = null;
  for (const ofReport of byReport(decisions)) {
    unsent.add(ofReport);
    writing = writing.then(() => write(ofReport, (seconds * ofReport.length) / decisions.length));
  }
  advance();
  requestAnimationFrame(() => timings.push(performance.now() - started));
}

// Decisions are written report by report: each is one step that `u` takes back.
function byReport(decisions) {
  const found = new Map();
  for (const decision of decisions) {
    const { job, report } = decision.card;
    const name = `${job}/${report}`;
    found.set(name, [...(found.get(name) ?? []), decision]);
  }
  return [...found.values()];
}

// Sends decisions; as `ask`.
function send(decisions, seconds = 0) {
  unsent.delete(decisions);
  const told = decisions.map(({ card: { field, version }, kind, raw, printed_so = false }) => ({ field, version, kind, raw, printed_so }));
  const { job, report } = decisions[0].card;
  return ask("POST", `/v1/jobs/${job}/decisions`, { report, decisions: told, seconds, session });
}

async function write(decisions, seconds) {
  const fields = decisions.map((decision) => decision.card);
  const { status, body } = await send(decisions, seconds);
  unwritten = unwritten.filter((item) => !fields.includes(item));
  if (status !== 200) {
    const why = status === 412 ? texts.said_stale : texts.said_failed;
    return say(fill(why, { label: labelsOf(fields), why: whyNot({ status, body }) }), true);
  }
  for (const settled of body.settled) {
    settledAs.set(addressOf(settled), settled.version);
    // Whoever was faster than the sums has the last word.
    for (const item of unwritten.filter((other) => isSame(other, settled))) item.version = settled.version;
  }
  changes += 1;
  countWaiting(-fields.filter((field) => field.open).length - body.settled.length);
  tellSettled(body);
  refreshSums([...body.fields, ...body.settled]);
  takeOut(body.settled);
  offer(body.contradicted);
  for (const field of body.fields.filter(isCorrected).slice(0, LOOKED_UP)) seekTwins(field);
}

const LOOKED_UP = 3; // corrected fields of one decision whose like are looked for
const isCorrected = (field) => field.origin === "person" && field.machine.raw !== "" && (field.kind !== field.machine.kind || field.value !== field.machine.value);

// Accepted fields that look like one that was corrected are offered, and shown by a key: nobody waits for them.
async function seekTwins(field) {
  const { status, body } = await ask("GET", `${addressOf(field)}/twins`);
  if (status !== 200 || !body.fields.length) return;
  twins.push({ fields: body.fields, told: { kind: field.kind, raw: field.raw, value: partValue(field) }, read: field.machine.raw });
  tellTwins();
}

function tellTwins() {
  const [next] = twins;
  part("twinskey").hidden = !next;
  if (next) part("twins").textContent = fill(texts.said_twins, { count: next.fields.length, read: next.read, told: shownOf(next.told.kind, next.told.raw) });
}

// Shows the fields that are offered; what the corrected one was decided to be is said of all by one more key.
function showTwins() {
  const next = twins.shift();
  tellTwins();
  if (!next) return say(texts.said_no_twins);
  const [first] = next.fields;
  const shown = handOf({ ...first, bond: "twins", together: next.fields });
  putBefore(Object.assign(shown, { told: next.told }));
  // Of several the question says what `s` writes.
  if (!isGroup()) say(fill(texts.said_twin, { told: shownOf(next.told.kind, next.told.raw) }));
}

// Fields of other years' reports that a correction contradicts come next, though nobody asked about them.
async function offer(contradicted) {
  for (const field of contradicted) {
    const { status, body } = await ask("GET", addressOf(field));
    if (status !== 200) continue;
    const next = handOf(body, false);
    next.visited = true;
    const told = fill(texts.said_contradicted, { label: body.label, value: shownOf(body.kind, body.raw), year: body.year });
    if (hand) ready.unshift(next);
    else show(next);
    say([part("said").textContent, told].join(" "));
  }
}

// Fields that were settled need not be asked any more.
function takeOut(settled) {
  const isLeft = (field) => !settled.some((other) => isSame(field, other));
  for (const item of [hand, ...ready].filter(Boolean)) {
    const current = item.members[item.at];
    item.members = item.members.filter(isLeft);
    item.at = Math.max(0, item.members.indexOf(current));
    if (item.members.length < 2) item.bond = null;
  }
  ready = ready.filter((item) => item.members.length);
  if (hand && !hand.members.length) {
    hand = card = null;
    advance();
  } else if (hand && settled.length) {
    if (hand.members[hand.at] === card) showTogether();
    else show(hand);
  }
}

function countWaiting(more) {
  part("waiting").textContent = Math.max(0, Number(part("waiting").textContent) + more);
}

function tellSettled(body) {
  const told = [part("said").textContent];
  if (body.settled.length) {
    told.push(fill(texts.said_settled, { count: body.settled.length, labels: labelsOf(body.settled) }));
  }
  if (body.reviewed) told.push(texts.said_reviewed);
  if (told.length > 1) say(told.join(" "));
}

// Cards that were fetched before a decision show the sums as they are after it.
function refreshSums(changed) {
  for (const shown of membersOf([hand, ...ready].filter(Boolean))) {
    for (const item of shown.sums.flatMap((sum) => [...sum.left, ...sum.right])) {
      const now = changed.find((other) => other.job === shown.job && other.report === shown.report && other.field === item.field);
      if (now) Object.assign(item, { kind: now.kind, value: now.value, open: now.status === "review", printed_so: now.printed_so });
    }
  }
  if (card) showTyped();
}

function accept(printed_so = false) {
  if (isGroup()) {
    const decisions = sayAll(printed_so);
    if (!decisions.length && hand.wrong.size === hand.members.length) return split();
    if (decisions.length) conclude(decisions);
    return;
  }
  if (asked.length) return conclude(asked.map((decision) => ({ ...decision, printed_so })));
  const now = reading();
  if (now.kind === "unknown") return say(isTitle(card) ? texts.said_title : texts.said_not_number, true);
  if (now.kind === "unreadable" && !touched) return say(texts.said_type, true);
  propose({ ...now, printed_so });
}

function choose(position) {
  const candidate = card.candidates[position];
  if (candidate?.kind) propose({ kind: candidate.kind, raw: candidate.raw, value: candidate.value });
}

// Takes back what was said and is not written yet; else what whoever is signed in decided last, here or anywhere, of the
// document alone that is reviewed alone, and shows it again.
function undo() {
  if (hand && unsay()) return;
  writing = writing.then(takeBack);
}

async function takeBack() {
  returning += 1;
  const { status, body } = await ask("POST", "/v1/review/undo", { session, job: filter.job ?? "" });
  returning -= 1;
  if (status !== 200) return say(status !== 409 ? whyNot({ status, body }) : filter.job ? texts.said_no_undo_here : texts.said_no_undo, true);
  changes += 1;
  countWaiting([body.field, ...body.reopened].filter((field) => field.open).length);
  refreshSums([body.field, ...body.reopened]);
  const { kind, raw } = body.taken.reading;
  const made = new Date(body.taken.made).toLocaleString(document.documentElement.lang);
  const told = [fill(texts.said_undone, { label: body.field.label, value: shownOf(kind, raw), made })];
  for (const [text, fields] of [[texts.said_reopened, body.reopened.filter((field) => field.open)], [texts.said_restored, body.reopened.filter((field) => !field.open)]]) {
    if (fields.length) told.push(fill(text, { count: fields.length, labels: labelsOf(fields) }));
  }
  await visit(body.field, true);
  say(told.join(" "));
}

// Shows a certain field, with all of its question if need be; what is on screen waits.
async function visit(field, isWhole = false) {
  const { status, body } = await ask("GET", addressOf(field));
  if (status !== 200) return say(whyNot({ status, body }), true);
  const next = handOf(body, isWhole);
  next.visited = !body.open;
  putBefore(next);
}

// Shows something before what is on screen, which waits but for what is shown now.
function putBefore(next) {
  const isShown = (item) => next.members.some((other) => isSame(item, other));
  if (hand && !hand.visited) ready.unshift(hand);
  for (const item of ready) {
    item.members = item.members.filter((other) => !isShown(other));
    item.at = 0;
    if (item.members.length < 2) item.bond = null;
  }
  ready = ready.filter((item) => item.members.length);
  show(next);
}

// All that is open in the row, column or table of the field in hand; what of it comes next anyway comes now.
async function takeWhole(whole) {
  const { status, body } = await ask("POST", "/v1/review/whole", { ...nameOf(card), session, whole });
  if (status !== 200) return say(whyNot({ status, body }), true);
  if (!body.together.length) return say(texts.said_alone);
  for (const field of body.together) alone.delete(addressOf(field));
  putBefore(handOf(body));
}

// All that is open, in any document, and reads what the field in hand does.
async function takeAlike() {
  const { job: only_job = "", form, year, organ, batch } = filter;
  const { status, body } = await ask("POST", "/v1/review/alike", { ...nameOf(card), session, only_job, form, year, organ, batch });
  if (status !== 200) return say(whyNot({ status, body }), true);
  if (body.together.length < 2) return say(texts.said_alone);
  for (const field of body.together) alone.delete(addressOf(field));
  putBefore(handOf(body));
}

function move(arrow) {
  const by = { up: -1, left: -1, down: 1, right: 1 }[arrow];
  if (isGrid() && (arrow === "up" || arrow === "down")) return step(by * perRow());
  if (isGroup()) return step(by);
  const target = card.neighbours[arrow];
  if (!target) return say(texts.said_edge);
  visit({ job: card.job, report: card.report, field: target });
}

async function nextDocument() {
  const left = card.job;
  hand = card = null;
  ready = ready.filter((item) => item.members[0].job !== left);
  await writing;
  await ask("DELETE", `/v1/review/claims?session=${session}`);
  if (!ready.length) await prefetch({ not_job: left });
  if (!hand) advance();
}

addEventListener("pagehide", () => {
  // Whoever is faster than the service and leaves loses nothing of what waits for its turn.
  for (const decisions of unsent) send(decisions);
  fetch(`/v1/review/claims?session=${session}`, { method: "DELETE", keepalive: true });
});
