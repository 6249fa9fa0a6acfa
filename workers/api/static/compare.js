// Two runs of a document: what is marked is taken over from the other one, as a decision like any other.
"use strict";

const form = document.getElementById("compare");
const said = document.getElementById("said");
const texts = form ? JSON.parse(form.dataset.texts) : {};
const boxes = () => [...(form?.querySelectorAll("input[type=checkbox]:not(:disabled)") ?? [])];

function say(sentence, isBad = false) {
  said.textContent = sentence;
  said.classList.toggle("bad", isBad);
}

// Writes what is marked, report by report; what is written is marked no more.
async function take() {
  const marked = boxes().filter((box) => box.checked);
  if (!marked.length) return say(texts.compare_none, true);
  let count = 0;
  for (const report of new Set(marked.map((box) => box.dataset.report))) {
    const ours = marked.filter((box) => box.dataset.report === report);
    const decisions = ours.map(({ dataset: { field, version, kind, raw } }) => ({ field, version: Number(version), kind, raw }));
    const answer = await fetch(`/v1/jobs/${form.dataset.job}/decisions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ report: Number(report), decisions }),
    });
    const body = await answer.json();
    if (!answer.ok) return say((form.dataset.language !== "en" && texts[`problem_${answer.status}`]) || body.detail, true);
    count += ours.length;
    for (const box of ours) {
      box.disabled = true;
      box.closest("tr").classList.add("taken");
    }
  }
  say(fill(texts.compare_taken, { count }));
  boxes()[0]?.focus();
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  take();
});
form?.addEventListener("keydown", (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.target.type !== "checkbox" || !by) return;
  event.preventDefault();
  const all = boxes();
  all[all.indexOf(event.target) + by]?.focus();
});
boxes()[0]?.focus();
