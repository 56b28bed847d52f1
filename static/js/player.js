// The one player of the site. Its bar stands outside <main>, so the music goes on while pages
// change. Any <button data-play> plays a piece; those of a page, in their order, are the list in
// which "previous" and "next" move. roll.js, session.js and shortcuts.js use window.player.
const bar = document.getElementById("player");
const audio = bar.querySelector("audio");
const part = (name) => bar.querySelector(`[data-${name}]`);
const [seek, volume, speed, problem] = ["seek", "volume", "speed", "problem"].map(part);
const COUNTS_AFTER = 5; // seconds heard, or half of a shorter piece
const RESTARTS_AFTER = 3; // seconds: earlier than that, "previous" means the piece before

let piece = null; // what is loaded: the data of its button
let list = [];
let from = []; // the list of which a piece or link was last chosen
let heard = 0; // seconds since it was loaded; NaN once that has been counted
let lastTime = 0;
let retryAt = null; // where to go on after a failure
let goesOn = false; // then by itself, once there is a connection
let runs = false; // nobody paused it: the end does, too
let saying = 0;

// A store may be blocked: then nothing is remembered.
function recall(store, key) {
  try {
    return JSON.parse(window[store].getItem(key));
  } catch {
    return null;
  }
}

function remember(store, key, value) {
  try {
    window[store].setItem(key, JSON.stringify(value));
  } catch {
    // As above.
  }
}

const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function spoken(seconds) {
  const [minutes, rest] = clock(seconds).split(":").map(Number);
  const words = (count, unit) => `${count} ${unit}${count === 1 ? "" : "s"}`;
  return minutes ? `${words(minutes, "minute")} ${rest || ""}`.trim() : words(rest, "second");
}

const duration = () => (audio.duration < Infinity && audio.duration) || piece?.duration || 0;
const time = () => retryAt ?? audio.currentTime;
const isLoaded = (src) => piece?.src === src;
const place = () => list.findIndex((one) => isLoaded(one.src));
const read = ({ dataset }) => ({ ...dataset, duration: Number(dataset.duration) });

// Loading and playing.

function load(wanted, at = 0) {
  if (!isLoaded(wanted.src)) heard = 0;
  piece = wanted;
  if (place() < 0) list = [piece];
  retryAt = null;
  problem.textContent = "";
  audio.src = piece.src;
  setSpeed();
  audio.currentTime = lastTime = at;
  bar.hidden = false;
  show();
  showTime();
  keep();
}

function play() {
  if (retryAt !== null) load(piece, retryAt);
  audio.play().catch(show); // a browser may want a click first
}

function toggle() {
  if (audio.paused) play();
  else audio.pause();
}

function start(wanted) {
  load(wanted);
  play();
}

// To a second of a piece. If another one is playing, this one plays on in its stead.
function goTo(seconds, wanted = piece) {
  const end = isLoaded(wanted.src) ? duration() : wanted.duration;
  const to = Math.min(Math.max(0, seconds), end);
  if (isLoaded(wanted.src)) {
    if (retryAt === null) audio.currentTime = to;
    else retryAt = to;
    return showTime();
  }
  const wasPlaying = !audio.paused;
  load(wanted, to);
  if (wasPlaying) play();
}

const by = (seconds) => goTo(time() + seconds);
const hasNext = () => piece !== null && place() < list.length - 1;

function step(count) {
  if (count < 0 && (time() > RESTARTS_AFTER || place() < 1)) return goTo(0);
  if (count > 0 && !hasNext()) return;
  start(list[place() + count]);
  document.getElementById("announcement").textContent = `Now playing: ${piece.title}`;
}

function close() {
  const buttons = [...document.querySelectorAll("main [data-play]")];
  const back = buttons.find(({ dataset }) => isLoaded(dataset.src));
  if (bar.contains(document.activeElement)) (back ?? document.getElementById("main")).focus();
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  piece = retryAt = null;
  bar.hidden = true;
  show();
  keep();
}

// A page shows the browser's own player to those without script. Who is at it already when this
// script comes, by hand or with the focus, finds here what they had: the music goes on where it is.
function takeOver() {
  const plain = document.querySelector("main [data-plain] audio");
  if (!plain) return;
  const button = plain.closest("[data-listen]").querySelector("[data-play]");
  const { currentTime, paused } = plain;
  if (plain === document.activeElement) button.focus();
  plain.remove();
  if (currentTime || !paused) goTo(currentTime, read(button));
  if (!paused) play();
}

