// What keys and buttons do. Letters are commands only while nothing was typed into the box; once it holds something,
// they are typed, and what is no number then is not accepted.
"use strict";

const ACTS = {
  accept: () => accept(),
  dash: () => propose({ kind: "dash", raw: valueOf(card.machine.raw) === null && card.machine.raw ? card.machine.raw : "/" }),
  blank: () => propose({ kind: "blank", raw: "" }),
  unreadable: () => propose({ kind: "unreadable", raw: "" }),
  absent: () => sayAbsent(),
  printed: () => accept(true),
  restore: () => {
    if (root.classList.contains("with-more")) return toggle("more");
    hand.said.delete(addressOf(card));
    restore();
    input.select();
  },
  split,
  same: () => sayOfAll(),
  twins: () => showTwins(),
  whole_row: () => takeWhole("row"),
  whole_column: () => takeWhole("column"),
  whole_table: () => takeWhole("table"),
  alike: () => takeAlike(),
  mark: () => mark(),
  comment: () => {
    part("commentline").hidden = false;
    part("comment").focus();
  },
  more: () => toggle("more"),
  page: () => toggle("page"),
  undo,
  document: nextDocument,
  zoom_in: () => sheet.zoom(1.4),
  zoom_out: () => sheet.zoom(1 / 1.4),
  zoom_page: () => sheet.whole(),
  zoom_cell: () => card.place && sheet.focus(card.place.bbox),
};
const KEYS = {
  Enter: "accept", Escape: "restore", "/": "dash", "／": "dash", b: "blank", "?": "unreadable", "？": "unreadable",
  n: "absent", p: "printed", u: "undo", g: "document", x: "split", r: "whole_row", l: "whole_column", t: "whole_table", k: "alike", s: "same", o: "twins", m: "comment", " ": "mark", h: "more", v: "page", w: "zoom_page", c: "zoom_cell", "]": "zoom_in", "[": "zoom_out",
};
const ARROWS = { ArrowUp: ["up", 0, -1], ArrowDown: ["down", 0, 1], ArrowLeft: ["left", -1, 0], ArrowRight: ["right", 1, 0] };
const REPEATED = new Set(["zoom_in", "zoom_out"]);
const NEVER_TYPED = new Set([...REPEATED, "accept", "restore"]);

// Does what a key or button is for; what was complained of in the box is no more.
function perform(act) {
  forgive();
  ACTS[act]();
}

function forgive() {
  if ([texts.said_not_number, texts.said_title, texts.said_type].includes(part("said").textContent)) say("");
}

// Shows all keys, or the page in place of the card.
function toggle(name) {
  const isOn = root.classList.toggle(`with-${name}`);
  part(`${name}key`).setAttribute("aria-expanded", String(isOn));
  if (name === "page") showPage();
}

function onKey(event) {
  const isOwn = event.target === input || !event.target.closest("input, select, summary, a, button");
  if (!isOwn || event.ctrlKey || event.metaKey || event.isComposing) return;
  const used = event.altKey ? onAlt(event) : onPlain(event);
  if (used) event.preventDefault();
}

function onAlt(event) {
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(event.code);
  if (digit && card && !event.repeat) choose(Number(digit[1]) - 1);
  return Boolean(digit);
}

// The command a key is; none where it is typed.
function commandOf(key) {
  const act = KEYS[key.length === 1 ? key.toLowerCase() : key];
  const isTyped = touched && !NEVER_TYPED.has(act) && !(asked.length && act === "printed");
  return isTyped ? undefined : act;
}

function onPlain(event) {
  const act = commandOf(event.key);
  if (!card) {
    const isOn = ["undo", "twins"].includes(act);
    if (isOn && !event.repeat) perform(act);
    return isOn;
  }
  const arrow = ARROWS[event.key];
  const isAcross = event.key === "ArrowLeft" || event.key === "ArrowRight";
  const isMove = arrow && !event.shiftKey && (!touched || (isGroup() && !isAcross));
  if (arrow && event.shiftKey) sheet.pan(arrow[1] * 0.2, arrow[2] * 0.2);
  else if (isMove) move(arrow[0]);
  else if (event.key === "PageDown" || event.key === "PageUp") turn(event.key === "PageDown" ? 1 : -1);
  else if (act && !(event.repeat && !REPEATED.has(act))) perform(act);
  return Boolean(isMove || (arrow && event.shiftKey) || act || event.key.startsWith("Page"));
}

document.addEventListener("keydown", onKey);
input.addEventListener("input", () => {
  touched = true;
  forgive();
  askBack([]);
  showTyped();
});
root.addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (!act || (!card && !["undo", "twins"].includes(act))) return;
  perform(act);
  if (act !== "comment") input.focus({ preventScroll: true });
});
advance();
