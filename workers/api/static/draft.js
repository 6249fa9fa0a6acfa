// A form beside its specimens. One line for each of its tables, blocks, columns, rows and sums; keys say what is done with
// the line that is chosen. Each correction is written at once, and what the form reads then is laid over the pages.
"use strict";

const root = document.getElementById("draft");
const part = (id) => document.getElementById(id);
const texts = JSON.parse(root.dataset.texts);
const pages = JSON.parse(root.dataset.pages);
const names = JSON.parse(root.dataset.names);
const sheet = new Sheet(part("sheet"));
let state = null;       // what the server told last
let items = [];         // the lines, with the paths of what they are of
let chosen = 0;
let shownPage = 0;
let leaving = "";       // the line that goes when it is told once more
let typing = null;      // what is asked for: {send, item}
let busy = false;
const waiting = [];     // keys that came while the server was asked
const marked = new Set(); // what is marked, by ids: places move

const keyOf = (path) => path.join("/");
const at = (path) => path.reduce((found, step) => found?.[step], state.form);

// --- Lines -------------------------------------------------------------------------------------------------------

function listItems() {
  const found = [];
  if (!state.form) return found;
  const add = (kind, path, told) => found.push({ kind, path, key: keyOf(path), mark: markOf(kind, path, told.id), ...told });
  add("form", [], { label: ["title"], words: state.form.title, id: state.form.id });
  state.form.tables.forEach((table, t) => {
    add("table", ["tables", t], { label: ["title"], words: table.title ?? "", id: table.id });
    table.blocks.forEach((block, b) => listBlock(block, ["tables", t, "blocks", b], add));
  });
  (state.form.identities ?? []).forEach((sum, i) => {
    const told = state.sums.find((one) => one.path[1] === i);
    add("sum", ["identities", i], { words: `${sum.left.join(" + ")} = ${sum.right.join(" + ")}`, id: sum.id, sum: told });
  });
  return found;
}

function listBlock(block, path, add) {
  const isOpen = block.rows === "open";
  const told = { label: ["heading"], words: block.heading ?? "", id: block.field, unit: block.unit, isOpen };
  const ofRows = isOpen ? [texts.draft_open, block.key ?? "code", String(block.levels ?? "")] : [];
  const isOpenAcross = block.columns === "open";
  const ofColumns = isOpenAcross ? [texts.draft_open_columns, String(block.total_columns ?? "")] : [];
  add("block", path, { ...told, tags: [...ofRows, ...ofColumns] });
  (isOpenAcross ? [] : block.columns).forEach((column, c) => {
    const tags = [(column.path ?? []).join(" / "), column.decimals ? texts.draft_decimals : ""];
    add("column", [...path, "columns", c], { label: ["label"], words: column.label, id: column.id, unit: column.unit, tags });
  });
  if (isOpen) return;
  block.rows.forEach((row, r) => {
    const tags = [(row.group ?? []).join(" / "), row.optional ? texts.draft_optional : ""];
    add("row", [...path, "rows", r], { label: ["label"], words: row.label, id: row.id ?? null, unit: row.unit, tags });
  });
}

// By what a row or column is marked: its ids; "" for what no sum can name.
function markOf(kind, path, id) {
  if ((kind !== "row" && kind !== "column") || id === null) return "";
  return JSON.stringify([at(path.slice(0, 2)).id, at(path.slice(0, 4)).field, kind, id]);
}

function drawItem(item, place) {
  const line = make("div", `item ${item.kind}`);
  line.setAttribute("role", "option");
  line.id = `item-${place}`;
  line.dataset.path = item.key;
  line.setAttribute("aria-selected", String(place === chosen));
  line.classList.toggle("marked", marked.has(item.mark));
  line.append(make("span", item.words ? "" : "none", item.words || texts.draft_no_words));
  line.append(make("span", item.id === null ? "none" : "id", item.id === null ? texts.draft_no_field : item.id));
  for (const tag of [item.unit, ...(item.tags ?? [])].filter(Boolean)) line.append(make("span", "tag", tag));
  if (item.sum) {
    const { holding, count, shown } = item.sum;
    line.append(make("span", holding < count ? "tag bad" : "tag", fill(texts.draft_holds, { holding, count })));
    if (shown.length) line.append(make("span", "figures", shown[0]));
  }
  return line;
}

function showItems() {
  items = listItems();
  chosen = Math.min(chosen, Math.max(0, items.length - 1));
  part("items").replaceChildren(...items.map(drawItem));
  part("said").textContent = "";
  choose(chosen);
}

function choose(place) {
  if (!items.length) return;
  part(`item-${chosen}`)?.setAttribute("aria-selected", "false");
  chosen = Math.min(Math.max(place, 0), items.length - 1);
  const line = part(`item-${chosen}`);
  line.setAttribute("aria-selected", "true");
  line.scrollIntoView({ block: "nearest" });
  part("items").setAttribute("aria-activedescendant", line.id);
  showPlace();
}

