// The document view: tables that can be edited, sums that follow every key, and the cell in hand framed on its page.
"use strict";

const paper = document.getElementById("paper");
const texts = JSON.parse(paper.dataset.texts);
const said = document.getElementById("said");

function say(sentence, isBad = false) {
  said.textContent = sentence;
  said.classList.toggle("bad", isBad);
}

const inputsOf = (report) => new Map([...report.querySelectorAll("input[data-field]")].map((input) => [input.dataset.field, input]));
const isUnread = (input) => input.value === input.defaultValue && ["unreadable", "missing"].includes(input.dataset.kind);

function showSums(report) {
  const inputs = inputsOf(report);
  const value = (part) => {
    const input = inputs.get(part.field);
    return !input || isUnread(input) ? undefined : valueOf(input.value);
  };
  const sums = JSON.parse(report.dataset.sums);
  const broken = sums.filter((sum) => differenceOf(sum, value));
  const off = new Set(broken.flatMap((sum) => [...sum.left, ...sum.right].map((part) => part.field)));
  for (const [field, input] of inputs) input.parentElement.classList.toggle("finding", off.has(field) && broken.length > 0);
  const told = broken.map((sum) => showSum(sum, "", value, texts));
  const fine = make("p", "verdict good", `✓ ${fill(texts.sum_count, { good: sums.length - broken.length, all: sums.length })}`);
  report.querySelector(".off").replaceChildren(fine, ...told);
}

function rectOf(input) {
  const report = input.closest(".report").dataset.report;
  return paper.querySelector(`rect[data-report="${report}"][data-field="${CSS.escape(input.dataset.field)}"]`);
}

function frame(input) {
  for (const old of paper.querySelectorAll("rect.here")) old.classList.remove("here");
  const rect = rectOf(input);
  if (!rect) return;
  rect.classList.add("here");
  rect.scrollIntoView({ block: "center", behavior: "instant" });
}

function addressOf(input) {
  const report = input.closest(".report").dataset.report;
  return `/v1/jobs/${paper.dataset.job}/fields/${report}/${encodeURIComponent(input.dataset.field)}`;
}

async function save(input) {
  if (input.value !== input.defaultValue) await write(input);
}

// Says that a cell is right as it stands, and goes on to the next in doubt.
async function accept(input) {
  if (isUnread(input)) return say(texts.said_type, true);
  if (await write(input)) {
    seek(1);
    tellAbout(document.activeElement);
  }
}

// Writes what stands in a cell; whether it was taken.
async function write(input) {
  const report = input.closest(".report");
  const isName = input.dataset.field === "organ";
  const value = isName ? 0 : valueOf(input.value);
  if (value === undefined) {
    say(texts.said_not_number, true);
    return false;
  }
  const kind = isName ? "text" : value !== null ? "number" : input.value.trim() ? "dash" : "blank";
  const answer = await fetch(addressOf(input), {
    method: "PATCH",
    headers: { "Content-Type": "application/json", "If-Match": `"${input.dataset.version}"` },
    body: JSON.stringify({ kind, raw: input.value.trim() }),
  });
  const body = await answer.json();
  const label = input.getAttribute("aria-label");
  if (!answer.ok) {
    say(fill(answer.status === 412 ? texts.said_stale : texts.said_failed, { label, why: (paper.dataset.language !== "en" && texts[`problem_${answer.status}`]) || body.detail }), true);
    return false;
  }
  const inputs = inputsOf(report);
  for (const state of [body.field, ...body.settled]) update(inputs.get(state.field), state);
  report.querySelector(".reviewed").hidden = !body.reviewed;
  const told = [fill(texts.said_decided, { label, value: input.value || texts.kind_blank })];
  if (body.settled.length) told.push(fill(texts.said_settled, { count: body.settled.length, labels: body.settled.map((item) => item.field).join(", ") }));
  say(told.join(" "));
  showSums(report);
  return true;
}

// Goes to the next cell in doubt after the one in hand, or with -1 to the one before it, round the document.
function seek(by) {
  const cells = [...paper.querySelectorAll("input[data-field]")];
  const isOpen = (input) => input?.parentElement.classList.contains("review") ?? false;
  const at = cells.indexOf(document.activeElement);
  const round = [...cells.slice(at + 1), ...cells.slice(0, Math.max(at, 0))];
  const found = by > 0 ? round.find(isOpen) : round.findLast(isOpen);
  if (found) found.focus();
  else if (!isOpen(document.activeElement)) say(texts.said_none_open);
}

function update(input, state) {
  if (!input) return;
  input.value = input.defaultValue = state.raw;
  Object.assign(input.dataset, { version: state.version, kind: state.kind });
  const kind = { person: "corrected", settled: "settled" }[state.origin] ?? state.status;
  input.parentElement.classList.remove("accepted", "review", "corrected", "settled");
  input.parentElement.classList.add(kind);
  rectOf(input)?.setAttribute("class", "box corrected");
}

function move(input, down, right) {
  const row = input.closest("tr");
  const titles = input.closest(".titles")?.querySelectorAll("input");
  if (titles && right) return titles[[...titles].indexOf(input) + right];
  if (titles) return down > 0 ? input.closest(".report").querySelector("td input") : undefined;
  const column = [...row.querySelectorAll("input")].indexOf(input);
  if (right) return [...row.querySelectorAll("input")][column + right];
  const rows = [...input.closest(".report").querySelectorAll("tbody tr")];
  const line = rows[rows.indexOf(row) + down]?.querySelectorAll("input");
  return line?.[Math.min(column, line.length - 1)];
}

// What a key does besides typing and moving. Letters are commands only while nothing was typed into the cell.
function commandOf(event) {
  const input = event.target;
  const digit = event.altKey && /^(?:Digit|Numpad)([1-5])$/.exec(event.code);
  if (digit) return () => choose(input, Number(digit[1]) - 1);
  if (event.key === "Escape") return () => leave(input);
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || input.value !== input.defaultValue) return undefined;
  return { n: () => seek(1), N: () => seek(-1), y: () => accept(input), h: toggleHelp }[event.key];
}

function toggleHelp() {
  const help = document.getElementById("help");
  help.open = !help.open;
}

// What was read or decided again; the help goes first.
function leave(input) {
  const help = document.getElementById("help");
  if (help.open) help.open = false;
  else {
    input.value = input.defaultValue;
    showSums(input.closest(".report"));
    input.select();
  }
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

for (const report of paper.querySelectorAll(".report")) {
  showSums(report);
  report.addEventListener("input", () => showSums(report));
  report.addEventListener("change", (event) => save(event.target));
  report.addEventListener("focusin", (event) => {
    if (event.target.dataset.field) {
      frame(event.target);
      event.target.select();
      tellAbout(event.target);
    }
  });
  report.addEventListener("keydown", (event) => {
    if (!event.target.dataset.field) return;
    const command = commandOf(event);
    if (command) {
      event.preventDefault();
      return command();
    }
    const step = !event.altKey && STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    move(event.target, ...step)?.focus({ preventScroll: false });
    if (event.key === "Enter") event.target.blur();
  });
}

paper.querySelector(".leaves").addEventListener("click", (event) => {
  const rect = event.target.closest("rect");
  const report = rect && paper.querySelector(`.report[data-report="${rect.dataset.report}"]`);
  if (report) inputsOf(report).get(rect.dataset.field)?.focus();
});

const [, at, wanted] = /^#(\d+)\/(.+)$/.exec(decodeURIComponent(location.hash)) ?? [];
if (wanted) inputsOf(paper.querySelector(`.report[data-report="${at}"]`) ?? paper).get(wanted)?.focus();
else seek(1);
