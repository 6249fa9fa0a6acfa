// Numbers as forms print them, and what should add up.
"use strict";

const NUMBER = /^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$/;

// Value of a text: a number, null for nothing or a dash, undefined for what is no number.
function valueOf(text) {
  const folded = text.normalize("NFKC").replaceAll(" ", "").replaceAll("，", ",");
  if (/^[-—–―/－─_~]*$/.test(folded)) return null;
  return NUMBER.test(folded) ? Number(folded.replaceAll(",", "")) : undefined;
}

// left less right; null where it cannot be judged. value(part): as valueOf.
function differenceOf(sum, value) {
  const sides = [sum.left, sum.right].map((side) => side.map(value));
  if (sides.flat().some((item) => item === undefined)) return null;
  const [left, right] = sides.map((side) => side.reduce((total, item) => total + (item ?? 0), 0));
  if (sides[1].some((item) => item === null) && sides[0].some(Boolean)) return null;
  return Math.round((left - right) * 1e4) / 1e4;
}

// A sentence with its values put in; {count:field|fields} is one of the two words, by how many there are.
function fill(sentence, values) {
  const put = (whole, name, one, many) => (one === undefined ? values[name] ?? whole : values[name] === 1 ? one : many);
  return sentence.replace(/\{(\w+)(?::([^|{}]*)\|([^|{}]*))?\}/g, put);
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A sum written out: what is not zero, the field in question marked, and whether it holds.
function showSum(sum, here, value, texts) {
  const line = make("div", "sum");
  line.append(make("div", "message", sum.message));
  const written = make("div", "written");
  let dropped = false;
  const addSide = (side) => {
    const shown = side.filter((part) => part.field === here || value(part) || part.open || side.length === 1);
    dropped ||= shown.length < side.length;
    if (!shown.length) written.append(make("span", "part", "0"));
    shown.forEach((part, position) => {
      if (position) written.append(" + ");
      const number = value(part);
      const item = make("span", `part${part.field === here ? " here" : ""}${part.open ? " open" : ""}`);
      item.append(make("b", "", number === undefined ? "?" : String(number ?? 0)), make("small", "", part.label));
      written.append(item);
    });
  };
  addSide(sum.left);
  written.append(" = ");
  addSide(sum.right);
  const difference = differenceOf(sum, value);
  const told = difference === null ? texts.sum_unknown
    : difference === 0 ? texts.sum_holds : fill(texts.sum_off, { difference });
  const mark = { null: "…", 0: "✓" }[difference] ?? "✗";
  written.append(make("span", `verdict ${difference === 0 ? "good" : difference === null ? "" : "bad"}`, ` ${mark} ${told}`));
  line.append(written);
  if (dropped) line.append(make("div", "none", texts.sum_nothing));
  return line;
}
