"""What strangers send: no more of a file is kept than a MIDI file may have."""

from io import BytesIO

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 1_000_000  # of a MIDI file, see ml/upload.py


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
