// The card as it is drawn: the cell, what it may say, its sums, and its page.
"use strict";

const CELL_REM = 3.2; // height of a cell in the card
const WIDEST = 1.6;   // width of a cell, as a multiple of the card's

const pageUrl = (field, number) => `/v1/jobs/${field.job}/pages/${number}.jpg?dpi=110`;
const cropUrl = (field) => `${addressOf(field)}/crop.png?dpi=200`;

const percentOf = (share) => `${(100 * share).toFixed(1)} %`;
const PICTURE_TRIES = 6;

// Has a picture shown; one that could not be drawn at once, as others were in the way, is asked for again.
function draw(image, url, attribute = "src") {
  let tries = 0;
  image.onerror = () => {
    tries += 1;
    if (tries < PICTURE_TRIES) setTimeout(again, 200 * 2 ** tries);
  };
  const again = () => {
    if (image.getAttribute(attribute) !== url) return;
    image.removeAttribute(attribute);
    image.setAttribute(attribute, url);
  };
  image.setAttribute(attribute, url);
}

function preload(field) {
  for (const { place, job, ...rest } of [field, ...field.together]) {
    if (place) new Image().src = cropUrl({ job, ...rest });
  }
  if (field.pages.length) new Image().src = pageUrl(field, field.pages[0]);
}

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
  part("card").hidden = false;
  const doubt = field.open ? field.doubt ?? "none" : "none";
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
  input.value = said.kind === "number" || said.kind === "dash" ? said.raw : "";
  touched = false;
  askBack([]);
  showTyped();
  showTogether();
}

function showCut(field) {
  draw(part("crop"), cropUrl(field));
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
    const percent = percentOf(candidate.probability);
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

function turn(by) {
  pageAt = Math.min(Math.max(pageAt + by, 0), card.pages.length - 1);
  showPage();
}

// What is typed so far as kind and value, with the sums that follow from it.
function reading() {
  if (!touched) return saidOf(card);
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
  const members = new Map(hand.members.map((field) => [field.field, saidOf(field)]));
  const value = (item) => (item.field === card.field ? now.value : partValue(members.get(item.field) ?? item));
  const lines = card.sums.map((sum) => showSum(sum, card.field, value, texts));
  part("sums").replaceChildren(...(lines.length ? lines : [make("p", "none", texts.cell_sums_none)]));
}

// Shows what is asked back about decisions; none for nothing.
function askBack(decisions, told = []) {
  asked = decisions;
  part("asked").hidden = !decisions.length;
  const value = decisions.map(({ kind, raw }) => shownOf(kind, raw)).join(texts.list_comma);
  part("asked").textContent = decisions.length ? fill(texts.asked_again, { value, why: told.join(" ") }) : "";
}

part("crop").addEventListener("load", sizeCut);
addEventListener("resize", sizeCut);
