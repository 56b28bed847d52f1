"""Whatever anybody sends to any address gets an answer, and never an error of ours.

A browser of Django's raises what a view raises: every 500 fails here with its reason.
"""

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from generator.models import Beginning, Kind, RenditionStatus, Status, Visibility
from tests.addresses import routes
from tests.conftest import MIDI, browser_of

NAMES = """
    q style length model tag sort state page beginning takeover duration energy loudness temperature
    seed takes title request_key description tags next piece pieces action visibility favourite kind
    take shown url format maxwidth maxheight download username email password password1 password2
    old_password new_password1 new_password2 about mail_when_ready file
""".split()  # noqa: SIM905  it would be half a page
VALUES = {
    "nothing": "",
    "a word": "gallery",
    "zero and line ends": "a\0b\r\nSet-Cookie: c\x1b",
    "4 kB": "x" * 4_000,
    "a number": "1",
    "a negative number": "-1",
    "more digits than Python reads": "9" * 4_400,
    "no number": "nan",
    "a huge number": "1e308",
    "digits of another script": "٣",
    "markup": "<script>'\"{{ 7 }}%s",
    "a slow pattern": "(a+)+$[\\",
    "half an address": "http://[::1/\\",
    "half a character": b"\xed\xa0\x80",
    "an id of nothing": "12345678-1234-5678-1234-567812345678",
}
BODIES = {
    "text/plain": b"a",
    "application/json": b'[1, {"title": null}]',
    "application/octet-stream": bytes(range(256)),
    "multipart/form-data": b"without boundary",
    "multipart/form-data; boundary=x": b"--x\r\nContent-Disposition: form-data; name=",
    "application/x-www-form-urlencoded; charset=utf-16": b"title=%ff%00&seed=%80&&=&",
    "application/x-www-form-urlencoded; charset=none-such": b"title=a",
}
HEADERS = [
    {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Target": "<"},
    {"HX-Request": "true", "HX-Boosted": "true", "HX-Current-URL": "x"},
    {"Range": "bytes=9-1,2-", "If-Range": "x", "If-None-Match": 'x,,"'},
    {"Range": f"bytes={'9' * 99}-", "If-Modified-Since": "never"},
    {"Cookie": "sessionid=x; csrftoken=<; theme=<b>; messages=z"},
    {"User-Agent": "\xff" * 500, "X-Forwarded-For": "x, y", "Referer": "http://["},
]
WORDS = {
    "<str:username>": ("alice", "%00", "x" * 2_000),
    "<str:token>": ("a:b:c", "%00"),
    "<slug:handle>": ("others", "none-such"),
    "<uidb64>": ("MQ", "%00"),
    "<token>": ("set-password", "a-b", "%00"),
}  # for the parts of addresses


@pytest.fixture
def parts(alice, ready_piece, piece):
    """What stands for the parts of an address: pieces in all states among them."""
    made = ready_piece(visibility=Visibility.PUBLIC)
    for kind in Kind:
        files = {"file": made.mp3.name, "picture": made.notes.name}
        made.renditions.create(kind=kind, status=RenditionStatus.READY, **files)
    composing = piece(status=Status.COMPOSING, progress=0.5, draft=[[0, 500, 60, 64]])
    music = Beginning(owner=alice, title="Brought", duration=20, note_count=1)
    music.midi.save(f"{music.folder}/a.mid", ContentFile(MIDI), save=False)
    notes = ContentFile(b'{"duration": 20, "notes": [[0, 500, 60, 64]]}')
    music.notes.save(f"{music.folder}/a.json", notes, save=False)
    music.save()
    pieces = (made.pk, composing.pk, piece(status=Status.FAILED).pk, music.pk)
    return WORDS | {"<uuid:pk>": pieces, "<uuid:request_key>": (made.request_key,)}


@pytest.fixture
def ask(alice):
    """Ask as her for whom the pieces are, or as a visitor; whatever happens is no 500."""

    visitors, hers = Client(), browser_of(alice)

    def once(method, *args, visitor=False, **kwargs):
        browser = visitors if visitor else hers
        answer = getattr(browser, method)(*args, **kwargs)
        assert answer.status_code < 500 or answer.status_code == 501, args
        assert b"".join(answer) is not None

    return once


def addresses(route, parts):
    """The addresses of a route, with all that may stand for its parts."""
    for part, values in parts.items():
        if part in route:
            for value in values:
                yield from addresses(route.replace(part, str(value)), parts)
            return
    yield route


@pytest.mark.parametrize("route", sorted(set(routes())))
def test_no_address_breaks(ask, parts, route):
    first, *others = addresses(route, parts)
    for value in VALUES.values():
        said = dict.fromkeys(NAMES, value)
        ask("get", first, said)
        ask("post", first, said)
    for kind, body in BODIES.items():
        ask("generic", "POST", first, body, content_type=kind)
    for method in ("get", "post"):
        for headers in HEADERS:
            ask(method, first, headers=headers)
    for method in ("put", "patch", "delete", "options", "trace"):
        ask(method, first)
    for url in (first, *others):
        for method in ("head", "get", "post"):
            ask(method, url, dict.fromkeys(NAMES, "a\0b"))
            ask(method, url, dict.fromkeys(NAMES, "1"), visitor=True)
