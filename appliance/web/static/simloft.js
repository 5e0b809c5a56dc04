// What plain HTML can't do: a beat for the parts that move by themselves, a sign when the box is away.
"use strict";
(() => {
  const BEAT_MS = 1500;
  const beat = () => {
    if (document.visibilityState === "visible") document.body.dispatchEvent(new Event("tick"));
  };
  setInterval(beat, BEAT_MS);
  document.addEventListener("visibilitychange", beat);

  const sign = (away) => {
    const offline = document.getElementById("offline");
    if (offline) offline.hidden = !away;
  };
  // What the box refused is said where it can be seen, until the same thing is done.
  const trouble = (said, path) => {
    const place = document.getElementById("trouble");
    if (!place || (!said.length && place.dataset.path !== path)) return;
    place.dataset.path = path;
    place.replaceChildren(...said.map((each, nth) => {
      const part = document.createElement(nth ? "span" : "b");
      part.textContent = `${each.textContent.trim()} `;
      return part;
    }));
    place.hidden = !said.length;
  };
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.pathInfo.requestPath === "/when") return; // asked by the page itself: sending says it better
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    trouble([...page.querySelectorAll("main h1, main h1 + p")], event.detail.pathInfo.requestPath);
  });

  // After sending: to the field that needs a hand; else ready for the next one, with a keyboard at hand.
  document.addEventListener("htmx:afterSwap", (event) => {
    const form = document.getElementById("composer");
    if (!form || event.detail.target.id !== "composer") return;
    const wrong = form.querySelector("[aria-invalid]");
    if (wrong) wrong.focus();
    else if (!matchMedia("(pointer: coarse)").matches) form.querySelector("#to").focus({ preventScroll: true });
    const notice = form.querySelector(".notice");
    if (notice) notice.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("htmx:sendError", () => sign(true));
  document.addEventListener("htmx:timeout", () => sign(true));
  document.addEventListener("htmx:afterOnLoad", (event) => {
    sign(false);
    if (event.detail.xhr.status < 400) trouble([], event.detail.pathInfo.requestPath);
  });

  // A call that was opened to be read stays open when newer ones appear above it.
  if (window.Idiomorph) {
    window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
      !(name === "open" && node.closest && node.closest(".calls"));
  }

  // One tick for all of a list.
  document.addEventListener("change", (event) => {
    const form = event.target.dataset && event.target.dataset.ticks && document.getElementById(event.target.dataset.ticks);
    if (form) for (const each of form.querySelectorAll("input[type=checkbox][name]")) each.checked = event.target.checked;
  });

  // Ctrl+Enter (Cmd+Enter) sends, as in mail programs.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest && event.target.closest("form.composer");
    if (form) form.requestSubmit();
  });

  // A telephone shows its newest message, unless one has scrolled up to read.
  const atEnd = (chat) => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  const toEnd = () => {
    const chat = document.getElementById("chat");
    if (chat) chat.scrollTop = chat.scrollHeight;
  };
  let follow = true;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "chat") follow = atEnd(event.detail.target);
  });
  document.addEventListener("htmx:afterSettle", () => { if (follow) toEnd(); });
  document.addEventListener("DOMContentLoaded", toEnd);

  // On a telephone the row of pages is wider than the screen: show the one that is open.
  document.addEventListener("DOMContentLoaded", () => {
    const open = document.querySelector(".subnav [aria-current]");
    if (open) open.parentElement.scrollLeft = open.offsetLeft - open.parentElement.offsetLeft - 40;
  });
})();
