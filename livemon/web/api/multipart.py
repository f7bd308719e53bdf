"""A browser's form as it comes: the one file in it, without the form ever being whole in memory."""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from livemon.web.api.base import BadRequest

HEADERS_AT_MOST = 20


class FileOfForm:
    """The one file of a form, taken out of it as it comes.

    Attributes
    ----------
    name, files
        Name of the file, and number of files.
    whole
        Whether the form's end has come.
    """

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise BadRequest("api.form_without_boundary")
        self.name = ""
        self.files = 0
        self.whole = False
        self._in_file = False
        self._field = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._found: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_end": self._on_end,
            },
        )

    def feed(self, chunk: bytes) -> bytes:
        """Return the file's bytes in the next piece of the form; BadRequest when it is not a form."""
        try:
            self._parser.write(chunk)
        except FormParserError as exc:
            raise BadRequest("api.form_not_readable") from exc
        if self.files > 1:
            raise BadRequest("api.several_files")
        found, self._found = b"".join(self._found), []
        return found

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if len(self._headers) < HEADERS_AT_MOST:
            self._headers[self._field.lower()[:100]] = self._value[:2000]
        self._field = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._in_file = b"filename" in options
        if self._in_file:
            self.files += 1
            self.name = options[b"filename"].decode("utf-8", "replace")[:300]

    def _on_end(self) -> None:
        self.whole = True

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._found.append(data[start:end])
