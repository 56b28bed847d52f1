// The piano roll of a piece on canvas, from its notes. Long pieces pass by in a window above a
// strip of the whole, over which lies a real slider; both seek. The music is drawn once, in tiles,
// so a frame costs a few drawImage calls and no layout. A piece in the making grows likewise.
const { player } = window;
const { audio } = player;
const WHOLE = 30; // seconds: pieces up to that length are shown whole
const TILE = 1024; // device pixels
const HEAD = 0.3; // where the playhead stands in a passing window, as a share of its width
const LEAST_ROWS = 36; // semitones
const SOFTEST = 0.55; // opacity: the softer a note, the paler
const COLOURS = "ground row line note lit head white black ink shade".split(" ");
const isBlack = (pitch) => [1, 3, 6, 8, 10].includes(pitch % 12);
const whenIdle = window.requestIdleCallback ?? setTimeout;
const still = matchMedia("(prefers-reduced-motion: reduce)");

function paper(width, height) {
  const ink = document.createElement("canvas").getContext("2d", { alpha: false });
  [ink.canvas.width, ink.canvas.height] = [width, height];
  return ink;
}

// Notes are [onset ms, duration ms, pitch, velocity], pedals [on ms, off ms].
function createRoll(box, { notes, pedal = [], takeover = 0 }, duration) {
  const [view, strip] = box.querySelectorAll("canvas");
  const pen = view.getContext("2d", { alpha: false });
  const stripPen = strip?.getContext("2d", { alpha: false });
  const tiles = new Map();
  const colours = { edge: "#000" }; // round what sounds
  const pitches = notes.map((note) => note[2]);
  let [low, high] = [Math.min(100, ...pitches) - 2, Math.max(30, ...pitches) + 2];
  for (; high - low < LEAST_ROWS; high += 1) low -= 1;
  const rows = Array.from({ length: high - low + 1 }, (_, row) => high - row);
  let start = 0; // seconds: the left edge; so is `span`, the window; all else is device pixels
  let unit, keyboard, area, span, perSecond, keys, whole, stripShown;

  const y = (pitch, height) =>
    Math.round(((high - pitch) * (height - (pedal.length && 8 * unit))) / rows.length);
  const rowHeight = (pitch, height) => y(pitch - 1, height) - y(pitch, height);

  function fill(ink, colour, left, top, width, height) {
    ink.fillStyle = colours[colour];
    ink.fillRect(left, top, width, height);
  }

  function paintBar(ink, x, [onset, length, pitch], height, isLit) {
    const left = x(onset / 1000);
    const wide = Math.max(2 * unit, x((onset + length) / 1000) - left - unit);
    const tall = Math.max(2 * unit, rowHeight(pitch, height) - 1);
    ink.beginPath();
    ink.roundRect(left, y(pitch, height), wide, tall, Math.min(tall / 2, 3 * unit));
    if (isLit) ink.stroke();
    ink.fill();
  }

  // The music from the second `from` on, `scale` pixels a second.
  function paint(width, height, scale, from, isNear) {
    const ink = paper(width, height);
    const x = (seconds) => Math.round((seconds - from) * scale);
    const edge = takeover && x(takeover); // until there it was given
    fill(ink, "ground", 0, 0, width, height);
    for (const pitch of rows.filter(isBlack)) {
      fill(ink, "row", 0, y(pitch, height), width, rowHeight(pitch, height));
    }
    for (let at = Math.ceil(from); isNear && x(at) < width; at += 1) {
      fill(ink, "line", x(at), 0, 1, height);
    }
    if (takeover) fill(ink, "shade", 0, 0, edge, height);
    ink.fillStyle = colours.note;
    for (const note of notes) {
      if (x(note[0] / 1000) > width || x((note[0] + note[1]) / 1000) < 0) continue;
      ink.globalAlpha = SOFTEST + ((1 - SOFTEST) * note[3]) / 127;
      paintBar(ink, x, note, height);
    }
    ink.globalAlpha = 1;
    for (const [down, up] of pedal.map((times) => times.map((ms) => x(ms / 1000)))) {
      fill(ink, "note", down, height - 5 * unit, up - down - unit, 3 * unit);
    }
    if (takeover) {
      fill(ink, "ink", edge, 0, unit, height);
      ink.font = `${12 * unit}px system-ui, sans-serif`;
      if (isNear) ink.fillText("From here on composed by the machine", edge + 8 * unit, 18 * unit);
    }
    return ink.canvas;
  }

  function paintKey(ink, pitch, colour, edge = 0) {
    const wide = isBlack(pitch) ? Math.round(keyboard * 0.62) : keyboard - unit;
    const tall = rowHeight(pitch, view.height) - 2 * edge;
    fill(ink, colour, 0, y(pitch, view.height) + edge, wide - edge, tall);
  }

  function drawKeys() {
    const ink = paper(keyboard, view.height);
    fill(ink, "line", 0, 0, keyboard, view.height);
    fill(ink, "white", 0, 0, keyboard - unit, view.height);
    for (const pitch of rows) {
      if (isBlack(pitch)) paintKey(ink, pitch, "black");
      // White keys are parted below C and F; elsewhere the black ones do it.
      if ([0, 5].includes(pitch % 12)) fill(ink, "line", 0, y(pitch - 1, view.height), keyboard, 1);
    }
    return ink.canvas;
  }

  // Take the colours and sizes of the page; true if that changed a canvas, which is then blank.
  function fit(changed = false) {
    const ratio = window.devicePixelRatio;
    for (const canvas of [view, strip ?? view]) {
      const width = Math.round(canvas.clientWidth * ratio);
      const height = Math.round(canvas.clientHeight * ratio);
      if (canvas.width === width && canvas.height === height) continue;
      [canvas.width, canvas.height] = [width, height];
      changed = true;
    }
    if (!changed || !view.width) return false;
    for (const name of COLOURS) {
      box.style.color = `var(--roll-${name})`; // on a real property light-dark() is resolved
      colours[name] = getComputedStyle(box).color;
    }
    box.style.color = "";
    unit = Math.max(1, Math.round(ratio));
    const isSmall = view.clientWidth < 500;
    keyboard = Math.round((isSmall ? 22 : 34) * ratio);
    area = view.width - keyboard;
    span = strip && duration > WHOLE ? (isSmall ? 12 : 16) : duration;
    perSecond = area / span;
    tiles.clear();
    keys = drawKeys();
    whole = strip && paint(strip.width, strip.height, strip.width / duration, 0, false);
    stripShown = "";
    return true;
  }

  function tile(index) {
    if (!tiles.has(index)) {
      if (tiles.size > area / TILE + 2) tiles.delete(tiles.keys().next().value);
      const isNear = perSecond > 15 * unit;
      tiles.set(index, paint(TILE, view.height, perSecond, (index * TILE) / perSecond, isNear));
    }
    return tiles.get(index);
  }

  // Where the window begins so that `time` stands at its usual place.
  function usualStart(time) {
    const first = still.matches ? Math.floor(time / span) * span : time - span * HEAD;
    return Math.min(Math.max(0, duration - span), Math.max(0, first));
  }

  // One picture. `from`: the left edge, if it is not the usual one.
  function draw(time, from = usualStart(time)) {
    if (!keys) return;
    start = from;
    const offset = Math.round(start * perSecond);
    let i = Math.floor(offset / TILE);
    for (; i * TILE < offset + area; i += 1) {
      pen.drawImage(tile(i), keyboard + i * TILE - offset, 0);
    }
    if (!tiles.has(i) && i * TILE < duration * perSecond) whenIdle(() => tile(i)); // the next one
    const x = (seconds) => keyboard + Math.round(seconds * perSecond) - offset;
    const ms = time * 1000;
    const sounding = notes.filter((note) => note[0] <= ms && ms < note[0] + note[1]);
    [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [colours.lit, colours.edge, 2 * unit];
    for (const note of sounding) paintBar(pen, x, note, view.height, true);
    fill(pen, "head", x(time), 0, 2 * unit, view.height);
    pen.drawImage(keys, 0, 0);
    for (const [, , pitch] of sounding) {
      paintKey(pen, pitch, "edge");
      paintKey(pen, pitch, "lit", unit);
    }
    if (strip) drawStrip(time);
  }

  // The strip changes by whole pixels only, so most frames leave it alone.
  function drawStrip(time) {
    const { width, height } = strip;
    const [at, left] = [time, start].map((seconds) => Math.round((seconds / duration) * width));
    if (stripShown === `${at} ${left}`) return;
    stripShown = `${at} ${left}`;
    stripPen.drawImage(whole, 0, 0);
    stripPen.globalAlpha = 0.16;
    fill(stripPen, "head", 0, 0, at, height);
    stripPen.globalAlpha = 1;
    fill(stripPen, "head", Math.min(at, width - 2 * unit), 0, 2 * unit, height);
    if (span === duration) return;
    stripPen.strokeStyle = colours.ink;
    stripPen.lineWidth = unit;
    stripPen.strokeRect(left + unit / 2, unit / 2, (span / duration) * width - unit, height - unit);
  }

  // Device pixels from where the keyboard ends.
  function across(clientX) {
    const edges = view.getBoundingClientRect();
    return (clientX - edges.left) * (view.width / edges.width) - keyboard;
  }

  const timeAt = (clientX) =>
    Math.min(duration, start + Math.min(area, Math.max(0, across(clientX))) / perSecond);

  return { across, draw, fit, timeAt, usualStart, start: () => start };
}

const alive = new Map(); // box: what ends the watching over it

// Fit the roll, and draw it again whenever its size, its screen or the theme changes.
function watch(box, roll, draw) {
  const gone = new AbortController();
  const size = new ResizeObserver(() => roll.fit() && draw());
  const restyle = () => roll.fit(true) && draw();
  const theme = new MutationObserver(restyle);
  size.observe(box);
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const query of [matchMedia("(prefers-color-scheme: dark)"), still]) {
    query.addEventListener("change", restyle, gone);
  }
  const sharpen = () => {
    roll.fit() && draw();
    const screen = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    screen.addEventListener("change", sharpen, { once: true, signal: gone.signal });
  };
  alive.get(box)?.();
  alive.set(box, () => {
    gone.abort();
    size.disconnect();
    theme.disconnect();
  });
  restyle();
  sharpen();
  return gone;
}

