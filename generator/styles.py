"""How each composer sounds at the piano, in a line: texture and touch, for that is what a model
of performances can learn of a style.
"""

ANY = "The model chooses, note by note."
UNKNOWN = "In the manner of this composer’s piano music."

# By slug, see ml/corpus.py; the composers of MAESTRO and of piano-midi.de.
SOUNDS = {
    "albeniz": "Spanish dances, guitar-like figures, bright colours.",
    "bach": "Clear voices in conversation over a steady pulse.",
    "balakirev": "Folk-like tunes at breakneck speed.",
    "balakirew": "Folk-like tunes at breakneck speed.",
    "bartok": "Hard accents, folk rhythms, sharp chords.",
    "beethoven": "Strong contrasts, sudden accents, motifs that insist.",
    "berg": "Late and dense, always leaving its key.",
    "borodin": "Broad tunes over soft, swaying chords.",
    "brahms": "Thick, warm chords, low in the piano.",
    "burgmuller": "Short and simple, like a charming study.",
    "busoni": "Big organ-like chords, carved in stone.",
    "chopin": "A singing tune over wide, rolling left-hand figures.",
    "clementi": "Light scales and neat chords, like a sonatina.",
    "debussy": "Soft blurred chords that float without hurry.",
    "enescu": "Restless lines with a Romanian accent.",
    "faure": "Flowing arpeggios, harmonies that slide away.",
    "franck": "Solemn chords that climb by semitones.",
    "gibbons": "Old keyboard counterpoint, plain and grave.",
    "ginastera": "Driving Argentine rhythms, hammered chords.",
    "godowsky": "Many voices at once, winding around each other.",
    "grainger": "Hearty folk tunes in full chords.",
    "granados": "Ornamented Spanish tunes, tender and free.",
    "grieg": "Short lyrical tunes with a northern tint.",
    "handel": "Stately dances and plain, festive chords.",
    "haydn": "Light, witty, full of turns and sudden rests.",
    "janacek": "Short broken phrases, between speech and song.",
    "kapustin": "Swing and stride at full speed, all written out.",
    "ligeti": "Patterns that race and trip over each other.",
    "liszt": "Octaves, runs and storms; then a quiet prayer.",
    "medtner": "Earnest tunes in a busy, woven texture.",
    "mendelssohn": "Quick and feathery, or a song without words.",
    "messiaen": "Bright stacked chords and birdsong.",
    "moszkowski": "Glittering salon pieces, quick and light.",
    "mozart": "Clear tunes over broken chords, nothing too much.",
    "mussorgsky": "Heavy steps, bare octaves, bells.",
    "orff": "Plain patterns, said again and again.",
    "pachelbel": "Calm variations over a simple bass.",
    "poulenc": "Cheeky tunes with a sudden wistful chord.",
    "prokofiev": "Dry, motoric, with a mocking smile.",
    "purcell": "Short old dances with many ornaments.",
    "rachmaninoff": "Full, deep chords under long, yearning tunes.",
    "rameau": "French dances full of trills and turns.",
    "ravel": "Glittering water, precise and cool.",
    "saintsaens": "Elegant runs, brilliant and exact.",
    "satie": "Slow bare chords and a lonely tune.",
    "scarlatti": "Fast and bright: repeated notes, leaps, trills.",
    "schoenberg": "Keyless fragments, nervous and short.",
    "schubert": "A plain tune over murmuring chords, light and shade.",
    "schumann": "Inner voices, dreams and sudden outbursts.",
    "scriabin": "Feverish: flickering chords, wide left-hand leaps.",
    "shostakovich": "Bare lines, bitter marches, sparse chords.",
    "sinding": "Rushing arpeggios under a broad northern tune.",
    "soler": "Spanish harpsichord sparkle, steady and quick.",
    "strauss": "Waltzes in evening dress.",
    "stravinsky": "Jagged accents, many beats at once.",
    "tchaikovsky": "Plain songs and dances, straight from the heart.",
    "wagner": "Slow chords that swell and never quite arrive.",
    "weber": "Brilliant runs and gallant dances.",
}


def sound_of(slug):
    """How music after this composer sounds, in a line; of the empty slug, that it is any style's.

    >>> sound_of("nobody")
    'In the manner of this composer’s piano music.'
    """
    return SOUNDS.get(slug, UNKNOWN) if slug else ANY
