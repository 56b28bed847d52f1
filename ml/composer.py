"""The public door: a request goes in, a piece comes out.

    composer = Composer.open(path)
    piece = composer.compose(Request(seconds=60, seed=7, style="chopin"))
    longer = composer.compose(Request(30, seed=8, beginning=Beginning.cut(piece.notes, 20)))

The same weights and request give the same notes on one machine, whatever else it does: one seeded
generator, one thread, the same order of sums. Between kinds of processors the last bits of sums may
differ, and a draw that falls on such a bit turns the piece another way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ml import encoding, features, guidance, weights
from ml.beginning import Beginning
from ml.encoding import KEY, KEYS, SHIFT_START, SHIFT_WIDTH, SHIFTS, TICKS_PER_SECOND
from ml.features import ANY, BEGIN, Inputs
from ml.forward import Forward, impossible_keys
from ml.listener import Listener
from ml.loops import LoopGuard
from ml.notes import LOWEST_PITCH, Note, Piece
from ml.sampler import Taste, draw

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 900.0
LARGEST_SEED = 2**64 - 1
LONGEST_PAUSE = 3.0  # seconds between two onsets, before the end is near
LAST_ONSET = 1.5  # seconds before the end from which the chord that sounds is the last, and rings
RITARDANDO, SLOWEST = 5.0, 2.0  # over the last seconds, to half the tempo
LAST_SILENCE = 1.0  # seconds before the end from which the piece may already be over
CODA = 6.0  # seconds before the end within which a last chord may be held as long as it likes
LONGEST_NOTE = 15.0  # seconds; by then a piano's string is silent
MOST_ROWS_A_SECOND = 120  # on average; no hand plays more, and a network must move time on

# Is told the share of the new music that stands, and how to have the piece so far: a sum over all
# its notes, done only when it is called.
OnProgress = Callable[[float, Callable[[], Piece]], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted. `temperature` 1 plays as the network learnt; less is tamer, more is wilder.

    `style` is the slug of a composer that the network knows, empty for any; `energy` and `loudness`
    go from 1 to 5, 0 for any. With a `beginning`, `seconds` are those of the music after it. Raises
    ValueError for anything out of bounds.
    """

    seconds: float
    seed: int
    style: str = ""
    temperature: float = 1.0
    energy: int = ANY
    loudness: int = ANY
    beginning: Beginning | None = None

    def __post_init__(self):
        if not SHORTEST_SECONDS <= self.seconds <= LONGEST_SECONDS:
            raise ValueError(
                f"A piece lasts {SHORTEST_SECONDS:.0f} to {LONGEST_SECONDS:.0f} s, "
                f"not {self.seconds} s."
            )
        if self.takeover + self.seconds > LONGEST_SECONDS:
            raise ValueError(
                f"A piece lasts up to {LONGEST_SECONDS:.0f} s: {self.seconds:g} s are too many "
                f"after a beginning of {self.takeover:g} s."
            )
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"A seed lies in 0 to {LARGEST_SEED}, not at {self.seed}.")
        if not 0.1 <= self.temperature <= 3:
            raise ValueError(f"A temperature lies in 0.1 to 3, not at {self.temperature}.")
        for level in (self.energy, self.loudness):
            if not 0 <= level <= features.LEVELS:
                raise ValueError(f"A level lies in 0 to {features.LEVELS}, not at {level}.")

    @property
    def takeover(self) -> float:
        """The second from which the composer plays; 0 without a beginning."""
        return self.beginning.seconds if self.beginning else 0.0


# How each head draws at temperature 1, chosen by bench/sampling.py (docs/experiments.md). Rhythm is
# not trimmed: without its rare long shifts the music would hurry more and more.
TASTES = {"shift": Taste(), "key": Taste(top_p=0.96), "velocity": Taste()}


def heated(tastes: dict[str, Taste], temperature: float) -> dict[str, Taste]:
    """`tastes` at another temperature. Rhythm goes only half the way: it falls apart first."""
    by = {"shift": (1 + temperature) / 2, "key": temperature, "velocity": temperature}
    return {
        head: replace(taste, temperature=taste.temperature * by[head])
        for head, taste in tastes.items()
    }


class Composer:
    """A network that plays. Opened once, it may compose any number of pieces."""

    def __init__(
        self,
        forward: Forward,
        tastes: dict[str, Taste] | None = None,
        guidance_scale: float = guidance.SCALE,
    ):
        self.forward = forward
        self.tastes = tastes or TASTES
        self.guidance_scale = guidance_scale

    @classmethod
    def open(cls, path: str | Path, sha256: str = "") -> "Composer":
        """Read a `.keras` file of ours, and check it against `sha256` if that is given.

        Raises ValueError with a sentence if it is not the file it should be.
        """
        if sha256 and weights.digest(path) != sha256:
            raise ValueError(f"{Path(path).name} has changed since it was registered.")
        return cls(Forward(*weights.read(path)))

    @property
    def styles(self) -> tuple[tuple[str, str], ...]:
        """(slug, full name) of the composers that may be asked for."""
        return self.forward.architecture.styles

    def compose(self, request: Request, on_progress: OnProgress | None = None) -> Piece:
        """Compose a piece that ends within 2 s of `request.seconds`, by itself where it can.

        A beginning is part of the piece, as it was, except that what sounded at its end rings on
        until the network lets it go; the 2 s are then of takeover and seconds together.
        `on_progress` is told after every row and at the end; what it raises stops the work. Raises
        ValueError for a style that the network does not know.
        """
        with threadpool_limits(limits=1, user_api="blas"):
            return _Performance(self, request).play(on_progress)


