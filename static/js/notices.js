// News of the person's pieces on every page: asked for once a page, and every five seconds while
// something is being made. Never more often, however quickly somebody goes from page to page.
const PAUSE = 5000; // milliseconds
const region = document.getElementById("notices"); // visitors have none
let last = -PAUSE;
let timer = 0;
let held = false; // whether one of the notices had the focus, before others came

function ask() {
  timer = 0;
  if (document.hidden) return; // whoever comes back asks
  last = performance.now();
  htmx.trigger("#notices-ask", "ask");
}

function askSoon() {
  timer ||= setTimeout(ask, Math.max(0, last + PAUSE - performance.now()));
}

function arrive() {
  // Whoever is on the page of a piece needs no notice of it.
  for (const link of region.querySelectorAll(".notice a")) {
    if (link.pathname === window.location.pathname) link.closest(".notice").remove();
  }
  askSoon();
}

function keepFocus() {
  const next = region.querySelector(".notice__close") ?? document.getElementById("main");
  next.focus({ preventScroll: true }); // what had it has gone
}

if (region) {
  document.addEventListener("htmx:load", ({ target }) => {
    if (target === document.body) askSoon(); // before this, htmx would not hear that it should ask
    else if (target.id === "main") arrive();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.target === region && region.querySelector("[data-making]")) askSoon();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (target !== region || event.defaultPrevented) return;
    held = region.contains(document.activeElement);
    if (requestConfig.verb === "post" || !region.querySelector(":is(a, button):active")) return;
    event.preventDefault(); // what is just being pressed stays
    askSoon();
  });
  document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    if (target === region && held && document.activeElement === document.body) keepFocus();
  });
  document.addEventListener("visibilitychange", askSoon);
}
