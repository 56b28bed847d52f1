// Lists of pieces: boxes to choose by, the count spoken.
const boxes = () => [...document.querySelectorAll('input[name="piece"]')];

function showChosen() {
  const all = document.querySelector("[data-all] input");
  if (!all) return;
  const chosen = boxes().filter((box) => box.checked).length;
  all.closest("label").hidden = false;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
  document.querySelector("[data-chosen]").textContent = chosen ? `${chosen} chosen` : "";
}

document.addEventListener("change", ({ target }) => {
  if (target.closest("[data-all]")) for (const box of boxes()) box.checked = target.checked;
  if (target.closest("[data-all]") || target.name === "piece") showChosen();
});

// Once the page has settled, and pages.js has spoken what there was to say.
function arrive() {
  showChosen();
  const count = document.querySelector("[data-spoken]");
  const voice = document.getElementById("announcement");
  if (count && !voice.textContent) voice.textContent = count.textContent;
}

document.body.addEventListener("htmx:load", ({ target }) => {
  if (target.id === "main") setTimeout(arrive);
});

setTimeout(arrive);
