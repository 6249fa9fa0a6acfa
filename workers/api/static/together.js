// What is on screen: one field, or several that one question settles. Of several each is looked at and typed as a field
// alone is, arrows go from one to the next, and Enter says that all are right.
"use strict";

const ABSENT = { kind: "missing", raw: "" };
const alone = new Set(); // addresses of fields that are to be asked one by one

// A card as it came from the service; isWhole: with all that are asked about together.
function handOf(body, isWhole = true) {
  const isSplit = body.together.some((field) => alone.has(addressOf(field)));
  const members = isWhole && !isSplit && body.together.length > 1 ? body.together : [body];
  const at = Math.max(0, members.findIndex((field) => isSame(field, body)));
  return { members, at, bond: members.length > 1 ? body.bond : null, said: new Map(), before: [], wrong: new Set() };
}

const isGroup = () => hand !== null && hand.bond !== null;
const membersOf = (hands) => hands.flatMap((item) => item.members);

// What is said of a member so far: what was typed or chosen, or else what was read.
const saidOf = (field) => hand.said.get(addressOf(field)) ?? { kind: field.kind, raw: field.raw, value: partValue(field) };

// Says something of fields that are written with the rest; `unsay` takes it back as one.
function note(decisions) {
  hand.before.push({ said: new Map(hand.said), wrong: new Set(hand.wrong), at: hand.at });
  for (const [field, decision] of decisions) hand.said.set(addressOf(field), decision);
}

// Says of all fields of this question of which nothing was said yet what was said of the one in hand: what the field
// that they look like was corrected to, or else what was said last, or what stands in the box.
function sayOfAll() {
  if (!isGroup()) return hand.told && propose(hand.told);
  if (!keep()) return;
  const told = hand.said.get(addressOf(card)) ?? hand.told ?? [...hand.said.values()].at(-1) ?? saidOf(card);
  if (!["number", "blank", "dash"].includes(told.kind)) return say(texts.said_type, true);
  const left = hand.members.filter((field) => !hand.said.has(addressOf(field)) && !hand.wrong.has(addressOf(field)));
  note(left.filter((field) => hand.bond !== "lost" || isMute(field)).map((field) => [field, told]));
  touched = false;
  showMember();
}

// Takes back what was said last and is not written, or what is asked back; whether there was anything.
function unsay() {
  const wasAsked = asked.length > 0;
  const last = isGroup() ? hand.before.pop() : undefined;
  if (!last && !wasAsked) return false;
  if (last) Object.assign(hand, { said: last.said, wrong: last.wrong, at: Math.min(last.at, hand.members.length - 1) });
  showMember();
  say(texts.said_unsaid);
  return true;
}

// Nothing of this question is printed in the document: all of a row or column that is not the one asked about, or that
// is not there. Said of every field, and written by one more key.
function sayAbsent() {
  if (!isGroup()) return propose(ABSENT);
  if (!["row", "column", "lost", "lost_table"].includes(hand.bond)) return put(ABSENT);
  note(hand.members.map((field) => [field, ABSENT]));
  touched = false;
  showMember();
  askBack(sayAll(false), [fill(texts.asked_absent, { count: hand.members.length })]);
}

// Keeps what stands in the box; false where it is no number.
function keep() {
  if (!touched) return true;
  const now = reading();
  if (now.kind === "unknown") {
    say(texts.said_not_number, true);
    return false;
  }
  note([[card, now]]);
  return true;
}

function step(by) {
  if (!keep()) return;
  const at = hand.at + by;
  if (at < 0 || at >= hand.members.length) return showMember();
  hand.at = at;
  showMember();
}

// That nothing of a whole table was found says that the document does not have it; of a row alone it says nothing.
const isMute = (field) => hand.bond !== "lost_table" && !hand.said.has(addressOf(field)) && !["number", "blank", "dash"].includes(field.kind);