// --- The specimen ------------------------------------------------------------------------------------------------

// Patterns of the ids of fields that a line is of; "" for none.
function fieldsOf(item) {
  const any = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\\\{(row|column)\\\}/g, "[^.]+");
  if (item.kind === "sum") {
    const sum = at(item.path);
    return [...sum.left, ...sum.right].map((name) => new RegExp(`^${any(name)}$`));
  }
  if (item.kind !== "row" && item.kind !== "column" && item.kind !== "block") return [];
  const block = at(item.path.slice(0, 4));
  const id = item.kind === "block" ? null : item.id;
  if (item.kind === "row" && id === null) return [];
  const filled = id === null ? block.field : block.field.replace(`{${item.kind}}`, id);
  return [new RegExp(`^${any(filled)}$`)];
}

function boxesOf(item) {
  const patterns = fieldsOf(item);
  const fields = state.fields.filter((field) => field.bbox && patterns.some((pattern) => pattern.test(field.id)));
  const rows = state.rows.filter((row) => keyOf(row.path) === item.key);
  return [...rows, ...fields];
}

function showPlace() {
  const here = items.length ? boxesOf(items[chosen]) : [];
  const inSight = here.find((box) => isOn(box, pages[shownPage])) ?? here[0];
  if (inSight) shownPage = pages.findIndex((page) => isOn(inSight, page));
  showPage(here);
  if (inSight) sheet.focus(inSight.bbox, 0.8);
  part("said").textContent = here.flatMap((box) => box.why ?? []).slice(0, 2).join("; ");
}

const isOn = (box, page) => box.page === page.number && box.specimen === page.specimen;

function showPage(here = []) {
  const page = pages[shownPage];
  if (!page) return;
  const url = `/pages/${page.specimen}/${page.number}.png`;
  const boxes = [
    ...state.rows.map((row) => ({ ...row, kind: row.sure ? "row" : "row finding", title: row.label })),
    ...state.fields.filter((field) => field.bbox).map((field) => ({ ...field, kind: field.status, title: `${field.id} = ${field.raw}` })),
    ...here.map((box) => ({ ...box, kind: "here" })),
  ].filter((box) => isOn(box, page));
  sheet.show({ url, width: page.width, height: page.height, rotation: 0 }, boxes);
  if (!sheet.view) sheet.whole();
  part("page").textContent = fill(texts.draft_page, { name: names[page.specimen], page: page.number });
}

function turn(by) {
  shownPage = Math.min(Math.max(shownPage + by, 0), pages.length - 1);
  showPage();
  sheet.whole();
}

// --- Asking the server -------------------------------------------------------------------------------------------

function take(told) {
  state = told;
  leaving = "";
  const counts = state.counts.map((one) => fill(texts.draft_counts, one)).join(" · ");
  part("state").textContent = state.problems.length ? texts.draft_faulty : counts;
  const faults = state.problems.map((one) => make("li", "fault", `${one.line}:${one.column} ${one.told}`));
  part("faults").replaceChildren(...faults, ...[...state.looks, ...state.findings].map((text) => make("li", "", text)));
  showItems();
  // A sum of those that are left would be another one than was meant.
  const known = new Set(items.map((item) => item.mark));
  if ([...marked].every((mark) => known.has(mark))) return;
  unmark();
  part("said").textContent = texts.draft_unmarked;
}

function unmark() {
  marked.clear();
  for (const line of part("items").querySelectorAll(".marked")) line.classList.remove("marked");
}

async function ask(address, body) {
  if (busy) return false;
  busy = true;
  root.setAttribute("aria-busy", "true");
  try {
    const sent = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(address, sent);
    const told = await answer.json();
    if (answer.ok) take(told);
    else if (answer.status === 409) take(await (await fetch("/draft")).json());
    if (!answer.ok) part("said").textContent = told.detail;
    return answer.ok;
  } catch {
    part("said").textContent = texts.draft_away;
    return false;
  } finally {
    busy = false;
    root.removeAttribute("aria-busy");
    setTimeout(runWaiting);
  }
}

const edit = (act, path, more = {}) => ask("/draft/edits", { revision: state.revision, act, path, ...more });

// --- Keys --------------------------------------------------------------------------------------------------------

// Asks for words; `send` is given what was typed.
function type(question, value, send) {
  typing = send;
  part("asked").textContent = question;
  part("typed").value = value;
  part("typing").hidden = false;
  part(`item-${chosen}`)?.scrollIntoView({ block: "nearest" });
  part("typed").focus();
  part("typed").select();
}

function endTyping() {
  typing = null;
  part("typing").hidden = true;
  part("items").focus();
}

