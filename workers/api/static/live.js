// Parts marked data-live follow the server while something is under way; files can be dropped onto the form.
// Without this file everything works, only not by itself.
"use strict";

const INTERVAL = 2000;

function showLocalTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.textContent = new Date(element.dateTime).toLocaleString(document.documentElement.lang, { hour12: false });
  }
}

async function refresh() {
  if (document.hidden || !document.querySelector("[data-live][data-active]")) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    // What somebody is using is not taken from under them.
    if (!fresh || part.querySelector("details[open]") || part.contains(document.activeElement)) continue;
    showLocalTimes(fresh);
    if (!fresh.isEqualNode(part)) part.replaceWith(document.adoptNode(fresh));
  }
}

async function follow() {
  for (;;) {
    await new Promise((resume) => setTimeout(resume, INTERVAL));
    try {
      await refresh();
    } catch {
      // The service is away for a moment: the next round asks again.
    }
  }
}

function takeDrops(form) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
    });
  }
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    button.disabled = true;
    button.textContent = form.dataset.busy;
  });
}

showLocalTimes(document);
for (const form of document.querySelectorAll("[data-drop]")) takeDrops(form);
follow();
