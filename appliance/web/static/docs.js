// The examples of /docs: the key is put in here, in this page, and goes nowhere but to this box when “Try it” is pressed.
"use strict";
(() => {
  const field = document.getElementById("docs-key");
  const shown = new Map();
  for (const code of document.querySelectorAll(".docs-code > pre:not(.docs-answer) > code")) shown.set(code, code.textContent);
  // A key is letters, digits, “-” and “_”: whatever else was pasted along would break a command line.
  const key = () => field.value.replace(/[^A-Za-z0-9_-]/g, "");
  const fill = () => {
    for (const [code, text] of shown) code.textContent = text.replaceAll("YOUR_KEY", key() || "YOUR_KEY");
  };
  field.addEventListener("input", fill);
  fill();

  const tabs = document.querySelector(".docs-tabs");
  const choose = (language) => {
    for (const tab of tabs.querySelectorAll("button")) tab.setAttribute("aria-pressed", String(tab.dataset.code === language));
    for (const figure of document.querySelectorAll(".docs-code")) figure.hidden = figure.dataset.code !== language;
  };
  tabs.hidden = false;
  tabs.addEventListener("click", (event) => {
    if (event.target.dataset.code) choose(event.target.dataset.code);
  });
  choose("curl");

  // Plain HTTP has no navigator.clipboard: there the text is selected and copied as by hand.
  const copy = async (code) => {
    if (navigator.clipboard) {
      try { await navigator.clipboard.writeText(code.textContent); return true; } catch { /* by hand, then */ }
    }
    const range = document.createRange();
    range.selectNodeContents(code);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };
  for (const button of document.querySelectorAll(".docs-copy")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (!await copy(button.closest("figure").querySelector("code"))) return;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  for (const button of document.querySelectorAll(".docs-try")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const place = button.closest("figure").querySelector(".docs-answer");
      const answer = await fetch(button.dataset.path, { headers: { Authorization: `Bearer ${key()}` }, credentials: "omit" });
      place.hidden = false;
      place.firstChild.textContent = `${answer.status}\n${JSON.stringify(await answer.json(), null, 2)}`;
    });
  }
})();
