// Beside the cell in hand of the document view: why it is in doubt, what it may say, and what was decided about it.
"use strict";

let aboutCard = null; // what is told of the cell in hand, once it is known

async function read(address) {
  const answer = await fetch(address);
  return answer.ok ? answer.json() : null;
}

async function tellAbout(input) {
  aboutCard = null;
  const address = addressOf(input);
  const [card, history] = await Promise.all([read(address), read(`${address}/history`)]);
  if (!card || document.activeElement !== input) return;
  aboutCard = card;
  document.getElementById("about").hidden = false;
  document.getElementById("aboutfield").textContent = input.getAttribute("aria-label");
  const percent = `${(100 * card.machine.confidence).toFixed(1)} %`;
  document.getElementById("aboutsure").textContent = fill(texts.cell_sure, { percent });
  document.getElementById("aboutwhy").textContent = (card.reasons_in[paper.dataset.language] ?? card.reasons).join("；");
  const readings = card.candidates.slice(0, 5).map((candidate, i) => {
    const item = make("li");
    const button = make("button", "quiet");
    button.type = "button";
    button.tabIndex = -1;
    button.append(make("kbd", "", `Alt ${i + 1}`), make("b", "", candidate.raw || texts.kind_blank));
    button.append(make("small", "", ` ${(100 * candidate.probability).toFixed(1)} %`));
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => choose(input, i));
    item.append(button);
    return item;
  });
  document.getElementById("aboutreadings").replaceChildren(...readings);
  document.getElementById("abouthistory").replaceChildren(...(history?.steps ?? []).map(tellStep));
}

// A decision about the cell in one line: when, whose, and what.
function tellStep(step) {
  const { kind, raw } = step.reading;
  const told = [
    new Date(step.made).toLocaleString(document.documentElement.lang),
    step.who === "settled" ? texts.who_settled : step.who,
    texts[`act_${step.act}`],
    kind === "number" || kind === "text" ? raw : texts[`kind_${kind}`],
  ];
  return make("li", "", told.join(" · "));
}

function choose(input, position) {
  const candidate = aboutCard?.candidates[position];
  if (!candidate?.kind || document.activeElement !== input) return;
  input.value = candidate.raw;
  accept(input);
}
