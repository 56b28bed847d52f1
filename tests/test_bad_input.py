"""Whatever anybody sends to any address: an answer, never an error of ours.

A browser of Django's raises what a view raises, so that every 500 fails here with its reason.
"""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from generator.models import Beginning, Kind, RenditionStatus, Visibility
from tests.addresses import routes
from tests.conftest import MIDI, PASSWORD, browser_of

ROUTES = sorted(set(routes()))
NAMES = """
    q style length model tag sort state page beginning takeover duration energy loudness temperature
    seed takes title request_key surprise description tags next piece pieces action visibility
    favourite kind take shown url format maxwidth maxheight download username email password
    password1 password2 old_password new_password1 new_password2 about mail_when_ready file
""".split()
VALUES = {
    "nothing": "",
    "a word": "gallery",
    "zero byte": "a\0b",
    "control characters": "a\r\nSet-Cookie: b\t\x1b",
    "10 kB": "x" * 10_000,
    "number": "1",
    "negative": "-1",
    "huge": "9" * 400,
    "more digits than Python reads": "9" * 5_000,
    "not a number": "nan",
    "infinite": "-inf",
    "exponent": "1e308",
    "digits of another script": "٣٢",
    "markup": "<script>'\"&#39;{{ 7 }}%s",
    "regular expression": "(a+)+$[\\",
    "address": "//example.org/\\x",
    "half a character": "\ud800".encode("utf-8", "surrogatepass"),
    "uuid": "12345678-1234-5678-1234-567812345678",
    "json": '{"a": [1, null]}',
}
BODIES = {
    "json": ("[1, {\"title\": null}]", "application/json"),
    "broken multipart": (b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=x"),
    "multipart without boundary": (b"abc", "multipart/form-data"),
    "bytes": (bytes(range(256)), "application/octet-stream"),
    "form of bytes": (b"title=%ff%fe%00&seed=%80&=&&&a", "application/x-www-form-urlencoded; charset=utf-16"),
    "unknown charset": (b"title=a", "application/x-www-form-urlencoded; charset=klingon"),
}
METHODS = ("head", "put", "patch", "delete", "options", "trace")
HEADERS = [
    {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Target": "\x00"},
    {"HX-Request": "true", "HX-Boosted": "true", "HX-Current-URL": "nonsense"},
    {"Range": "bytes=9-1,2-" , "If-Range": "x", "If-None-Match": "x,,\"", "If-Modified-Since": "never"},
    {"Cookie": "sessionid=x; csrftoken=y; theme=<b>; messages=z"},
    {"User-Agent": "\xff" * 500, "Accept-Language": "," * 500, "X-Forwarded-For": "x, y", "Referer": "http://["},
]

@pytest.fixture
def furnished(ready_piece, piece, alice, trained_model):
    made = ready_piece(visibility=Visibility.PUBLIC, description="d")
    for kind in Kind:
        files = {"file": made.mp3.name, "picture": made.notes.name}
        made.renditions.create(kind=kind, status=RenditionStatus.READY, **files)
    b = Beginning(owner=alice, title="b", duration=20, note_count=3)
    b.midi.save(f"{b.folder}/a.mid", ContentFile(MIDI), save=False)
    b.notes.save(f"{b.folder}/a.json", ContentFile(b'{"duration": 20, "notes": [[0, 500, 60, 64]]}'), save=False)
    b.save()
    return {"<uuid:pk>": [made.pk, piece(status="composing", progress=.3, draft=[[0,1,60,60]]).pk, piece(status="failed", error="x").pk, b.pk], "<uuid:request_key>": [made.request_key]}

import itertools, os
WHO = os.environ.get("WHO", "alice")

@pytest.mark.parametrize("route", ROUTES)
def test_all(route, furnished, alice, bob, carol):
    user = {"alice": alice, "bob": bob, "carol": carol, "": None}[WHO]
    def fresh():
        return browser_of(user) if user else Client()
    args = {"<uuid:pk>": furnished["<uuid:pk>"], "<uuid:request_key>": furnished["<uuid:request_key>"],
     "<str:username>": ["alice", "%00", "x"*3000, "%EF%BF%BD", "."], "<str:token>": ["a:b:c", "%00"], "<slug:handle>": ["others", "abc"],
     "<uidb64>": ["MQ", "%00", "set"], "<token>": ["set-password", "x-y", "%00"]}
    urls = [route]
    for mark, values in args.items():
        urls = [u.replace(mark, str(v)) for u in urls for v in (values if mark in u else [""])]
    bad = []
    def ask(what, f, *a, **k):
        try:
            r = f(*a, **k)
            if r.streaming: b"".join(r)
            if r.status_code >= 500 and not (r.status_code == 501 and "oembed" in route) and "healthz" not in route: bad.append((what, r.status_code))
        except Exception as e:
            import traceback
            tb = traceback.extract_tb(e.__traceback__)[-4:]
            bad.append((what, repr(e)[:300], [f"{t.filename[-50:]}:{t.lineno}" for t in tb]))
    for url in urls:
        for name, value in VALUES.items():
            c = fresh()
            ask((url, "get", name), c.get, url, dict.fromkeys(NAMES, value))
            ask((url, "get list", name), c.get, url, dict.fromkeys(NAMES, [value, value]))
            ask((url, "htmx", name), c.get, url, dict.fromkeys(NAMES, value), headers={"HX-Request": "true"})
            c = fresh()
            ask((url, "post", name), c.post, url, dict.fromkeys(NAMES, value))
            c = fresh()
            ask((url, "post w/o next", name), c.post, url, {n: value for n in NAMES if n not in("next", "surprise", "action")})
            c = fresh()
            ask((url, "post htmx", name), c.post, url, dict.fromkeys(NAMES, [value]), headers={"HX-Request": "true"})
        for name, (body, kind) in BODIES.items():
            ask((url, "body", name), fresh().post, url, body, content_type=kind)
        for m in METHODS:
            ask((url, m), getattr(fresh(), m), url)
        for h in HEADERS:
            c = fresh()
            ask((url, h, "get"), c.get, url, headers=h)
            ask((url, h, "post"), fresh().post, url, headers=h)
    assert not bad, "\n".join(map(str, bad[:12])) + f"\n{len(bad)}"
