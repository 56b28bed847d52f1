// The one player of the site. Its bar stands outside <main>, so the music goes on while pages
// change. Any <button data-play> plays a piece; those of a page, in their order, are the list in
// which "previous" and "next" move. roll.js and shortcuts.js use window.player.
const bar = document.getElementById("player");
const audio = bar.querySelector("audio");
const part = (name) => bar.querySelector(`[data-${name}]`);
const [seek, volume, speed, problem] = ["seek", "volume", "speed", "problem"].map(part);
const COUNTS_AFTER = 5; // seconds heard, or half of a shorter piece
const RESTARTS_AFTER = 3; // seconds: earlier than that, "previous" means the piece before

let piece = null; // what is loaded: the data of its button
let list = [];
let heard = 0; // seconds since it was loaded; NaN once that has been counted
let lastTime = 0;
let retryAt = null; // where to go on after a failure

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
  announce();
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
  const time = Math.min(Math.max(0, seconds), end);
  if (isLoaded(wanted.src)) {
    audio.currentTime = time;
    return showTime();
  }
  const goesOn = !audio.paused;
  load(wanted, time);
  if (goesOn) play();
}

const by = (seconds) => goTo(audio.currentTime + seconds);

function step(count) {
  if (count < 0 && (audio.currentTime > RESTARTS_AFTER || place() < 1)) goTo(0);
  else if (list[place() + count]) start(list[place() + count]);
}

function close() {
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  piece = null;
  bar.hidden = true;
  show();
  announce();
  keep();
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
  part("next").disabled = place() >= list.length - 1;
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
  setRange(seek, audio.currentTime, duration());
  part("progress").value = audio.currentTime / duration() || 0;
  setText(part("elapsed"), clock(audio.currentTime));
  setText(part("total"), clock(duration()));
}

function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
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
function bindSeek(range, go, preview) {
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
    range.addEventListener(end, () => setTimeout(() => delete range.dataset.held)); // unchanged
  }
  range.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
    if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    range.value = Number(range.value) + steps;
    for (const name of ["input", "change"]) range.dispatchEvent(new Event(name));
  });
}

// The lock screen, and the media keys of keyboards and headphones.

const session = navigator.mediaSession;
const actions = {
  play,
  pause: () => audio.pause(),
  previoustrack: () => step(-1),
  nexttrack: () => step(1),
  seekbackward: ({ seekOffset }) => by(-(seekOffset || 10)),
  seekforward: ({ seekOffset }) => by(seekOffset || 10),
  seekto: ({ seekTime }) => goTo(seekTime),
};

function announce() {
  if (!session) return;
  const { title, by: artist, href, cover } = piece ?? {};
  const artwork = [{ src: cover, sizes: "any", type: "image/svg+xml" }];
  // iPhones show no SVG; everybody else spares the server drawing it.
  if (CSS.supports("-webkit-touch-callout", "none")) artwork[0] = { src: `${href}cover.png` };
  session.metadata = piece && new MediaMetadata({ title, artist, album: "Nocturne", artwork });
  for (const [action, handler] of Object.entries(actions)) {
    try {
      session.setActionHandler(action, piece && handler);
    } catch {
      // This browser does not know the action.
    }
  }
}

function tellPosition() {
  if (!piece || !duration()) return;
  session?.setPositionState?.({
    duration: duration(),
    playbackRate: audio.playbackRate,
    position: Math.min(audio.currentTime, duration()),
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
  const { currentTime: time, loop, muted } = audio;
  const { listener } = bar.dataset;
  const now = { piece, list, time, loop, speed: speed.value, listener };
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
  if (!now?.piece || (now.listener && now.listener !== bar.dataset.listener)) return show();
  list = now.list;
  speed.value = now.speed;
  audio.loop = now.loop;
  load(now.piece, now.time);
}

async function explain() {
  const failed = piece;
  if (!failed) return;
  retryAt = audio.currentTime || lastTime;
  const answer = await fetch(piece.src, { method: "HEAD" }).catch(() => null);
  if (piece !== failed) return;
  problem.textContent =
    answer?.status === 404
      ? "This piece can no longer be heard: it was deleted, or is not shared any more."
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
  show();
  keep();
}

function setMuted(muted) {
  audio.muted = muted;
  audio.volume ||= 0.5;
}

// Wires.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-play]");
  if (!button) return;
  const wanted = read(button);
  const here = [...document.querySelectorAll("main [data-play]")].map(read);
  // The page of a piece, to which one may have come from a list, leaves that list as it is.
  if (here.length > 1 && here.some((one) => one.src === wanted.src)) list = here;
  if (isLoaded(wanted.src)) toggle();
  else start(wanted);
});

const clicks = {
  toggle,
  close,
  previous: () => step(-1),
  next: () => step(1),
  loop: () => setLoop(!audio.loop),
  mute: () => setMuted(!audio.muted),
  "play-on": () => (part("play-on").setAttribute("aria-pressed", !playsOn()), keep()),
  more: () => part("more").setAttribute("aria-expanded", bar.classList.toggle("is-open")),
};
for (const [name, act] of Object.entries(clicks)) part(name).addEventListener("click", act);
bindSeek(seek, goTo, (time) => setText(part("elapsed"), clock(time)));
speed.addEventListener("change", () => (setSpeed(), keep()));
volume.addEventListener("input", () => {
  audio.volume = volume.value;
  audio.muted = !audio.volume;
});

function on(names, listener) {
  for (const name of names.split(" ")) audio.addEventListener(name, listener);
}

const tabs = new BroadcastChannel("player");
tabs.onmessage = () => audio.pause(); // another tab of ours plays now
on("play", () => tabs.postMessage("play"));
on("play pause volumechange", show);
on("timeupdate durationchange seeked", showTime);
on("durationchange seeked ratechange play", tellPosition);
on("timeupdate", count);
on("pause seeked volumechange", keep);
on("playing", () => setText(problem, ""));
on("error", explain);
on("ended", () => playsOn() && step(1));
on("waiting playing pause error", ({ type }) =>
  bar.classList.toggle("is-waiting", type === "waiting"),
);
window.addEventListener("pagehide", keep);
document.addEventListener("htmx:load", show);

window.player = {
  audio, bindSeek, by, clock, current: () => piece, duration, goTo, isLoaded, read, recall,
  remember, setLoop, setMuted, setRange, setText, toggle,
};
comeBack();
