// From page to page without a reload, so that the music goes on: htmx fetches what a link or form
// leads to, and of the answer only <main> and the navigation are taken. What this adds to hx-boost:
// every answer is shown, errors too; focus, scroll and the way back are as in full loads.
const MAIN = '<main id="main"'; // in every page of ours, and in nothing else
const PARTS = { select: "#main", selectOOB: "#site-nav" };
const { body, documentElement } = document;
const voice = document.getElementById("announcement");
let latest = null; // the one request whose answer is still wanted
let leaving = ""; // the path that was shown before
let saving = 0;
let returning = 0; // how far down the page was to which somebody goes back

const main = () => document.getElementById("main");
const keepScroll = (scroll) => history.replaceState({ htmx: true, scroll }, "");

function expect(request) {
  latest = request;
  documentElement.toggleAttribute("data-busy", request !== null);
}

// Show the new page where a reader expects it: at `scroll` or at the anchor of the address, with
// the focus on its heading unless one of its fields holds it already.
function arrive(scroll, anchor) {
  expect(null);
  const page = main();
  const held = page !== document.activeElement && page.contains(document.activeElement);
  const stays = held && leaving === window.location.pathname; // filters, forms sent back
  if (!held) {
    const heading = page.querySelector("h1") ?? page;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  const target = document.getElementById(anchor);
  if (target) target.scrollIntoView();
  else if (!stays) window.scrollTo(0, scroll);
  voice.textContent = page.querySelector(".messages")?.innerText ?? "";
}

body.addEventListener("htmx:beforeRequest", ({ detail: { boosted, target, xhr } }) => {
  if (boosted) return expect(xhr);
  // News for a part of a page that has been left since: htmx would still take over their title.
  const load = xhr.onload;
  xhr.onload = (event) => target.isConnected && load.call(xhr, event);
});

body.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!detail.boosted) {
    // Where another page is on its way, news may wait: htmx would forget the link or form that asks
    // for it together with the part in which that stood, and show the page without its address.
    if (latest) event.preventDefault();
  } else if (detail.xhr !== latest) {
    event.preventDefault(); // another way was taken meanwhile
  } else if (!detail.serverResponse.includes(MAIN)) {
    event.preventDefault(); // a file, or a page that is not ours
    if (detail.xhr.status >= 500) complain(); // of a proxy: a full load would end the music
    else window.location.assign(detail.xhr.responseURL);
    expect(null);
  } else {
    const swapOverride = "outerHTML settle:0ms";
    const shown = { target: main(), selectOverride: PARTS.select, swapOverride };
    Object.assign(detail, shown, { shouldSwap: true, isError: false });
    if (detail.xhr.status === 500) {
      // That page knows no person: the navigation stays as it is.
      detail.serverResponse = detail.serverResponse.replace(' id="site-nav"', "");
    }
  }
});

// Navigation in which somebody is just pressing a link stays: the next page brings its own.
body.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.querySelector("a:active")) event.preventDefault();
});

body.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  if (!detail.boosted) return;
  clearTimeout(saving);
  leaving = window.location.pathname;
  if (detail.history.path === leaving + window.location.search) detail.history.type = "replace";
  else keepScroll(window.scrollY);
});

body.addEventListener("htmx:afterSettle", ({ detail, target }) => {
  if (detail?.boosted && target === main()) arrive(0, detail.pathInfo.anchor);
});

body.addEventListener("htmx:sendError", ({ detail }) => {
  if (detail.xhr === latest) complain();
});

function complain() {
  expect(null);
  main().querySelector(".messages[role=alert]")?.remove();
  main().insertAdjacentHTML("afterbegin", '<div class="messages" role="alert"><p class="message \
message--error">The site cannot be reached. Check your connection and try again.</p></div>');
  window.scrollTo(0, 0);
}

// Back and forward. htmx forgets pages here (historyCacheSize 0): they come fresh and whole.
history.scrollRestoration = "manual";
if (history.state?.scroll) window.scrollTo(0, history.state.scroll); // after a reload

window.addEventListener("popstate", (event) => {
  clearTimeout(saving);
  returning = event.state?.scroll ?? 0;
});

body.addEventListener("htmx:historyCacheMiss", (event) => {
  event.preventDefault();
  restore(event.detail.path, returning);
});

async function restore(path, scroll) {
  const mine = {};
  expect(mine);
  leaving = "";
  keepScroll(scroll); // htmx has just written over it
  const headers = { "HX-History-Restore-Request": "true" };
  const answer = await fetch(path, { headers }).catch(() => null);
  const page = await answer?.text().catch(() => "");
  if (latest !== mine) return;
  if (page?.includes(MAIN)) {
    if (answer.redirected) history.replaceState({ htmx: true }, "", answer.url);
    htmx.swap(main(), page, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 }, PARTS);
    arrive(scroll);
  } else if (page && answer.status < 500) {
    window.location.reload();
  } else {
    // What was shown does not belong to the address any more.
    main().innerHTML = `<h1>Not here yet</h1><a class="button" href="${path}">Try again</a>`;
    htmx.process(main());
    complain();
  }
}

window.addEventListener("scroll", () => {
  clearTimeout(saving);
  saving = setTimeout(() => keepScroll(window.scrollY), 200); // Safari allows 100 in 30 s
}, { passive: true });

// Scripts that only some pages need. They begin when they come, and go on with later pages. Where
// one does not come, there is what those without script have; the next page asks again.
document.addEventListener("htmx:load", () => {
  for (const { dataset } of document.querySelectorAll("[data-script]")) {
    import(dataset.script).catch(() => {});
  }
});

// A new window or a download is the browser's affair; htmx 2 sees to Ctrl and Cmd only.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isTheirs = event.shiftKey || event.altKey || link?.hasAttribute("download");
  if (link && isTheirs) event.stopPropagation();
}, true);

// htmx follows hx-boost on forms and links; here a single button of a form may refuse it.
document.addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("hx-boost") === "false") event.stopPropagation();
}, true);