// Null: they did not come. A page of an error is no JSON either.
const fetchNotes = (host) =>
  fetch(host.dataset.notes).then((answer) => answer.json()).catch(() => null);

// The page of a piece that can be heard. The slider and the clock do not wait for the notes.
function listen(host, box) {
  const range = box.querySelector("input");
  const words = host.querySelector("[data-time]");
  const piece = player.read(host.querySelector("[data-play]"));
  const lost = host.querySelector("[data-lost]");
  const view = box.querySelector("canvas");
  const isMine = () => player.isLoaded(piece.src);
  let time = 0; // what is shown
  let held = null; // the left edge, while somebody drags: it then stands still
  let glide = 0; // seconds that the left edge still is from its usual place after a leap
  let [frame, drawnAt, toldTime, toldAt] = [0, 0, 0, 0];
  let roll = null; // until the notes have come
  let isSeen = true;

  // The browser tells the time in steps; between them we count ourselves, once it runs.
  function now() {
    if (!isMine() || audio.paused || audio.seeking || audio.readyState < 3) {
      [toldTime, toldAt] = [audio.currentTime, Infinity];
      return isMine() ? player.time() : 0;
    }
    if (still.matches) return Math.floor(audio.currentTime * 2) / 2;
    const tick = performance.now();
    if (audio.currentTime !== toldTime) [toldTime, toldAt] = [audio.currentTime, tick];
    const passed = Math.min(Math.max(0, tick - toldAt), 250);
    return toldTime + (passed / 1000) * audio.playbackRate;
  }

  function draw() {
    const tick = performance.now();
    glide *= Math.exp((drawnAt - tick) / 90);
    drawnAt = tick;
    if (Math.abs(glide) < 0.01 || still.matches) glide = 0;
    roll?.draw(time, held ?? roll.usualStart(time) + glide);
  }

  function step() {
    frame = 0;
    if (!box.isConnected || !isSeen) return;
    if (held === null) time = now();
    draw();
    if (glide || held !== null || (isMine() && !audio.paused && !still.matches)) wake();
  }

  function wake() {
    frame ||= requestAnimationFrame(step);
  }

  function tell() {
    const at = isMine() ? player.time() : 0;
    if (!range.dataset.held) player.setRange(range, at, piece.duration);
    player.setText(words, `${player.clock(at)} / ${player.clock(piece.duration)}`);
    wake();
  }

  function leap(seconds) {
    glide = roll ? roll.start() - roll.usualStart(seconds) : 0;
    if (Math.abs(glide) > WHOLE) glide = 0; // too far for a glide to be of help
    player.goTo(seconds, piece);
    held = null;
    drawnAt = performance.now();
    tell();
  }

  function hold(seconds, edge) {
    [time, held] = [seconds, edge];
    wake();
  }

  function leave() {
    held = null;
    tell();
  }

  async function getNotes() {
    const score = await fetchNotes(host);
    if (!box.isConnected) return;
    lost.hidden = score !== null;
    roll = createRoll(box, score ?? { notes: [] }, piece.duration);
    if (roll.fit(true)) draw();
    tell();
  }

  const gone = watch(box, { fit: (changed) => roll?.fit(changed) }, draw);
  for (const name of ["timeupdate", "seeked", "playing"]) audio.addEventListener(name, tell, gone);
  document.addEventListener("player:change", tell, gone);
  window.addEventListener("online", () => lost.hidden || getNotes(), gone);
  tell();
  getNotes();
  new IntersectionObserver((looks) => {
    isSeen = looks.at(-1).isIntersecting;
    wake();
  }).observe(box);
  lost.querySelector("button").addEventListener("click", getNotes);
  player.bindSeek(range, leap, (seconds) => hold(seconds, roll?.usualStart(seconds) ?? 0), leave);
  view.addEventListener("pointerdown", (event) => {
    if (event.button || !roll || roll.across(event.clientX) < 0) return; // on the keyboard
    view.setPointerCapture(event.pointerId);
    hold(roll.timeAt(event.clientX), roll.start());
  });
  view.addEventListener("pointermove", (event) => {
    if (held !== null) time = roll.timeAt(event.clientX);
  });
  view.addEventListener("pointerup", () => held !== null && leap(time));
  view.addEventListener("pointercancel", leave);
}

// A piece in the making: the notes so far, again with every answer of the server.
let draft = {};

async function grow(host, box) {
  const show = () => {
    const roll = createRoll(box, draft, Number(host.dataset.duration));
    const edge = Math.max(0, ...draft.notes.map((note) => note[0] / 1000));
    watch(box, roll, () => roll.draw(edge));
  };
  if (draft.of === host.dataset.notes) show(); // at once what the box before this one showed
  const answer = await fetchNotes(host);
  if (!answer || !box.isConnected) return;
  draft = { ...answer, of: host.dataset.notes };
  show();
}

function begin() {
  for (const [box, end] of alive) {
    if (box.isConnected) continue;
    end();
    alive.delete(box);
  }
  for (const box of document.querySelectorAll("[data-roll][hidden]")) {
    const host = box.parentElement;
    for (const plain of host.querySelectorAll("[data-plain]")) plain.remove();
    for (const hidden of host.querySelectorAll("[data-scripted]")) hidden.hidden = false;
    box.hidden = false;
    (host.dataset.duration ? grow : listen)(host, box);
  }
}

document.addEventListener("htmx:load", begin);
begin();
