// The keys of the player, and the dialog under "?" that lists them and can switch them off.
const { player } = window;
const { audio } = player;
const dialog = document.getElementById("keys");
const wanted = dialog.querySelector("[data-keys-on]");
const TYPING = `textarea, select, [contenteditable],
  input:not([type=range], [type=checkbox], [type=radio])`;

const KEYS = {
  " ": () => (player.current() ? player.toggle() : button().click()),
  arrowleft: () => player.by(-5),
  arrowright: () => player.by(5),
  j: () => player.by(-10),
  k: () => player.by(10),
  home: () => player.goTo(0),
  end: () => player.goTo(player.duration()),
  m: () => player.setMuted(!audio.muted),
  l: () => player.setLoop(!audio.loop),
  "+": () => player.setVolume(audio.volume + 0.1),
  "-": () => player.setVolume(audio.volume - 0.1),
  "?": () => dialog.showModal(),
};

// On the page of a piece the space bar plays that piece, if nothing else is there to play.
const button = () => document.querySelector("[data-listen] [data-play]");
const hasUse = (key) => player.current() || key === "?" || (key === " " && button());

// Whether the focused control has a use of its own for the key: so has a box that can be scrolled.
// With Shift, keys that bear no letter select text or scroll back.
function isTaken(key, control, shift) {
  if (dialog.open || control.closest(TYPING)) return true;
  const isNamed = key === " " || key.length > 1;
  if (isNamed && (shift || control.closest("[tabindex='0']"))) return true;
  if (key === " ") return control.closest("button, summary, input:not([type=range])");
  return isNamed && control.closest("input");
}

document.addEventListener("keydown", (event) => {
  const key = event.key?.toLowerCase(); // what a browser fills in comes without one
  if (!KEYS[key] || !wanted.checked || event.defaultPrevented || !hasUse(key)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTaken(key, event.target, event.shiftKey)) return;
  event.preventDefault();
  if (!event.repeat || /^[a+-]/.test(key)) KEYS[key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-help]")) dialog.showModal();
});
wanted.checked = player.recall("localStorage", "keys") !== false;
wanted.addEventListener("change", () => player.remember("localStorage", "keys", wanted.checked));
