// What is being made: htmx asks for it now and then, and here is seen to that this disturbs nobody.
const voice = document.getElementById("announcement");
const answers = new Map(); // the last one for each part, by its id
const isAsked = (part) => /^every/.test(part.getAttribute("hx-trigger"));
const now = () => new Date().toLocaleTimeString([], { timeStyle: "short" });
const before = new WeakMap(); // what stood there, by the request whose answer replaces it
let heard = now();

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, headers } = event.detail;
  headers["X-Visible"] = !document.hidden;
  if (!isAsked(elt)) return;
  event.detail.timeout = 15000; // ms
  elt.turns = (elt.turns ?? 0) + 1;
  if (document.hidden && elt.turns % 5) event.preventDefault(); // its title may lag behind
});

// What is the same stays, and so does what is just being pressed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, target, xhr } = event.detail;
  if (event.defaultPrevented || (!isAsked(elt) && elt.id !== "wait")) return;
  const answer = xhr.response.replace(/\w{64}/g, ""); // a form's token differs each time
  if (answers.get(elt.id) === answer || target.querySelector(":is(a, button, label):active")) {
    return event.preventDefault();
  }
  answers.set(elt.id, answer);
  before.set(xhr, { state: target.dataset.state, held: target.contains(document.activeElement) });
});

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  const { state, announcement } = target.dataset;
  const then = before.get(detail?.xhr);
  if (!then?.state || !state) return;
  if (then.held && document.activeElement === document.body) { // what was focused has gone
    target.querySelector("h1, [id$=-link]")?.focus({ preventScroll: true });
  }
  if (announcement && state !== then.state) voice.textContent = announcement;
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr: { status } } }) => {
  if (!isAsked(elt)) return;
  const line = document.getElementById("no-news");
  const { href } = location;
  if (status >= 200 && status < 400) {
    heard = now();
    line?.remove();
  } else if ([401, 404].includes(status) && sessionStorage.gone !== href) {
    sessionStorage.gone = href; // once: the page itself will say what there is to say
    location.reload();
  } else if (!line) {
    voice.textContent = `No news since ${heard}. Trying again.`;
    document.getElementById("main").insertAdjacentHTML("afterbegin",
      `<p class="message" id="no-news">${voice.textContent}</p>`);
  }
});

document.addEventListener("htmx:load", ({ target }) => target.id === "main" && answers.clear());
