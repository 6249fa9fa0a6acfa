// The card as it is drawn: the cell, what it may say, its sums, and its page.
"use strict";

const pageUrl = (field, number) => `/v1/jobs/${field.job}/pages/${number}.jpg?dpi=110`;
const cropUrl = (field, of = "cell") => `${addressOf(field)}/crop.png?dpi=200&of=${of}`;
// Reasons that are about something beside the cell.
const OF_LABEL = ["label_illegible", "label_unlike", "label_other", "row_key_unsure", "blank_unlabelled"];
const OF_HEADER = ["columns_unnamed", "header_other", "column_key_unsure", "column_missing"];

// Reasons that are seen on the picture of the cell with what is around it.
const ON_CELL = ["struck_out", "foreign_ink", "ink_left_out", "sealed"];

const MANY = 8; // fields of a question from which on their pictures have most of the room
const percentOf = (share) => `${(100 * share).toFixed(1)} %`;

function preload(field) {
  for (const { place, job, ...rest } of [field, ...field.together]) {
    if (place) new Image().src = cropUrl({ job, ...rest }, field.together.length ? "figure" : "cell");
  }
  const isInStrip = isDoubtedFor(field, OF_LABEL) || isDoubtedFor(field, OF_HEADER);
  if (field.place && (field.together.length || isInStrip)) new Image().src = cropUrl(field, field.together.length ? "cell" : "figure");
  for (const of of ["label", "header"]) if (field.place?.[of]) new Image().src = cropUrl(field, of);
  if (field.pages.length) new Image().src = pageUrl(field, field.pages[0]);
}

// What is doubtful in a word or two: the reason itself, where the kind of doubt would say less.
const BADGED = {
  marks: ["struck_out", "foreign_ink", "ink_left_out"], row: OF_LABEL, column: OF_HEADER,
  confidence: ["sealed", "other_type", "second_reader", "reads_either", "reads_unclearly"],
};
const OF_BOND = { row: "row", column: "column", sum: "sum", lost: "missing", lost_table: "missing" }; // the doubt all fields of a question share
function badgeOf(field, doubt) {
  const codes = field.reason_codes.map((reason) => reason.code);
  const rest = doubt === "confidence" ? codes : [];
  const told = doubt in BADGED ? [...BADGED[doubt].filter((code) => codes.includes(code)), ...rest] : [];
  const code = told.find((item) => texts[`badge_${item}`]);
  return texts[code ? `badge_${code}` : `doubt_${doubt}`];
}

// Why the field is in doubt; where a name is, what is printed in its place and what the form has.
function tellReasons(field) {
  const sentences = field.reasons_in[language] ?? field.reasons;
  const words = field.reason_codes.map(({ code }) => {
    const [printed, line] = OF_LABEL.includes(code) ? [field.printed_label, field.row] : OF_HEADER.includes(code) ? [field.printed_header, field.column] : [];
    return printed ? fill(texts.words_printed, { printed, expected: line.at(-1) ?? "" }) : "";
  });
  // What the question is about first.
  const first = BADGED[OF_BOND[hand.bond]] ?? [];
  const isFirst = (i) => first.includes(field.reason_codes[i]?.code);
  if (isTitle(field)) return texts.title_doubt;
  const told = sentences.map((sentence, i) => sentence + (words[i] ?? ""));
  return [...told.filter((_, i) => isFirst(i)), ...told.filter((_, i) => !isFirst(i))].join("；");
}

const isTitle = (field) => field.field === "organ" || field.field === "year";
const isName = (field) => field.field === "organ";

function show(next) {
  hand = next;
  showMember();
  since = performance.now();
}

