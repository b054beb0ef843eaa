"""What can stop a job: every error carries a message code, its parameters and an exit code."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class PairmatchError(Exception):
    """A fault told to the user in their language, never as a traceback.

    Parameters
    ----------
    code
        Message code in the catalogues of `pairmatch.messages`, such as ``"store.locked"``.
    **params
        Values the message names: files, ids, numbers, already as text.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, str] = params


class UsageError(PairmatchError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class ListedError(PairmatchError):
    """Several things are wrong; all of them are in `findings` (records of `domain.Finding`)."""

    def __init__(self, code: str, findings: Sequence[Any] = (), **params: str) -> None:
        super().__init__(code, **params)
        self.findings = tuple(findings)


class BadInputError(ListedError):
    """The inputs hold errors."""

    exit_code = 3


class InfeasibleError(PairmatchError):
    """There is no pairing at all."""

    exit_code = 4


class PluginFaultError(ListedError):
    """A plugin, or a built-in rule, broke its contract; nothing is published."""

    exit_code = 5


class UnprovenError(PairmatchError):
    """The answer failed its independent check, so it is not published."""

    exit_code = 6


class OutputBlockedError(PairmatchError):
    """An output file or folder is locked, full or not writable."""

    exit_code = 7
