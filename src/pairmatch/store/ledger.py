"""The ledger of runs and adoptions: a SQLite file that can be made again from the folders."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from pairmatch.store.files import TEMPORARY_PREFIX, write_file

LEDGER_NAME = "ledger.sqlite3"
DAMAGED_NAME = "ledger.damaged.sqlite3"
ADOPTIONS_FOLDER = "adoptions"
RUN_FILE = "run.json"

_VERSION = 1
_NO_COUNT = 2**63  # SQLite's integers end below it
_SCHEMA = """
CREATE TABLE runs (
  position INTEGER PRIMARY KEY,  -- order of publication
  name TEXT NOT NULL UNIQUE,     -- the folder
  run_id TEXT NOT NULL,
  scenario TEXT NOT NULL,
  status TEXT NOT NULL,
  num_matched INTEGER,
  total TEXT,                    -- exact decimal
  published_at TEXT
) STRICT;
CREATE TABLE adoptions (
  name TEXT PRIMARY KEY,         -- the folder of the run
  adopted_at TEXT NOT NULL,
  adopted_by TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class LedgerRun:
    """A published run as the ledger has it; `total` is an exact decimal."""

    name: str
    run_id: str
    scenario: str
    status: str
    num_matched: int | None
    total: str | None
    published_at: str | None


@dataclass(frozen=True, slots=True)
class Adoption:
    """The council's decision to carry out a run."""

    name: str
    adopted_at: str
    adopted_by: str


def update_ledger(parent: Path) -> bool:
    """Make the ledger agree with the folders: runs that are new come in, runs removed go out.

    Parameters
    ----------
    parent
        The folder of runs; the caller holds its lock.

    Returns
    -------
    bool
        Whether a damaged ledger was put aside and made again.

    Raises
    ------
    sqlite3.Error, OSError
        If another program holds the ledger, or the folder is not writable.
    """
    damaged = is_damaged(parent)
    if damaged:
        _put_aside(parent)
    with _open_ledger(parent) as ledger:
        _write_runs(ledger, parent)
        _write_adoptions(ledger, parent)
    return damaged


def rebuild_ledger(parent: Path) -> None:
    """Make the ledger again from the folders, whatever it held."""
    _put_aside(parent)
    update_ledger(parent)


def is_damaged(parent: Path) -> bool:
    """Whether there is a ledger that SQLite cannot read or that fails its integrity check."""
    path = parent / LEDGER_NAME
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=5.0)) as ledger:
            answer = ledger.execute("PRAGMA quick_check").fetchone()
            version = ledger.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise  # held by another program, which is no damage
        return True
    except sqlite3.DatabaseError:
        return True
    return answer != ("ok",) or version not in {(0,), (_VERSION,)}


def list_runs(parent: Path) -> tuple[LedgerRun, ...]:
    """Return the runs of the ledger in the order they were published."""
    columns = "name, run_id, scenario, status, num_matched, total, published_at"
    with _open_ledger(parent) as ledger:
        rows = ledger.execute(f"SELECT {columns} FROM runs ORDER BY position")  # noqa: S608 - constant
        return tuple(LedgerRun(*row) for row in rows)


def record_adoption(parent: Path, adoption: Adoption) -> Path:
    """Record that the council adopted a run: as a file that lasts, and in the ledger.

    Parameters
    ----------
    parent
        The folder of runs; the caller holds its lock.
    adoption
        Which run, when and by whom; the time comes from the caller.

    Returns
    -------
    Path
        The file that records it, from which the ledger can be made again.
    """
    facts = {
        "schema": 1,
        "name": adoption.name,
        "adopted_at": adoption.adopted_at,
        "adopted_by": adoption.adopted_by,
    }
    text = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    path = write_file(parent / ADOPTIONS_FOLDER / f"{adoption.name}.json", text.encode("utf-8"))
    update_ledger(parent)
    return path


def list_adoptions(parent: Path) -> tuple[Adoption, ...]:
    """Return the adoptions of the ledger in order of time."""
    with _open_ledger(parent) as ledger:
        rows = ledger.execute("SELECT * FROM adoptions ORDER BY adopted_at, name")
        return tuple(Adoption(*row) for row in rows)


@contextmanager
def _open_ledger(parent: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(parent / LEDGER_NAME, timeout=5.0)) as ledger:
        # Not WAL: it needs shared memory, which network drives do not have.
        ledger.execute("PRAGMA journal_mode = DELETE")
        with ledger:
            if ledger.execute("PRAGMA user_version").fetchone() == (0,):
                ledger.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
                )
            yield ledger


def _put_aside(parent: Path) -> None:
    path = parent / LEDGER_NAME
    with suppress(FileNotFoundError):
        path.replace(parent / DAMAGED_NAME)
    # The journal belongs to the file put aside and would spoil the new one.
    path.with_name(f"{LEDGER_NAME}-journal").unlink(missing_ok=True)


def _write_runs(ledger: sqlite3.Connection, parent: Path) -> None:
    known = {name for (name,) in ledger.execute("SELECT name FROM runs")}
    folders = {path.name: path for path in _list_run_folders(parent)}
    ledger.executemany(
        "DELETE FROM runs WHERE name = ?", [(n,) for n in sorted(known - set(folders))]
    )
    new = [run for name in folders.keys() - known if (run := _read_run(folders[name])) is not None]
    new.sort(key=lambda run: (run.published_at or "", run.name))
    ledger.executemany(
        "INSERT INTO runs (name, run_id, scenario, status, num_matched, total, published_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [astuple(run) for run in new],
    )


def _write_adoptions(ledger: sqlite3.Connection, parent: Path) -> None:
    found = []
    for path in sorted((parent / ADOPTIONS_FOLDER).glob("*.json")):
        facts = _read_facts(path)
        keys = ("name", "adopted_at", "adopted_by")
        if all(isinstance(facts.get(key), str) for key in keys):
            found.append(tuple(_show(facts[key]) for key in keys))
    ledger.execute("DELETE FROM adoptions")
    ledger.executemany("INSERT OR REPLACE INTO adoptions VALUES (?, ?, ?)", found)


def _list_run_folders(parent: Path) -> list[Path]:
    return [
        path
        for path in parent.iterdir()
        if not path.name.startswith(TEMPORARY_PREFIX) and (path / RUN_FILE).is_file()
    ]


def _read_run(folder: Path) -> LedgerRun | None:
    facts = _read_facts(folder / RUN_FILE)
    if not facts:
        return None
    objective = facts.get("objective")
    total = objective.get("total") if isinstance(objective, dict) else None
    matched = facts.get("num_matched")
    published = facts.get("published_at")
    return LedgerRun(
        name=folder.name,
        run_id=_show(facts.get("run_id", "")),
        scenario=_show(facts.get("scenario", "")),
        status=_show(facts.get("status", "")),
        num_matched=matched if isinstance(matched, int) and 0 <= matched < _NO_COUNT else None,
        total=None if total is None else _show(total),
        published_at=None if published is None else _show(published),
    )


def _show(value: object) -> str:
    # JSON may spell half a character, which SQLite refuses to store.
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _read_facts(path: Path) -> Mapping[str, object]:
    try:
        # Floats stay as they are written, so that a total keeps all its digits.
        facts = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
