// Comforts of the form for a new piece. Without this script every field works all the same.
(() => {
  "use strict";
  const form = document.querySelector("[data-compose]");
  const { duration, temperature, style } = form.elements;
  const presets = form.querySelector("[data-presets]");
  const surprise = form.querySelector("[data-surprise]");
  const shown = form.querySelector("[data-temperature]");

  const presetButtons = [...presets.querySelectorAll("button")];

  function show() {
    shown.textContent = Number(temperature.value).toFixed(2);
    for (const button of presetButtons) {
      button.setAttribute("aria-pressed", String(button.dataset.seconds === duration.value));
    }
  }

  presets.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    duration.value = button.dataset.seconds;
    show();
  });

  surprise.addEventListener("click", () => {
    const any = (count) => Math.floor(Math.random() * count);
    style.selectedIndex = any(style.options.length);
    duration.value = presetButtons[any(3)].dataset.seconds;
    temperature.value = 0.85 + any(8) * 0.05;
    form.requestSubmit();
  });

  form.addEventListener("input", show);
  presets.hidden = false;
  surprise.hidden = false;
  show();
})();