// What is to be seen.

function show() {
  const playing = !audio.paused;
  bar.classList.toggle("is-playing", playing);
  part("toggle").setAttribute("aria-label", playing ? "Pause" : "Play");
  if (piece) {
    part("title").textContent = piece.title;
    part("by").textContent = piece.by;
    part("cover").src = piece.cover;
    part("piece").href = piece.href;
    window.htmx?.process(part("piece")); // it keeps the address that it has seen
  }
  document.querySelector("[data-to-player]").hidden = !piece;
  part("next").setAttribute("aria-disabled", !hasNext()); // it may hold the focus
  part("loop").setAttribute("aria-pressed", audio.loop);
  part("mute").setAttribute("aria-pressed", audio.muted);
  volume.value = audio.muted ? 0 : audio.volume;
  volume.setAttribute("aria-valuetext", `${Math.round(volume.value * 100)} %`);
  paint(volume);
  for (const button of document.querySelectorAll("[data-play]")) {
    const plays = playing && isLoaded(button.dataset.src);
    button.hidden = false;
    button.classList.toggle("is-playing", plays);
    button.setAttribute("aria-label", `${plays ? "Pause" : "Play"} ${button.dataset.title}`);
  }
  document.dispatchEvent(new Event("player:change"));
}

function showTime() {
  if (!piece || seek.dataset.held) return;
  setRange(seek, time(), duration());
  bar.style.setProperty("--share", time() / duration() || 0);
  setText(part("elapsed"), clock(time()));
  setText(part("total"), clock(duration()));
}

function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// What was switched, for ears and eyes: the button may lie behind "More".
function say(words) {
  part("said").textContent = words;
  clearTimeout(saying);
  saying = setTimeout(say, 3000, "");
}

const paint = (range) => range.style.setProperty("--share", range.value / range.max);
const tell = (range, time) =>
  range.setAttribute("aria-valuetext", `${spoken(time)} of ${spoken(range.max)}`);

// A slider with the focus is not spoken every second: only when somebody moves it.
function setRange(range, time, end) {
  if (Number(range.max) !== end) range.max = end;
  range.value = time;
  paint(range);
  if (range !== document.activeElement) tell(range, time);
}

// Let `range` seek by `go`: at once by key; by hand when it is let go, and until then `preview`.
// `leave`: it was let go unchanged.
function bindSeek(range, go, preview, leave) {
  range.addEventListener("input", () => {
    range.dataset.held = "yes";
    paint(range);
    tell(range, range.value);
    preview(Number(range.value));
  });
  range.addEventListener("change", () => {
    delete range.dataset.held;
    go(Number(range.value));
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) {
    range.addEventListener(end, () => setTimeout(() => {
      if (!range.dataset.held) return;
      delete range.dataset.held;
      leave();
    }));
  }
  range.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
    if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    range.value = Number(range.value) + steps;
    for (const name of ["input", "change"]) range.dispatchEvent(new Event(name));
  });
}

// A play counts once it has been heard for a while; the server counts one a listener and day.
function count() {
  const passed = audio.currentTime - lastTime;
  lastTime = audio.currentTime;
  if (passed < 0 || passed > 2) return; // a leap
  heard += passed;
  if (!(heard >= Math.min(COUNTS_AFTER, duration() / 2))) return;
  heard = NaN;
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  fetch(`${piece.href}played/`, { method: "POST", headers, keepalive: true }).catch(() => {});
}

// What is remembered: by the tab what it plays, by the browser how people like it.

const playsOn = () => part("play-on").getAttribute("aria-pressed") === "true";

function keep() {
  const { loop, muted } = audio;
  const { listener } = bar.dataset;
  const now = { piece, list, from, time: time(), loop, speed: speed.value, listener };
  remember("sessionStorage", "player", now);
  remember("localStorage", "player", { volume: audio.volume, muted, playOn: playsOn() });
}

function comeBack() {
  const likes = recall("localStorage", "player") ?? {};
  audio.volume = likes.volume ?? 1;
  audio.muted = likes.muted ?? false;
  part("play-on").setAttribute("aria-pressed", likes.playOn ?? false);
  const now = recall("sessionStorage", "player");
  // A person's pieces do not outlast the log-out.
  if (!now || (now.listener && now.listener !== bar.dataset.listener)) return show();
  from = now.from ?? [];
  if (!now.piece) return show();
  list = now.list;
  speed.value = now.speed;
  audio.loop = now.loop;
  load(now.piece, now.time);
}