function typeAt(item, key, question, { isList = false, isNumber = false } = {}) {
  const path = [...item.path, key];
  const now = at(path);
  const value = isList ? [now ?? []].flat().join(isNumber ? " " : "，") : String(now ?? "");
  type(question, value, (text) => {
    if (!isList) return edit("set", path, { value: key === "label" || key === "title" ? text : text || null });
    const parts = text.split(isNumber ? /[\s,，]+/ : /[,，]/).map((one) => one.trim()).filter(Boolean);
    return edit("set", path, { value: parts });
  });
}

const COMMANDS = {
  ArrowDown: () => choose(chosen + 1),
  ArrowUp: () => choose(chosen - 1),
  Home: () => choose(0),
  End: () => choose(items.length - 1),
  PageDown: () => turn(1),
  PageUp: () => turn(-1),
  Enter: (item) => {
    if (item.kind === "sum") return type(texts.draft_ask_sum, item.words, (text) => edit("formula", item.path, { value: text }));
    return typeAt(item, item.label[0], texts[`draft_ask_${item.label[0]}`]);
  },
  i: (item) => typeAt(item, item.kind === "block" ? "field" : "id", item.kind === "block" ? texts.draft_ask_field : texts.draft_ask_id),
  e: (item) => ["block", "column", "row"].includes(item.kind) && typeAt(item, "unit", texts.draft_ask_unit),
  a: (item) => ["column", "row"].includes(item.kind) && typeAt(item, "aliases", texts.draft_ask_aliases, { isList: true }),
  l: (item) => item.isOpen && typeAt(item, "levels", texts.draft_ask_levels, { isList: true, isNumber: true }),
  d: (item) => ["column", "row"].includes(item.kind) && edit("set", [...item.path, "decimals"], { value: at(item.path).decimals ? null : true }),
  f: (item) => item.kind === "row" && edit("field", item.path),
  o: (item) => ["block", "column", "row"].includes(item.kind) && edit("open", item.path.slice(0, 4)),
  n: async (item) => item.kind === "row" && (await edit("add_row", item.path)) && choose(chosen + 1),
  Delete: (item) => {
    const isMuch = item.kind === "table" || item.kind === "block";
    if (isMuch && leaving !== item.key) {
      leaving = item.key;
      return void (part("said").textContent = fill(texts.draft_ask_delete, { count: items.filter((one) => one.key.startsWith(`${item.key}/`)).length }));
    }
    return item.path.length && edit("delete", item.path);
  },
  " ": (item) => {
    if (item.kind !== "row" && item.kind !== "column") return;
    if (!item.mark) return void (part("said").textContent = texts.draft_no_mark);
    if (!marked.delete(item.mark)) marked.add(item.mark);
    part(`item-${chosen}`).classList.toggle("marked", marked.has(item.mark));
    choose(chosen + 1);
  },
  "=": async (item) => {
    const parts = items.filter((one) => marked.has(one.mark) && one.key !== item.key).map((one) => [...one.path.slice(0, -1), one.id]);
    if (await edit("sum", item.path, { parts })) unmark();
  },
  u: () => ask("/draft/undo", { revision: state.revision }),
  Escape: () => {
    unmark();
    showPlace();
  },
};

// What a key does; while the server is asked, keys wait for its answer.
function run(key) {
  if (typing) return runTyping(key);
  const command = COMMANDS[key.length === 1 ? key.toLowerCase() : key];
  if (key !== "Delete") leaving = "";
  if (command && (items.length || key === "u")) command(items[chosen]);
}

function runTyping(key) {
  const input = part("typed");
  if (key === "Enter" || key === "Escape") {
    const send = typing, text = input.value.trim();
    endTyping();
    if (key === "Enter") send(text);
  } else if (key.length === 1) {
    input.setRangeText(key, input.selectionStart, input.selectionEnd, "end");
  }
}

function runWaiting() {
  while (waiting.length && !busy) run(waiting.shift());
}

document.addEventListener("keydown", (event) => {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !state) return;
  const isTyped = event.target === part("typed");
  if (isTyped ? !["Enter", "Escape"].includes(key) : event.target.closest("a, button, select, summary")) return;
  const isKnown = isTyped || busy || key.length === 1 || key in COMMANDS;
  if (!isKnown || (event.repeat && !["ArrowDown", "ArrowUp"].includes(key)) || key === "Tab") return;
  event.preventDefault();
  waiting.push(key);
  runWaiting();
});
part("items").addEventListener("click", (event) => {
  const line = event.target.closest(".item");
  if (line) choose(items.findIndex((item) => item.key === line.dataset.path));
});
// Whoever worked on the file in an editor sees it when they come back.
addEventListener("focus", () => state && !typing && !busy && ask("/draft"));
ask("/draft").then(() => part("items").focus());
