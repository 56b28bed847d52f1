"""What `evaluate` reports, as tables of words: for the terminal, and for the documents."""

from collections.abc import Iterable

TOKENS_A_NOTE = 4.05  # of a performance event stream (measured on MAESTRO v3 validation)

Table = list[list[str]]  # the first row is the head

NAMES = {
    "notes_per_second": "notes a second",
    "mean_gap": "mean gap between onsets, s",
    "chord_share": "share of onsets within 30 ms of another",
    "mean_duration": "mean duration, s",
    "polyphony": "polyphony",
    "silence": "silence, %",
    "pitch_class_entropy": "pitch-class entropy, bits",
    "pitch_entropy": "pitch entropy, bits",
    "scale_consistency": "scale consistency",
    "distinct_pitches": "distinct pitches",
    "pitch_range": "range, semitones",
    "mean_pitch": "mean pitch",
    "mean_step": "mean step from note to note, semitones",
    "velocity_mean": "velocity, mean",
    "velocity_spread": "velocity, spread",
}
MOSTS = {
    "seconds": "length, s",
    "notes_per_second": "notes a second",
    "longest_silence": "longest silence, s",
    "longest_pause": "longest pause between onsets, s",
    "longest_note": "longest note, s",
    "hanging_notes": "notes longer than 20 s",
    "pattern_repeats": "most repeats of a pattern of up to 8 pitches",
}


def tables(report: dict) -> list[Table]:
    """All tables that there are figures for."""
    found = [likelihood(report)]
    if report.get("overlap"):
        found.append(overlap(report))
    if "composed" in report:
        found.append(features(report))
    if "samples" in report:  # a card leaves them out
        found.append(pieces(report))
    if "copying" in report:
        found.append(copying(report))
    return found


def likelihood(report: dict) -> Table:
    """The model under what it must beat."""
    table = [["model", "nats per note", f"÷ {TOKENS_A_NOTE}: per token of an event stream"]]
    for name, nats in report.get("baselines", {}).items():
        table.append([name, f"{nats:.2f}", ""])
    nats = report["nats_per_note"]
    name = report["model"].removesuffix(".keras")
    return [*table, [name, f"{nats:.2f}", f"{nats / TOKENS_A_NOTE:.3f}"]]


def fields(report: dict) -> str:
    """The likelihood's parts, in one sentence."""
    parts = ", ".join(f"{name} {nats:.2f}" for name, nats in report["by_field"].items())
    hidden = sum(report["corrections"].values())
    return (
        f"By field: {parts} nats per note; {hidden:+.3f} for bins wider than 10 ms. "
        f"{report['notes']:,} notes of {report['files']} performances."
    )


def overlap(report: dict) -> Table:
    """The areas' means over the features: composed pieces, and people as the ceiling."""
    clips = report["composed"]["clips"]
    table = [["overlapped area", f"composed, {clips} clips", "people, as many", "people, halves"]]
    for kind in ("mgeval", "direct"):
        scores = report["overlap"][kind]
        table.append([kind, *(_between(scores[who]) for who in ("composed", "people", "halves"))])
    return table


def features(report: dict) -> Table:
    """Every feature of clips of 30 s, and how much of it overlaps."""
    composed, people = report["composed"]["features"], report["people"]["features"]
    areas = report["overlap"]["mgeval"]["by_feature"] if report["overlap"] else {}
    head = ["clips of 30 s, mean ± sd", "composed", "people"]
    table = [[*head, "overlapped area", "its ceiling"] if areas else head]
    for name in composed:
        row = [NAMES[name], _spread(composed[name]), _spread(people.get(name))]
        if areas:
            row += [f"{areas[name][who]:.2f}" for who in ("composed", "people")]
        table.append(row)
    return table


def pieces(report: dict) -> Table:
    """The least and the most of what must stay within bounds."""
    samples = report["samples"]
    table = [[f"of {len(samples)} composed pieces", "least", "most"]]
    for name, words in MOSTS.items():
        values = [sample[name] for sample in samples]
        table.append([words, f"{min(values):.4g}", f"{max(values):.4g}"])
    different = report["composed"]["different"]
    return [*table, ["pieces that differ from all others", f"{different}", f"{different}"]]


def copying(report: dict) -> Table:
    """Runs of notes that stand in the training split."""
    found = report["copying"]
    head = ["runs found in training, %", "composed", "most", "people", "their 95th percentile"]
    table = [head]
    for name, shares in found.items():
        if name != "flagged":
            way, length = name.split("_")
            shown = (shares[who] for who in ("composed", "most", "people", "people_95th"))
            table.append([f"{length} notes, {way}", *(f"{share:.2f}" for share in shown)])
    return table


def flagged(report: dict) -> str:
    """Which pieces share more with the training split than people do, in one sentence."""
    seeds = ", ".join(map(str, report["copying"]["flagged"]))
    return f"Above the people's 95th percentile: {f'seeds {seeds}' if seeds else 'none'}."


def remarks(report: dict) -> list[str]:
    """What belongs to the tables and stands in none, in sentences."""
    found = [fields(report)]
    if "baselines" not in report:
        found.append("A single piece has no baselines.")
    if "samples" in report and not report["overlap"]:
        found.append("Too few pieces were played by people, or composed, for areas of overlap.")
    if "copying" in report:
        found.append(flagged(report))
    elif "samples" in report:
        found.append("No training music is known here that pieces could be copied from.")
    return found


def lines(report: dict) -> list[str]:
    """The report for a terminal: tables in columns."""
    found = [f"{report['model']}, SHA-256 {report['sha256']}", fields(report)]
    for table in tables(report):
        found += ["", *aligned(table)]
    return [*found, "", flagged(report)] if "copying" in report else found


def aligned(table: Table) -> Iterable[str]:
    """Lines of a table, its columns under each other."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def markdown(table: Table) -> Iterable[str]:
    """Lines of a table for a document."""
    head, *rows = table
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _between(score) -> str:
    return f"{score['mean']:.2f} ({score['low']:.2f} to {score['high']:.2f})"


def _spread(figures) -> str:
    if not figures:
        return ""
    places = 3 if figures["mean"] < 1 else 2
    return f"{figures['mean']:.{places}f} ± {figures['sd']:.{places}f}"