class _Performance:
    """One piece while it is being made."""

    def __init__(self, composer: Composer, request: Request):
        self.forward = composer.forward
        if request.energy != ANY or request.loudness != ANY:
            self.forward = guidance.Guided(composer.forward, composer.guidance_scale)
        self.tastes = heated(composer.tastes, request.temperature)
        self.rng = np.random.default_rng(request.seed)
        self.beginning = request.beginning
        self.takeover = round(request.takeover * TICKS_PER_SECOND)
        self.last_tick = round((request.takeover + request.seconds) * TICKS_PER_SECOND)
        style = self.forward.architecture.style_number(request.style)
        self.wish = self.forward.wish(np.array([style, request.energy, request.loudness]))
        self.state = self.forward.start()
        self.listener = Listener(1)
        self.down, self.struck = self.listener.down[0], self.listener.struck[0]
        self.now = 0
        self.before = BEGIN
        self.last_onset = 0
        self.has_begun = False  # whether a note of ours stands
        self.loops = LoopGuard()
        self.rows, self.ticks = [], []  # ours, without the beginning's
        self.given, self.held = [], []  # the beginning's notes, and those that sound at its end

    def play(self, on_progress) -> Piece:
        tell = on_progress or (lambda share, draft: None)
        if self.beginning:
            self.hear_beginning(tell)
        while True:
            heard, told = self.listen()
            shift, ticks = self.draw_shift(heard, told)
            if self.now + ticks >= self.last_tick or self.is_over(ticks):
                break
            self.draw_row(heard, told, shift, ticks)
            tell(self.share(), self.draft)
        self.now = self.last_tick
        tell(1.0, self.draft)
        return self.draft()

    def hear_beginning(self, tell):
        """Play the rows of the beginning, but for the ends of what still sounds at the takeover."""
        rows, ticks = encoding.timed(Piece(self.beginning.notes))
        last = {note.pitch: note for note in self.beginning.notes}
        # Not by the rows: a note shorter than a tick ended before them.
        rings = [pitch for pitch, note in last.items() if self.rings_at_takeover(note)]
        ends = np.isin(rows[:, KEY], np.array(rings, np.int64) - LOWEST_PITCH + KEYS)
        held = ends & (ticks >= self.takeover)
        self.held = [last[key - KEYS + LOWEST_PITCH] for key in rows[held, KEY].tolist()]
        self.given = [note for note in self.beginning.notes if note not in self.held]
        self.now = int(ticks[0])
        self.listener.now[0] = self.listener.chord[0] = self.now  # a pause before does not count
        for row, tick in zip(rows[~held].astype(np.int64), ticks[~held].tolist(), strict=True):
            self.listen()
            ticks_since, self.now = tick - self.now, tick
            self.take(row, ticks_since)
            tell(0.0, self.draft)

    def rings_at_takeover(self, note):
        return round(note.end * TICKS_PER_SECOND) >= self.takeover

    def listen(self):
        """Hear the row before; what the network then has in mind, and what it is told."""
        told = Inputs(*(part[0] for part in features.inputs(self.listener.moment())))
        ending = features.ending((self.last_tick - self.now) / TICKS_PER_SECOND)
        return self.forward.hear(self.before, self.wish, ending, told, self.state), told

    def share(self) -> float:
        """Of the music after the takeover, how much stands."""
        return (self.now - self.takeover) / (self.last_tick - self.takeover)

    def is_over(self, ticks) -> bool:
        """Whether the last chord stands and rings, or has rung until shortly before the end."""
        left = self.last_tick - self.now
        if not self.has_begun:
            return False
        if self.down.any():
            return ticks > 0 and left - ticks < LAST_ONSET * TICKS_PER_SECOND
        return left <= LAST_SILENCE * TICKS_PER_SECOND

    def draw_shift(self, heard, told):
        """The bin and the ticks until the next row; no pause too long, and the end not missed."""
        shortest = max(self.takeover - self.now, 0)
        longest = max(self.longest_shift(), shortest)
        allowed = np.arange(SHIFTS) <= encoding.shift_bin(longest)
        if shortest:
            allowed[: encoding.shift_bin(shortest)] = False
        if self.before is BEGIN:
            allowed[1:] = False  # a piece begins with its first note
        elif longest and self.must_move_on():
            allowed[0] = False
        shift = draw(
            self.forward.shift_logits(heard, told), self.tastes["shift"], self.rng, allowed
        )
        inside = int(self.rng.integers(SHIFT_WIDTH[shift]))
        ticks = round((int(SHIFT_START[shift]) + inside) * self.broadening())
        ticks = max(min(ticks, longest), shortest)
        return int(encoding.shift_bin(ticks)), ticks

    def broadening(self) -> float:
        """How much slower than drawn the music goes: a ritardando over the last seconds."""
        left = (self.last_tick - self.now) / TICKS_PER_SECOND
        return 1 + (SLOWEST - 1) * max(1 - left / RITARDANDO, 0) ** 2

    def longest_shift(self) -> int:
        left = self.last_tick - self.now
        pause = int(LONGEST_PAUSE * TICKS_PER_SECOND)
        in_coda = left <= CODA * TICKS_PER_SECOND
        if not (self.down.any() and self.has_begun):
            # Nothing of ours sounds: the next onset must come before the end is out of reach.
            before_end = max(left - int(LAST_ONSET * TICKS_PER_SECOND), 0)
            silent_since = self.now if in_coda else self.last_onset
            return min(max(pause - (self.now - silent_since), 0), before_end)
        if in_coda:
            return left
        return min(max(pause - (self.now - self.last_onset), 0), left)

    def must_move_on(self) -> bool:
        """Whether the next row cannot be of this instant: no key is left, or there were too many
        rows for the time so far.
        """
        seconds = 1 + (self.now - self.takeover) / TICKS_PER_SECOND
        if len(self.rows) >= MOST_ROWS_A_SECOND * seconds:
            return True
        return self.before[KEY] < KEYS and not self.higher_keys().any()

    def draw_row(self, heard, told, shift, ticks):
        """Draw the key that moves `ticks` later, and move it."""
        self.now += ticks
        logits, around = self.forward.key_logits(heard, told, self.before[KEY], np.int64(shift))
        key = draw(logits, self.tastes["key"], self.rng, self.allowed_keys(shift), kinds=2)
        velocity = 0
        if key < KEYS:
            logits = self.forward.velocity_logits(heard, told, around, shift, np.int64(key))
            velocity = draw(logits, self.tastes["velocity"], self.rng)
            self.has_begun = True
        self.take(np.array([shift, key, velocity]), ticks)
        self.rows.append(self.before)
        self.ticks.append(self.now)

    def take(self, row, ticks):
        """Let all who follow the music know of a row, which came `ticks` after the one before."""
        _, key, velocity = row.tolist()
        if key < KEYS:
            self.last_onset = self.now
            self.loops.add(key)
        self.listener.move(0, ticks, key, velocity)
        self.before = row

    def allowed_keys(self, shift) -> np.ndarray:
        """(176,) bool: what can follow the row before, closes no loop, and comes in time."""
        possible = ~impossible_keys(self.down, self.before[KEY], np.int64(shift))
        possible[self.loops.banned()] = False
        hanging = self.down & (self.now - self.struck > LONGEST_NOTE * TICKS_PER_SECOND)
        overdue_ends = possible & np.concatenate([np.zeros(KEYS, bool), hanging])
        if overdue_ends.any():
            return overdue_ends
        if self.is_onset_due() and possible[:KEYS].any():
            possible[KEYS:] = False
        return possible

    def is_onset_due(self) -> bool:
        """Whether the silence is long enough, or our first note at the last moment for it."""
        left = self.last_tick - self.now
        if not self.has_begun and left <= LAST_ONSET * TICKS_PER_SECOND:
            return True
        overdue = self.now - self.last_onset >= LONGEST_PAUSE * TICKS_PER_SECOND
        return overdue and left > CODA * TICKS_PER_SECOND

    def higher_keys(self) -> np.ndarray:
        """(88,) bool: what may follow an onset in its instant: keys go down from low to high."""
        higher = ~self.down & (np.arange(KEYS) > self.before[KEY])
        higher[self.loops.banned()] = False
        return higher

    def draft(self) -> Piece:
        """The notes so far; what still sounds ends now, and at the end rings until then."""
        down = np.flatnonzero(self.down) + KEYS
        rows = np.array([*self.rows, *([0, key, 0] for key in down)], np.int64).reshape(-1, 3)
        ticks = np.array([*self.ticks, *(self.now for _ in down)], np.int64)
        ends = {}  # pitch -> second at which its key goes up, where the beginning left it down
        for key, tick in zip(rows[:, KEY].tolist(), ticks.tolist(), strict=True):
            ends.setdefault(key % KEYS + LOWEST_PITCH, tick / TICKS_PER_SECOND)
        held = [_until(note, ends.get(note.pitch, 0.0)) for note in self.held]
        return Piece((*self.given, *held, *encoding.decode(rows, ticks).notes))


def _until(note: Note, end: float) -> Note:
    return replace(note, duration=max(end, note.end) - note.onset)
