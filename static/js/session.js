// The lock screen, and the media keys of keyboards and headphones.
const { player } = window;
const { audio, by, step } = player;
const session = navigator.mediaSession;
let told; // the piece that the lock screen shows

const actions = {
  play: player.play,
  pause: () => audio.pause(),
  stop: player.close,
  previoustrack: () => step(-1),
  nexttrack: () => step(1),
  seekbackward: ({ seekOffset }) => by(-(seekOffset || 10)),
  seekforward: ({ seekOffset }) => by(seekOffset || 10),
  seekto: ({ seekTime }) => player.goTo(seekTime),
};

function offer(action, isOffered) {
  try {
    session.setActionHandler(action, isOffered ? actions[action] : null);
  } catch {
    // This browser does not know the action.
  }
}

function announce() {
  const piece = player.current();
  offer("nexttrack", player.hasNext());
  if (piece === told) return;
  told = piece;
  const { title, by: artist, href, cover } = piece ?? {};
  const artwork = [{ src: cover, sizes: "any", type: "image/svg+xml" }];
  // iPhones show no SVG; everybody else spares the server drawing it.
  if (CSS.supports("-webkit-touch-callout", "none")) artwork[0] = { src: `${href}cover.png` };
  session.metadata = piece && new MediaMetadata({ title, artist, album: "Nocturne", artwork });
  for (const action of Object.keys(actions)) if (action !== "nexttrack") offer(action, piece);
  if (!piece) session.setPositionState?.();
}

function tellPosition() {
  const duration = player.duration();
  if (!duration) return;
  const position = Math.min(player.time(), duration);
  session.setPositionState?.({ duration, playbackRate: audio.playbackRate, position });
}

if (session) {
  document.addEventListener("player:change", announce);
  for (const name of ["durationchange", "seeked", "ratechange", "play"]) {
    audio.addEventListener(name, tellPosition);
  }
  announce();
}
