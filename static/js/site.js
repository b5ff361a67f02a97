// Every page works without this file: it closes menus as one expects, and keeps one's place when
// older posts are put in.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".nav-more[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// htmx is fetched when the link to older posts comes near: until then, and without it, that link is
// an ordinary one.
const older = document.querySelector("[hx-get]");
const htmxAddress = document.querySelector('meta[name="htmx"]')?.content;

if (older && htmxAddress) {
  const fetchHtmx = () => {
    watch.disconnect();
    const script = document.createElement("script");
    script.src = htmxAddress;
    document.head.append(script);
  };
  const watch = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && fetchHtmx(),
    { rootMargin: "150% 0px" },
  );
  addEventListener("load", () => watch.observe(older));
}

// The link that asked for older posts is replaced by them: go on at the first of them.
let asking = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const older = event.detail.target;
  if (!older.classList.contains("older")) return;
  asking = older.contains(document.activeElement) ? older.previousElementSibling : null;
});

document.addEventListener("htmx:afterSettle", () => {
  if (!asking) return;
  asking.nextElementSibling?.querySelector("h2 a")?.focus({ preventScroll: true });
  asking = null;
});
