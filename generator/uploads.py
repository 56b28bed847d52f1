"""What is uploaded: no more is kept of a file than whoever sends it may send.

Strangers send MIDI files, which are kept in memory. Staff with the permission for models send
models and archives of music, which go to the disk; into files without a name, so that they vanish
with their last reader, even if that is killed.
"""

import hashlib
import tempfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers

from generator import storage

MOST_BYTES = 1_000_000  # of a MIDI file, see ml/upload.py
MOST_MODEL_BYTES = 400_000_000  # see ml/weights.py
MOST_AT_ONCE = 1_000_000  # bytes of a large file in memory
PERMISSION = "generator.change_trainedmodel"


class LargeFiles(FileUploadHandler):
    """Lets staff send one large file to the pages that ask for one; all others are left alone.

    Such a page is one of the admin's add pages, and its field is the one named here. The limit
    holds for all files of that name in a request together.
    """

    def handle_raw_input(self, *arguments, **options):
        self.field, self.most = allowance(self.request)
        self.written = 0

    def new_file(self, field_name, *arguments, **options):
        super().new_file(field_name, *arguments, **options)
        self.kept = None
        if not self.most or field_name != self.field:
            return
        self.kept, self.problem = BytesIO(), ""
        try:
            self.kept = spool()
        except OSError as problem:
            self.give_up(storage.explain(problem))
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data, start):
        if self.kept is None:
            return raw_data
        self.written += len(raw_data)
        if self.written > self.most:
            self.give_up(f"This file has more than {self.most // 1_000_000} MB.")
        if not self.problem:
            try:
                self.kept.write(raw_data)
            except OSError as problem:
                self.give_up(storage.explain(problem))
        return None

    def give_up(self, problem):
        """Keep nothing of this file. What is still to come of it is read and dropped."""
        if self.problem:
            return
        self.problem = problem
        try:
            self.kept.close()
        except OSError:  # of a full disk: it cannot write the rest either
            pass

    def file_complete(self, file_size):
        if self.kept is None:
            return None
        if not self.problem:
            try:
                self.kept.seek(0)  # which writes the rest
            except OSError as problem:
                self.give_up(storage.explain(problem))
        facts = (self.file_name, self.content_type, file_size, self.charset)
        file = UploadedFile(self.kept, *facts, self.content_type_extra)
        file.problem = self.problem
        return file


def allowance(request):
    """The field in which this request may send a large file, and the bytes: ("", 0) for none.

    Asked before the body is read, so before the CSRF check, but after address and login are known:
    nothing that the request could say otherwise goes into it.
    """
    page, user = getattr(request, "resolver_match", None), getattr(request, "user", None)
    large = {
        "admin:generator_trainedmodel_add": ("file", MOST_MODEL_BYTES),
        "admin:generator_dataset_add": ("archive", settings.MOST_ARCHIVE * 1_000_000),
    }
    if page is None or page.view_name not in large:
        return "", 0
    if user is None or not (user.is_active and user.is_staff and user.has_perm(PERMISSION)):
        return "", 0
    return large[page.view_name]


def spool():
    """A file on the disk without a name there."""
    return tempfile.TemporaryFile(dir=scratch_root())


def scratch_root():
    """Where uploads lie until they are looked at; made if it is missing. The reconciler sweeps."""
    root = Path(settings.STUDIO_ROOT) / "scratch"
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextmanager
def scratch_folder():
    """A folder for what is uploaded, gone afterwards with all that is left in it."""
    with tempfile.TemporaryDirectory(prefix="upload-", dir=scratch_root()) as folder:
        yield Path(folder)


def save(file, path):
    """Write an uploaded file to `path`; return its SHA-256 in hexadecimal.

    Raises ValueError with a sentence if not all of it was kept, or the disk is full.
    """
    if problem := getattr(file, "problem", ""):
        raise ValueError(problem)
    if isinstance(file, InMemoryUploadedFile) and file.size > MOST_BYTES:
        raise ValueError(f"This file has more than {MOST_BYTES // 1_000_000} MB.")
    digest = hashlib.sha256()
    try:
        with Path(path).open("wb") as target:
            for chunk in file.chunks(MOST_AT_ONCE):
                digest.update(chunk)
                target.write(chunk)
    except OSError as problem:
        Path(path).unlink(missing_ok=True)
        raise ValueError(storage.explain(problem)) from problem
    return digest.hexdigest()


class SmallFiles(FileUploadHandler):
    """Keeps files in memory, and of a larger one nothing but its size.

    Django itself would spool files of any size to the disk, before any view is asked.
    """

    def new_file(self, *arguments, **options):
        super().new_file(*arguments, **options)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data, start):
        if start + len(raw_data) <= MOST_BYTES:
            self.kept.write(raw_data)

    def file_complete(self, file_size):
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