// The member of what is in hand that is looked at.
function showMember() {
  const field = hand.members[hand.at];
  card = field;
  part("empty").hidden = true;
  root.classList.toggle("grouped", isGroup());
  root.classList.toggle("many", hand.members.length > MANY);
  root.classList.toggle("grid", isGrid());
  part("card").hidden = false;
  const doubt = OF_BOND[hand.bond] ?? (field.open ? field.doubt ?? "none" : "none");
  part("doubt").textContent = badgeOf(field, doubt);
  part("doubt").className = `tag ${doubt}`;
  part("document").textContent = [field.organ, field.year, field.name].filter(Boolean).join(" · ");
  part("whole").href = `/jobs/${field.job}/review#${field.report}/${field.field}`;
  for (const name of ["row", "column"]) {
    part(name).replaceChildren(...field[name].map((text, i, all) => make(i + 1 < all.length ? "span" : "b", "", text)));
  }
  part("place").textContent = [field.table, field.heading, field.unit].filter(Boolean).join(" · ");
  part("reasons").textContent = tellReasons(field);
  part("cut").hidden = !field.place;
  root.classList.remove("stripped");
  part("nocrop").hidden = Boolean(field.place);
  if (field.place) showCut(field);
  showComments();
  showCandidates();
  restore();
  pageAt = 0;
  showPage();
  input.focus({ preventScroll: true });
  input.select();
}

// The box without what was typed since: letters are commands again, and nothing is asked back.
function restore() {
  const said = saidOf(card);
  input.value = ["number", "dash", "text"].includes(said.kind) ? said.raw : "";
  input.inputMode = isName(card) ? "text" : "decimal";
  touched = false;
  askBack([]);
  showTyped();
  showTogether();
}

const isDoubtedFor = (field, codes) => field.reason_codes.some((reason) => codes.includes(reason.code));

