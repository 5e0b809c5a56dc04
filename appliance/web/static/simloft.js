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
  document.addEventListener("htmx:sendError", () => sign(true));
  document.addEventListener("htmx:timeout", () => sign(true));
  document.addEventListener("htmx:afterOnLoad", (event) => sign(event.detail.xhr.status >= 500));

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
})();
