// What is asked back before it is written: a decision that breaks a sum, one far from all that was read, and that
// nothing of many fields is printed.
"use strict";

// Strokes between a decision and the nearest reading from which on it is asked back. Of 1,515 fields in review of 134
// documents with truth, 61 (4.0 %) are so far from every reading, and cost one more key; at 3 it would be 33.
const FAR = 2;

const digitsOf = (text) => text.normalize("NFKC").replace(/[,，\s]/g, "");
const partValue = (item) => (item.kind === "number" ? item.value : item.kind === "blank" || item.kind === "dash" ? null : undefined);
const isSameReading = (a, b) => a.kind === b.kind && a.raw === b.raw;
// decisions: [{card, kind, raw, value, printed_so}] of one report.
const isSameDecision = (some, others) => some.length === others.length
  && some.every((one, i) => one.card === others[i].card && isSameReading(one, others[i]));

// Characters to be put in, left out or changed to make one text of the other.
function strokesBetween(one, other) {
  let before = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i += 1) {
    const now = [i];
    for (let j = 1; j <= other.length; j += 1) {
      now.push(Math.min(before[j] + 1, now[j - 1] + 1, before[j - 1] + Number(one[i - 1] !== other[j - 1])));
    }
    before = now;
  }
  return before.at(-1);
}

// Whether what is said to be printed is far from every reading; where nothing was read nothing is.
function isFar(decision) {
  const { card } = decision;
  if (!["number", "dash", "blank"].includes(decision.kind) || isSameReading(decision, card)) return false;
  const said = digitsOf(decision.raw);
  const isNear = (item) => (item.kind === decision.kind && item.kind !== "number")
    || [item.raw, String(item.value ?? "")].some((text) => strokesBetween(said, digitsOf(text)) < FAR);
  return card.candidates.length > 0 && !card.candidates.some(isNear);
}

// Sums that would not hold: of those that hold now, and those of which all else is settled. What somebody said is
// printed so need not add up.
function sumsBroken(decisions) {
  const said = new Map(decisions.map((decision) => [decision.card.field, decision]));
  const sums = new Map(decisions.flatMap((decision) => decision.card.sums.map((sum) => [sum.id, sum])));
  return [...sums.values()].filter((sum) => {
    const others = [...sum.left, ...sum.right].filter((item) => !said.has(item.field));
    if (!differenceOf(sum, (item) => partValue(said.get(item.field) ?? item)) || others.some((item) => item.printed_so)) return false;
    return differenceOf(sum, partValue) === 0 || others.every((item) => !item.open);
  });
}

// Why decisions are asked back, in words; none when they are not.
function objections(decisions, texts) {
  const told = [];
  if (!decisions[0].printed_so) {
    const broken = byReport(decisions).flatMap((some) => sumsBroken(some).map((sum) => ({ sum, some })));
    const isIn = (decision) => broken.some(({ sum, some }) => some.includes(decision) && [...sum.left, ...sum.right].some((item) => item.field === decision.card.field));
    const sums = [...new Set(broken.map(({ sum }) => sum.message))];
    if (sums.length) told.push(fill(texts.asked_sum, { values: valuesOf(decisions.filter(isIn)), sums: sums.join("；") }));
  }
  // That a table is not there writes more fields than one sees.
  const isAbsent = decisions.length > 1 && decisions.every((decision) => decision.kind === "missing");
  if (isAbsent) told.push(fill(texts.asked_absent, { count: decisions.length }));
  const far = decisions.filter(isFar);
  if (far.length) told.push(fill(texts.asked_far, { values: valuesOf(far) }));
  return told;
}