// Says it of the member in hand, and goes on to the next; where all had to be said, the last one ends it.
function put(decision) {
  const isLast = hand.bond === "lost" && hand.members.every((field) => field === card || !isMute(field));
  note([[card, decision]]);
  touched = false;
  if (isLast) accept();
  else step(1);
}

// Every member with what is said of it; none while one of them says nothing, to which Enter goes on then.
function sayAll(printed_so) {
  if (!keep()) return [];
  const said = hand.members.filter((field) => !hand.wrong.has(addressOf(field)));
  const mute = [...hand.members.slice(hand.at), ...hand.members.slice(0, hand.at)].find((field) => said.includes(field) && isMute(field));
  if (mute) {
    if (mute === card) say(texts.said_type, true);
    hand.at = hand.members.indexOf(mute);
    showMember();
    return [];
  }
  return said.map((field) => ({ ...saidOf(field), card: field, printed_so }));
}

// Many figures on one screen: the row, column or table they are of, all that read the same or look the same, or those
// that are doubted for nothing in their own cells.
const LOOKED_THROUGH = ["alike", "twins", "mended", "damaged"];
const isGrid = () => hand !== null && (LOOKED_THROUGH.includes(hand.bond) || (hand.bond ?? "").startsWith("whole"));

// Marks the one in hand as wrong, or no longer: it is asked alone once the others are decided.
function mark() {
  if (!isGrid()) return;
  const address = addressOf(card);
  note([]);
  if (!hand.wrong.delete(address)) hand.wrong.add(address);
  step(1);
}

// What was marked, to be asked one by one.
const leftOver = () => hand.members.filter((field) => hand.wrong.has(addressOf(field))).map((field) => handOf({ ...field, together: [] }));

// Members in one row of the screen.
function perRow() {
  const [first, ...others] = part("members").children;
  const next = others.findIndex((item) => item.offsetTop > first.offsetTop);
  return next < 0 ? others.length + 1 : next + 1;
}

// The fields of this question are asked one by one instead.
function split() {
  if (!isGroup()) return;
  for (const field of hand.members) alone.add(addressOf(field));
  const [first, ...others] = [card, ...hand.members.filter((field) => field !== card)];
  ready.unshift(...others.map((field) => handOf({ ...field, together: [] })));
  show(handOf({ ...first, together: [] }));
}

function showTogether() {
  part("together").hidden = !isGroup();
  if (!isGroup()) return;
  const told = hand.told && shownOf(hand.told.kind, hand.told.raw);
  part("question").textContent = fill(texts[`bond_${hand.bond}`], { count: hand.members.length, told });
  const rows = hand.members.map((field, i) => {
    const isWrong = hand.wrong.has(addressOf(field));
    const button = make("button", `quiet member${i === hand.at ? " here" : ""}${isWrong ? " wrong" : ""}`);
    button.type = "button";
    if (i === hand.at) button.setAttribute("aria-current", "true");
    const image = make("img");
    image.alt = "";
    if (field.place) draw(image, cropUrl(field, "figure"));
    const said = saidOf(field);
    button.append(image, make("b", isWrong ? "wrong" : hand.said.has(addressOf(field)) ? "said" : "", isWrong ? texts.marked_wrong : shownOf(said.kind, said.raw)), make("small", "", memberLabel(field)));
    button.addEventListener("click", () => {
      if (keep()) hand.at = i;
      showMember();
    });
    const item = make("li");
    item.append(button);
    return item;
  });
  part("members").replaceChildren(...rows);
  part("members").querySelector(".here").scrollIntoView({ block: "nearest" });
}

// What tells a member from the others: its column in one row, its row in one column.
function memberLabel(field) {
  if (hand.bond === "alike") return [field.label, field.organ, field.year].filter(Boolean).join(" · ");
  const isSameLine = (line) => hand.members.every((other) => other[line].join() === field[line].join());
  if (isSameLine("row")) return field.column.at(-1) ?? field.label;
  return isSameLine("column") ? field.row.at(-1) ?? field.label : field.label;
}