async function explain() {
  const failed = piece;
  if (!failed) return;
  retryAt = audio.currentTime || lastTime;
  goesOn = runs;
  audio.pause(); // else it would count as playing, without a sound
  const answer = await fetch(piece.src, { method: "HEAD" }).catch(() => null);
  if (piece !== failed || retryAt === null) return;
  problem.textContent =
    answer?.status === 404
      ? "This piece can no longer be heard: it was deleted, or is not shared with you any more. If it \
is your own, you may have to log in again."
      : answer?.ok
        ? "Your browser could not play this recording. Press play to try again."
        : "The recording does not come. Check your connection and press play to go on.";
  show();
}

function setSpeed() {
  audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value);
}

function setLoop(loop) {
  audio.loop = loop;
  say(`Repeat is ${loop ? "on" : "off"}`);
  show();
  keep();
}

function setMuted(muted) {
  audio.muted = muted;
  audio.volume ||= 0.5;
  say(muted ? "Muted" : "Sound is on");
}

function setVolume(share) {
  audio.volume = Math.min(1, Math.max(0, share.toFixed(2)));
  audio.muted = !audio.volume;
  say(`Volume ${Math.round(audio.volume * 100)} %`);
}

function setPlayOn(wished) {
  part("play-on").setAttribute("aria-pressed", wished);
  say(`${wished ? "Goes on" : "Stops"} after this piece`);
  keep();
}

// Wires.

// Who plays a piece in a list, or follows its link and plays it on its page, moves in that list.
document.addEventListener("click", ({ target }) => {
  const link = target.closest?.("main a[href]");
  const button = target.closest?.("[data-play]");
  const wanted = button && read(button);
  const isList = !document.querySelector("main [data-listen]"); // but the page of a piece
  const here = isList ? [...document.querySelectorAll("main [data-play]")].map(read) : [];
  const isMeant = ({ src, href }) => src === wanted?.src || href === link?.getAttribute("href");
  if (here.some(isMeant)) from = here;
  if (!button) return;
  if (from.some(isMeant)) list = from;
  if (!isLoaded(wanted.src)) return start(wanted);
  toggle();
  show();
});

const clicks = {
  toggle,
  close,
  previous: () => step(-1),
  next: () => step(1),
  loop: () => setLoop(!audio.loop),
  mute: () => setMuted(!audio.muted),
  "play-on": () => setPlayOn(!playsOn()),
  more: () => part("more").setAttribute("aria-expanded", bar.classList.toggle("is-open")),
};
for (const [name, act] of Object.entries(clicks)) part(name).addEventListener("click", act);
bindSeek(seek, goTo, (to) => setText(part("elapsed"), clock(to)), showTime);
speed.addEventListener("change", () => (setSpeed(), keep()));
volume.addEventListener("input", () => {
  audio.volume = volume.value;
  audio.muted = !audio.volume;
});

function on(names, listener) {
  for (const name of names.split(" ")) audio.addEventListener(name, listener);
}

const tabs = new BroadcastChannel("player");
tabs.onmessage = () => {
  goesOn = false;
  audio.pause(); // another tab of ours plays now
};
on("play", () => {
  runs = true;
  tabs.postMessage("play");
});
on("pause seeking", () => (runs &&= !audio.paused || audio.ended));
on("play pause volumechange", show);
on("timeupdate durationchange seeked", showTime);
on("timeupdate", count);
on("pause seeked volumechange", keep);
on("playing", () => setText(problem, ""));
on("error", explain);
on("ended", () => runs && playsOn() && step(1));
on("waiting playing pause error", ({ type }) =>
  bar.classList.toggle("is-waiting", type === "waiting"),
);
window.addEventListener("online", () => retryAt !== null && goesOn && play());
window.addEventListener("pagehide", keep);
document.addEventListener("htmx:load", () => {
  show();
  takeOver();
});

window.player = {
  audio, bindSeek, by, clock, close, current: () => piece, duration, goTo, hasNext, isLoaded, play,
  read, recall, remember, setLoop, setMuted, setRange, setText, setVolume, spoken, step, time,
  toggle,
};
comeBack();
takeOver();
