"""The templates as they are at one moment, for an edition of the preview, and what came of compiling any of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket


class Templates(jinja2.BaseLoader):
    """The templates of some folders as they are now."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._live = jinja2.FileSystemLoader([str(folder) for folder in folders])
        self._sources = dict(self._read())

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str | None, None]:
        """Return a template's source and file; raises `jinja2.TemplateNotFound`."""
        if template not in self._sources:
            raise jinja2.TemplateNotFound(template)
        return (*self._sources[template], None)

    def _read(self) -> Iterator[tuple[str, tuple[str, str | None]]]:
        for name in self._live.list_templates():
            if not name.startswith(("assets/", "preview/")):
                source, file, _ = self._live.get_source(jinja2.Environment(autoescape=True), name)
                yield name, (source, file)


class CompiledTemplates(jinja2.BytecodeCache):
    """Compiled templates of this process by file, some hundreds of them; Jinja itself compares their source."""

    MOST = 500

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template what came of compiling it, if it was compiled."""
        if code := self._codes.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember what came of compiling a template."""
        if len(self._codes) >= self.MOST:
            self._codes.clear()
        self._codes[bucket.key] = bucket.bytecode_to_string()
