// A piece in the making. htmx asks for its changing part every two seconds; here the changes of
// state, and only those, are spoken, and a piece that has gone ends the asking.
const voice = document.getElementById("announcement");
let before = {};

document.addEventListener("htmx:beforeSwap", ({ target }) => {
  before = { state: target.dataset.state, held: target.contains(document.activeElement) };
});

document.addEventListener("htmx:afterSettle", ({ target: piece }) => {
  if (piece.id !== "piece" || !before.state) return;
  if (before.held && !piece.contains(document.activeElement)) {
    piece.querySelector("h1").focus(); // what was focused has gone: keep the reader's place
  }
  if (piece.dataset.state !== before.state) voice.textContent = piece.dataset.announcement;
});

document.addEventListener("htmx:responseError", ({ target, detail }) => {
  if (target.id === "piece" && detail.xhr.status === 404) window.location.reload();
});
