"""Where output goes: data to stdout, everything else to stderr, in words the terminal can show."""

import codecs
import errno
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from pairmatch.errors import OutputBlockedError
from pairmatch.messages import Language, Message, render

SCHEMA = 1
"""Version of the data that `--json` prints."""

_READER_LEFT = frozenset({errno.EPIPE, errno.EINVAL})  # EINVAL is what Windows says


@dataclass(slots=True)
class Console:
    """How a command talks: its name, the language, whether as data, whether only the result.

    `lang_given` says that the user named the language, so that a scenario's own does not count.
    """

    command: str = ""
    lang: Language = "zh"
    lang_given: bool = False
    as_json: bool = False
    quiet: bool = False

    @classmethod
    def from_words(cls, words: Sequence[str]) -> "Console":
        """Return a console that can report even arguments that cannot be parsed."""
        console = cls(as_json="--json" in words, command=words[0] if words else "")
        for k, word in enumerate(words):
            name, _, value = word.partition("=")
            if name == "--lang":
                console.use_language(value or "".join(words[k + 1 : k + 2]), given=True)
        if not console.lang_given and not can_encode(_find_codec(sys.stdout)):
            console.use_language("en", given=True)
        return console

    def use_language(self, lang: str | None, *, given: bool = False) -> None:
        """Speak a language, unless the user has named another or it is none of ours."""
        if lang in {"zh", "en"} and (given or not self.lang_given):
            self.lang = "en" if lang == "en" else "zh"
            self.lang_given = self.lang_given or given

    @property
    def debug(self) -> bool:
        """Whether the user wants to see the traceback of a crash."""
        return os.environ.get("PAIRMATCH_DEBUG") == "1"

    def word(self, code: str, **params: str) -> Message:
        """Return a message in the language of this console."""
        return render(code, params, self.lang)

    def say(self, code: str, **params: str) -> None:
        """Print a sentence that explains; left out with --quiet and --json."""
        if not self.quiet and not self.as_json:
            self.write(self.word(code, **params).text)

    def tell(self, code: str, **params: str) -> None:
        """Print a sentence that is the result; left out with --json only."""
        if not self.as_json:
            self.write(self.word(code, **params).text)

    def list_paths(self, paths: Sequence[Path]) -> None:
        """Print one path a line: what was written."""
        if not self.as_json:
            for path in paths:
                self.write(f"  {path}")

    def warn(self, code: str, **params: str) -> None:
        """Print something that is no error but must not be missed, on stderr."""
        self.write(_paint(self.word(code, **params).text, "yellow"), err=True)

    def complain(self, code: str, **params: str) -> None:
        """Print an error and its remedy on stderr."""
        message = self.word(code, **params)
        self.write(_paint(message.text, "red"), err=True)
        if message.hint:
            self.write(message.hint, err=True)

    def show_step(self, code: str) -> None:
        """Show what is being done (codes `cli.step_*`, on a terminal only) or pass on a note."""
        is_step = code.startswith("cli.step_")
        if self.quiet or (is_step and not (sys.stderr and sys.stderr.isatty())):
            return
        text = self.word(code).text
        self.write(_paint(f"· {text}", "bright_black") if is_step else text, err=True)

    def show_ticks(self, done: int, everything: int, seconds_left: float) -> None:
        """Say how far a long job is, on a terminal only."""
        if self.quiet or self.as_json or not sys.stderr.isatty():
            return
        left = str(max(round(seconds_left), 0))
        text = self.word("cli.sweep_ticks", done=str(done), all=str(everything), left=left).text
        self.write(text, err=True)

    def emit(self, payload: Mapping[str, Any]) -> None:
        """Print the result as data if the user asked for --json."""
        if self.as_json:
            facts = {"schema": SCHEMA, "command": self.command, **payload}
            # Other encodings may lack a rare character of a name, and data must not lose any.
            plain = not _is_utf8(sys.stdout)
            self.write(json.dumps(facts, ensure_ascii=plain, indent=2, allow_nan=False))

    def write(self, text: str, *, err: bool = False) -> None:
        """Print a line; a reader that has gone away (`| head`) is no error."""
        stream = sys.stderr if err else sys.stdout
        if stream is None:  # a program without a console
            return
        try:
            # Named, because click puts UTF-8 in place of an ASCII that the user asked for.
            click.echo(text, stream, color=False if "NO_COLOR" in os.environ else None)
        except OSError as error:
            _drop_stream(stream)
            if error.errno not in _READER_LEFT and not err:
                detail = error.strerror or str(error)
                raise OutputBlockedError("cli.stdout_blocked", detail=detail) from error


def prepare_streams() -> None:
    """Let no character that the terminal lacks end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # ASCII is what Python falls back to where no locale is set (LANG=C), not a wish.
            unset = _find_codec(stream) == "ascii" and "PYTHONIOENCODING" not in os.environ
            stream.reconfigure(encoding="utf-8" if unset else None, errors="replace")


def can_encode(encoding: str) -> bool:
    """Whether an encoding has the Chinese characters we write."""
    try:
        "结对安排表".encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _find_codec(stream: TextIO | None) -> str:
    name = getattr(stream, "encoding", None) or "utf-8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "ascii"


def _is_utf8(stream: TextIO | None) -> bool:
    return _find_codec(stream) == "utf-8"


def _paint(text: str, color: str) -> str:
    return click.style(text, fg=color)  # click takes it off again where it is no terminal


def _drop_stream(stream: TextIO | None) -> None:
    """Send the rest to nowhere, so that neither we nor Python's own exit try again."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            pass  # a stream without a descriptor has no exit to spoil
        finally:
            os.close(nowhere)
