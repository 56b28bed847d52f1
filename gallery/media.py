"""Stored files over HTTP, with what a player needs to seek: RFC 9110, one range a request.

Stored files never change under their name (every attempt writes new ones), so name and size
make a strong validator. A browser may keep a copy but must ask each time: a piece made private
is gone at once.
"""

import hashlib
import re

from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

BLOCK_BYTES = 64 * 1024
RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)  # by Windows
LONGEST_NAME = 80  # characters of a title in a file name
SINGLE_RANGE = re.compile(r"bytes=([0-9]{0,99})-([0-9]{0,99})", re.ASCII | re.IGNORECASE)
FORBIDDEN_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')  # by some file system or other


class Span:
    """`length` bytes of a file from `start`, as a file that can only be read and closed."""

    def __init__(self, file, start, length):
        self.file, self.left = file, length
        file.seek(start)

    def read(self, size):
        block = self.file.read(min(size, self.left))
        self.left -= len(block)
        return block

    def close(self):
        self.file.close()


class SpanResponse(FileResponse):
    block_size = BLOCK_BYTES


class UnsatisfiableError(ValueError):
    """The range lies beyond the end of the file."""


def serve(request, stored, *, content_type, filename):
    """Answer with a stored file (FieldFile), whole or the one range asked for.

    `?download` in the address makes it an attachment. Raises Http404 if the file is gone.
    """
    try:
        size, modified = stored.size, stored.storage.get_modified_time(stored.name)
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
    etag = f'"{hashlib.sha256(stored.name.encode()).hexdigest()[:20]}-{size}"'
    seconds = int(modified.timestamp())

    response = get_conditional_response(request, etag=etag, last_modified=seconds)
    if response is None:
        response = _content(request, stored, size, etag, seconds, content_type, filename)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(seconds)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    return response


def _content(request, stored, size, etag, seconds, content_type, filename):
    try:
        span = requested_span(request, size, etag, seconds)
    except UnsatisfiableError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, length = span or (0, size)
    # A HEAD opens nothing; its headers are those of the GET.
    body = Span(_open(stored), start, length) if request.method == "GET" else b""
    response = SpanResponse(
        body,
        status=206 if span else 200,
        content_type=content_type,
        as_attachment="download" in request.GET,
        filename=filename,
    )
    response["Content-Length"] = length
    if span:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return response


def _open(stored):
    """The file may have gone since its size was read: deleted, renamed, swept."""
    try:
        return stored.storage.open(stored.name)
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error


def requested_span(request, size, etag, seconds):
    """(start, length) of the range to send; None for the whole file.

    Several ranges, other units and what is malformed get the whole file, as RFC 9110 section
    14.2 allows; so does a range of an outdated copy (If-Range). Raises UnsatisfiableError.
    """
    header = request.headers.get("Range", "")
    if request.method != "GET" or not _same_copy(request, etag, seconds):
        return None
    match = SINGLE_RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise UnsatisfiableError
        return size - length, length
    first, last = int(first), int(last) if last else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise UnsatisfiableError
    return first, min(last, size - 1) - first + 1


def _same_copy(request, etag, seconds):
    """Whether the copy that the range continues is ours; weak validators never match."""
    validator = request.headers.get("If-Range", "").strip()
    return validator in ("", etag, http_date(seconds))


def file_name(title, extension):
    """A name for a download that every file system takes.

    >>> file_name('Nocturne: "Night"/2', "mp3")
    'Nocturne Night 2.mp3'
    """
    words = FORBIDDEN_IN_NAMES.sub(" ", title).split()
    stem = " ".join(words)[:LONGEST_NAME].strip(" .")
    if not stem or RESERVED.match(stem):
        stem = f"Nocturne {stem}".strip()
    return f"{stem}.{extension}"
