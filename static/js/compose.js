// Comforts of the form for a new piece. Without this script every field works all the same.
(() => {
  "use strict";
  const clock = (seconds) =>
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function begin(form) {
    const { duration, temperature, model } = form.elements;
    const find = (name) => form.querySelector(`[data-${name}]`);
    const presets = find("presets");
    const slider = find("slider");
    const shown = find("temperature");

    function show() {
      shown.textContent = Number(temperature.value).toFixed(2);
      for (const button of presets.children) {
        button.setAttribute("aria-pressed", String(button.dataset.seconds === duration.value));
      }
    }

    presets.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      duration.value = slider.value = button.dataset.seconds;
      show();
      duration.dispatchEvent(new Event("change", { bubbles: true }));
    });

    // Only the styles that the chosen model knows.
    function filter() {
      for (const card of find("styles").children) {
        card.hidden = !JSON.parse(card.dataset.models).includes(model.value);
        const radio = card.querySelector("input");
        if (card.hidden && radio.checked) form.elements.style[0].checked = true;
      }
    }

    form.addEventListener("input", ({ target }) => {
      if (target === slider) duration.value = slider.value;
      if (target === duration) slider.value = duration.value;
      if (target === model) filter();
      show();
    });

    slider.value = duration.value;
    slider.hidden = presets.hidden = false;
    if (model.value) filter();
    show();
    const cut = find("cut");
    if (cut) chooseMoment(cut);
  }

  // The line over the roll, and the number beside it.
  function chooseMoment(cut) {
    const line = cut.querySelector("[type=range]");
    const exact = cut.querySelector("[type=number]");
    const rest = cut.querySelector("[data-rest]");
    const moment = cut.querySelector("[data-moment]");

    function show() {
      const seconds = Number(line.value);
      rest.style.setProperty("--cut", seconds / Number(line.max));
      moment.textContent = clock(seconds);
      line.setAttribute("aria-valuetext", `${seconds.toFixed(1)} seconds`);
    }

    line.addEventListener("input", () => {
      if (Number(line.value) < Number(exact.min)) line.value = exact.min;
      exact.value = line.value;
      show();
    });
    exact.addEventListener("input", () => {
      line.value = exact.value;
      show();
    });
    exact.addEventListener("change", () => {
      exact.value = line.value;
    });

    exact.value = line.value;
    cut.querySelector("[data-exact]").hidden = rest.hidden = false;
    show();
  }

  document.body.addEventListener("htmx:load", ({ detail }) => {
    const form = detail.elt.querySelector?.("[data-compose]");
    if (form && !form.dataset.ready) {
      form.dataset.ready = "true";
      begin(form);
    }
  });
})();
