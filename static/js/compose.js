// Comforts of the form for a new piece. Without this script every field works all the same.
(() => {
  "use strict";
  const { clock, spoken } = window.player;

  function begin(form) {
    const { duration, temperature, model, style } = form.elements;
    const find = (name) => form.querySelector(`[data-${name}]`);
    const presets = find("presets");
    const slider = find("slider");
    const shown = find("temperature");

    function show() {
      if (duration.value) slider.value = duration.value;
      slider.ariaValueText = spoken(slider.value);
      shown.textContent = Number(temperature.value).toFixed(2);
      for (const button of presets.children) {
        button.ariaPressed = button.dataset.seconds === duration.value;
      }
    }

    presets.addEventListener("click", (event) => {
      const { seconds } = event.target.dataset;
      if (!seconds) return;
      duration.value = seconds;
      show();
      duration.dispatchEvent(new Event("change", { bubbles: true }));
    });

    // Only the styles that the chosen model knows.
    function filter() {
      find("unknown").textContent = "";
      for (const card of find("styles").children) {
        card.hidden = !JSON.parse(card.dataset.models).includes(model.value);
        const radio = card.querySelector("input");
        if (!card.hidden || !radio.checked) continue;
        const name = card.querySelector(".style__name").textContent;
        find("unknown").textContent = `${model.value} does not know ${name}: any style is chosen.`;
        style[0].checked = true;
      }
    }

    form.addEventListener("input", ({ target }) => {
      if (target === slider) duration.value = slider.value;
      if (target === model) filter();
      show();
    });
    form.addEventListener("change", ({ target }) => {
      if (!/style|title|seed|temp/.test(target.name)) htmx.trigger(form, "estimate");
    });

    keep(form, find("kept"));
    // What was typed before this script came, or has come back, is another wish than the page's.
    const sent = asSent(form);
    const isOther = [...new FormData(form)].some(([name, value]) => value !== sent.get(name));
    if (isOther) form.dispatchEvent(new Event("change"));
    slider.hidden = presets.hidden = false;
    if (model.value) filter();
    show();
    const cut = find("cut");
    if (cut) chooseMoment(cut);
  }

  // What the page came with, whatever has been typed since.
  function asSent(form) {
    const untouched = form.cloneNode(true);
    untouched.reset();
    return new FormData(untouched);
  }

  // What was chosen is kept until a piece is made of it: for the way back, a login, an error.
  function keep(form, line) {
    const who = document.getElementById("player").dataset.listener;
    const at = window.location.search;
    const { wish } = sessionStorage;
    const kept = wish ? JSON.parse(wish) : {};
    if (kept.who === who && (kept.at === at || (kept.sent && !at)) && !form.querySelector("#errors")) {
      const [sent, typed] = [asSent(form), new FormData(form)];
      for (const [name, value] of kept.fields) {
        if (!form.elements[name] || typed.get(name) !== sent.get(name)) continue;
        form.elements[name].value = value;
        if (value && /title|seed/.test(name)) form.querySelector(".more").open = true;
      }
      line.hidden = false;
      line.onclick = () => delete sessionStorage.wish;
    }
    form.oninput = form.onchange = form.onsubmit = ({ type }) => {
      const fields = [...new FormData(form)].filter(([name]) => !/csrf|key/.test(name));
      sessionStorage.wish = JSON.stringify({ who, at, sent: type === "submit", fields });
    };
  }

  // The line over the roll, and the number beside it.
  function chooseMoment(cut) {
    const [line, exact, rest, moment, box] = [
      "[type=range]", "[type=number]", "[data-rest]", "[data-moment]", "[data-exact]",
    ].map((one) => cut.querySelector(one));

    function show() {
      const seconds = Number(line.value);
      rest.style.setProperty("--cut", seconds / Number(line.max));
      moment.textContent = clock(seconds);
      line.ariaValueText = `${seconds.toFixed(1)} seconds`;
    }

    line.addEventListener("input", () => {
      exact.value = line.value = Math.max(line.value, exact.min);
      show();
    });
    exact.addEventListener("input", () => {
      if (exact.value) line.value = Math.max(exact.value, exact.min);
      show();
    });
    exact.onchange = () => (exact.value = line.value);

    exact.onchange();
    box.hidden = rest.hidden = false;
    show();
  }

  function arrive() {
    const isMade = /^.(compositions|takes)/.test(window.location.pathname);
    if (isMade && /"sent":true/.test(sessionStorage.wish)) delete sessionStorage.wish;
    const form = document.querySelector("[data-compose]:not([data-ready])");
    if (!form) return;
    form.dataset.ready = "true";
    begin(form);
  }

  document.addEventListener("htmx:load", arrive);
  arrive();
})();
