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
  "?": () => dialog.showModal(),
};

// On the page of a piece the space bar plays that piece, if nothing else is there to play.
const button = () => document.querySelector("[data-listen] [data-play]");
const hasUse = (key) => player.current() || key === "?" || (key === " " && button());

// Whether the focused control has a use of its own for the key.
function isTaken(key, control) {
  if (dialog.open || control.closest(TYPING)) return true;
  if (key === " ") return control.closest("button, summary, input:not([type=range])");
  return key.length > 1 && control.closest("input");
}

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (!KEYS[key] || !wanted.checked || event.defaultPrevented || !hasUse(key)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || isTaken(key, event.target)) return;
  event.preventDefault();
  if (!event.repeat || key.startsWith("arrow")) KEYS[key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-help]")) dialog.showModal();
});
wanted.checked = player.recall("localStorage", "keys") !== false;
wanted.addEventListener("change", () => player.remember("localStorage", "keys", wanted.checked));
