// One piece of an audition sounds at a time. Without this script every player works all the same.
document.addEventListener(
  "play",
  ({ target }) => {
    for (const other of document.querySelectorAll("audio")) {
      if (other !== target) other.pause();
    }
  },
  true, // the event does not bubble
);