// The cell as it is printed, as wide as the pane, with the label of its row and the header of its column. Where one of
// these is in doubt all three make one strip, as on the page without what is between them.
function showCut(field) {
  draw(part("crop"), cropUrl(field));
  const [left, top, right, bottom] = field.place.frame.map((share) => `${100 * share}%`);
  Object.assign(part("frame").style, { left, top, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})` });
  part("marks").replaceChildren();
  const isDoubted = {
    label: isDoubtedFor(field, OF_LABEL) || hand.bond === "row",
    header: isDoubtedFor(field, OF_HEADER) || hand.bond === "column",
  };
  // A table of one row has no name for it.
  const isThere = { label: field.place.label && field.row.length, header: field.place.header && field.column.length };
  const isInStrip = isThere.label && isThere.header && (isDoubted.label || isDoubted.header);
  for (const of of ["label", "header"]) {
    const image = part(`${of}cut`);
    image.hidden = !isThere[of];
    if (isThere[of]) draw(image, cropUrl(field, of));
    image.classList.toggle("doubted", isDoubted[of]);
    part("strip").classList.toggle(`of-${of}`, isDoubted[of]);
  }
  part("strip").classList.toggle("one", Boolean(isInStrip));
  part("figurecut").hidden = part("formwords").hidden = !isInStrip;
  root.classList.toggle("stripped", Boolean(isInStrip) && !isDoubtedFor(field, ON_CELL));
  if (!isInStrip) return;
  draw(part("figurecut"), cropUrl(field, "figure"));
  const told = [["label", "words_form_row", field.row], ["header", "words_form_column", field.column]];
  // What is asked about stands next to what is printed.
  told.sort((one, other) => isDoubted[one[0]] - isDoubted[other[0]]);
  part("formwords").replaceChildren(...told.map(([of, text, line]) => make("span", isDoubted[of] ? "asked" : "", fill(texts[text], { words: line.join(" › ") }))));
  fitStrip();
}

// Has the pictures of a strip at one scale: the label beside the figure, the header above it.
function fitStrip() {
  const [label, header, figure] = ["label", "header", "figure"].map((of) => part(`${of}cut`));
  if (![label, header, figure].every((image) => image.naturalWidth)) return;
  const wide = label.naturalWidth + figure.naturalWidth;
  part("strip").style.setProperty("--label", label.naturalWidth / wide);
  part("strip").style.setProperty("--shape", wide / (header.naturalHeight + Math.max(label.naturalHeight, figure.naturalHeight)));
}

// Marks what the cell is doubted for where it can be seen on its picture.
function showMarks() {
  const codes = card?.reason_codes.map((reason) => reason.code) ?? [];
  const found = card?.place ? findMarks(part("crop"), codes, card.place.frame) : [];
  const marks = found.map(([left, top, right, bottom]) => {
    const mark = make("span", "mark");
    Object.assign(mark.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
    return mark;
  });
  part("marks").replaceChildren(...marks);
}

// What people said about the field, and a line to say more.
function showComments() {
  part("commentline").hidden = true;
  part("comments").hidden = !card.comments.length;
  part("comments").replaceChildren(...card.comments.map((item) => make("li", "", fill(texts.comment_by, item))));
}

async function writeComment() {
  const told = card;
  const text = part("comment").value.trim();
  if (text) {
    const { status, body } = await ask("POST", `${addressOf(told)}/comments`, { text });
    if (status !== 201) return say(whyNot({ status, body }), true);
    told.comments.push(body);
  }
  part("comment").value = "";
  if (card === told) showComments();
  input.focus({ preventScroll: true });
}

part("comment").addEventListener("keydown", (event) => {
  if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Escape") part("comment").value = "";
  writeComment();
});

function showCandidates() {
  const list = card.candidates.slice(0, 5).map((candidate, i) => {
    const item = make("li");
    const button = make("button", "quiet candidate");
    button.type = "button";
    button.append(make("kbd", "", `Alt ${i + 1}`), make("b", "", candidate.raw || texts.kind_blank));
    if (candidate.probability) button.append(make("span", "number", percentOf(candidate.probability)));
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
  sheet.show({ ...facts, url: pageUrl(card, number) }, boxesOn(number, place));
  if (place) sheet.focus(place.bbox);
  else sheet.whole();
}

// What is lit on a page: row and column of the cell, the figures of a sum that does not hold, and the cell.
function boxesOn(number, place) {
  const lit = [place?.row, place?.column].filter(Boolean).map((bbox) => ({ bbox, kind: "lit" }));
  const broken = card.sums.filter((sum) => differenceOf(sum, partValue)).flatMap((sum) => [...sum.left, ...sum.right]);
  const summed = broken.filter((item) => item.page === number && item.bbox).map(({ bbox }) => ({ bbox, kind: "finding" }));
  return [...lit, ...summed, ...(place ? [{ bbox: place.bbox, kind: "here" }] : [])];
}

function turn(by) {
  pageAt = Math.min(Math.max(pageAt + by, 0), card.pages.length - 1);
  showPage();
}

// What is typed so far as kind and value, with the sums that follow from it.
function reading() {
  if (!touched) return saidOf(card);
  if (isName(card)) return { kind: input.value.trim() ? "text" : "unknown", raw: input.value.trim() };
  const value = valueOf(input.value);
  const kind = value === undefined ? "unknown" : value !== null ? "number" : input.value.trim() ? "dash" : "blank";
  return { kind, raw: input.value.trim(), value };
}

function showTyped() {
  const now = reading();
  part("kind").textContent = texts[`kind_${now.kind}`] ?? "?";
  part("letters").hidden = !touched;
  part("sure").textContent = fill(texts.cell_sure, { percent: percentOf(card.machine.confidence) });
  input.setAttribute("aria-invalid", String(now.kind === "unknown"));
  const ofReport = hand.members.filter((field) => field.job === card.job && field.report === card.report);
  const members = new Map(ofReport.map((field) => [field.field, saidOf(field)]));
  const value = (item) => (item.field === card.field ? now.value : partValue(members.get(item.field) ?? item));
  // Those that do not hold first: there is room for one or two.
  const rank = (sum) => ({ null: 1, 0: 2 })[differenceOf(sum, value)] ?? 0;
  const sums = [...card.sums].sort((one, other) => rank(one) - rank(other));
  const lines = sums.map((sum) => showSum(sum, card.field, value, texts));
  part("sums").replaceChildren(...(lines.length ? lines : [make("p", "none", texts.cell_sums_none)]));
}

// Shows what is asked back about decisions; none for nothing.
function askBack(decisions, told = []) {
  asked = decisions;
  part("asked").hidden = !decisions.length;
  part("asked").textContent = decisions.length ? fill(texts.asked_again, { why: told.join(" ") }) : "";
}

for (const of of ["label", "header", "figure"]) part(`${of}cut`).addEventListener("load", fitStrip);
part("crop").addEventListener("load", () => {
  const image = part("crop");
  part("cut").style.setProperty("--shape", image.naturalWidth / image.naturalHeight);
  showMarks();
});
