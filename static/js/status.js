// The page of a piece in the making. htmx asks for its changing part every two seconds; here the
// changes of state, and only those, are spoken, and a piece that has gone ends the asking.
(() => {
  "use strict";
  const piece = () => document.getElementById("piece");
  const voice = document.getElementById("announcement");
  let state = piece().dataset.state;
  let heldFocus = false;

  document.addEventListener("htmx:beforeSwap", () => {
    heldFocus = piece().contains(document.activeElement);
  });

  document.addEventListener("htmx:afterSettle", () => {
    const now = piece();
    if (heldFocus && !now.contains(document.activeElement)) {
      now.querySelector("h1").focus(); // what was focused has gone: keep the reader's place
    }
    if (now.dataset.state === state) return;
    state = now.dataset.state;
    voice.textContent = now.dataset.announcement;
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 404) window.location.reload();
  });
})();
