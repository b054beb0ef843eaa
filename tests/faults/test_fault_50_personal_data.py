"""Fault 50: numbers of identity cards and telephones, and contacts, appear in nothing we write.

The only exception are copies of a council's own workbook with its doubtful cells marked: they go
back to whoever filled it in, and what we add to them holds no personal data either. Ids are keys
and stay as they are: a unit or village should not have the number of a person for its id.
"""

import csv
import io
import sqlite3
import zipfile
from contextlib import closing

import openpyxl
import pytest
from click.testing import CliRunner

from pairmatch.cli.program import program

PHONE, SPACED_PHONE = "13812345678", "139 8765-4321"
CARD, CARD_X = "130921199001011234", "13092119850505123X"
CONTACT = "王小明"
NUMBERS = (PHONE, SPACED_PHONE, CARD, CARD_X)
SECRETS = (*NUMBERS, CONTACT)
# What is left of a card number that a workbook holds as a number: it has lost its last digits.
ROUNDED = "1309211990010112"

PERSONAL_HEADERS = ["身份证号", "手机", "联系电话", "联系人"]
PERSONAL = [CARD, SPACED_PHONE, PHONE, CONTACT]
VILLAGE_HEADERS = [
    "区划代码",
    "县(市)",
    "乡镇",
    "村名",
    "总户数(户)",
    "集中供水入户率(%)",
    "最想办的事1",
    "填报日期",
    *PERSONAL_HEADERS,
]
UNIT_HEADERS = ["单位编号", "单位名称", "层级", "类别", "帮扶意愿", *PERSONAL_HEADERS]
VILLAGES = [
    ["130921100201", "沧县", "沧州镇", "东村", 200, 85, "修路", "2026-05-01", *PERSONAL],
    [
        "130921100202",
        "沧县",
        f"沧州镇（{CARD_X}）",
        f"西村{PHONE}",
        150,
        90,
        f"修桥，电话{SPACED_PHONE}，证号{CARD}",
        "2026-05-01",
        *PERSONAL,
    ],
]
UNITS = [
    ["U1", "甲单位", "市级", "理事单位", "沧县", *PERSONAL],
    ["U2", f"乙单位 {PHONE}", "市级", "部门", "", *PERSONAL],
]
BAD_VILLAGES = [
    ["130921100203", "沧县", "沧州镇", "南村", f"问{PHONE}", 85, "", "2026-05-01", *PERSONAL],
    ["130921100204", "沧县", "沧州镇", "北村", int(PHONE), 85, "", PHONE, *PERSONAL],
    ["130921100205", "沧县", "沧州镇", "中村", int(CARD), 85, "", CARD, *PERSONAL],
    ["130921100206", "沧县", "沧州镇", "前村", float(CARD), 85, "", float(CARD), *PERSONAL],
    ["13092110020", "沧县", CARD, "后村", 12, CARD_X, "", "", "#N/A", "#REF!", "", ""],
    ["", "沧县", f"镇{PHONE}", f"村{PHONE}", 12, SPACED_PHONE, "", "", *PERSONAL],
]
BAD_UNITS = [
    ["U3", "丙单位", PHONE, CARD, f"{PHONE}、{CARD}", *PERSONAL],
    ["U3", "丙单位", "市级", "部门", CARD_X, "#N/A", "=A1", "#VALUE!", CONTACT],
]


def write_sheet(path, rows, note):
    """Write a table as .xlsx or .csv, below a note that names who filled it in."""
    lines = [[note], *rows] if note else rows
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
        return
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)


def write_scenario(folder, suffix, villages, units, note=f"填表人：{PHONE}"):
    folder.mkdir()
    write_sheet(folder / f"villages{suffix}", [VILLAGE_HEADERS, *villages], note)
    write_sheet(folder / f"units{suffix}", [UNIT_HEADERS, *units], note)
    (folder / "scenario.toml").write_text(
        f'[inputs]\nvillages = "villages{suffix}"\nunits = "units{suffix}"\n'
        "[rules]\nneed_coverage = 60\nwishes = 10\n",
        encoding="utf-8",
    )
    return folder


def list_texts(folder):
    """Yield every file below a folder as text, workbooks unpacked and ledgers dumped too."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        yield path.name, data.decode("utf-8", "replace")
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as parts:
                for part in parts.namelist():
                    yield f"{path.name}/{part}", parts.read(part).decode("utf-8", "replace")
        if data.startswith(b"SQLite"):
            with closing(sqlite3.connect(path)) as ledger:
                yield f"{path.name}/dump", "\n".join(ledger.iterdump())


def check_silence(name, text):
    for secret in SECRETS:
        assert secret not in text, (name, secret)
    assert ROUNDED not in text.replace(".", ""), name


def run_program(*words):
    result = CliRunner().invoke(program, [str(word) for word in words])
    for stream in (result.stdout, result.stderr):
        check_silence(words[0], stream)
        assert "Traceback" not in stream
    return result


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_50_the_main_job_writes_no_personal_data(tmp_path, suffix, lang):
    scenario = write_scenario(tmp_path / "scenario", suffix, VILLAGES, UNITS)
    out = tmp_path / "out"
    result = run_program("propose", scenario, "--out", out / "runs", "--lang", lang)
    assert result.exit_code == 0, result.output
    assert run_program("forms", scenario, "--out", out / "forms").exit_code == 0
    assert run_program("check", scenario, "--json", "--lang", lang).exit_code == 0
    (run,) = [path for path in (out / "runs").iterdir() if path.is_dir()]
    assert run_program("explain", run, "--lang", lang).exit_code == 0
    assert run_program("explain", run, "--json").exit_code == 0
    assert run_program("verify", run).exit_code == 0
    texts = dict(list_texts(out))
    assert {"ledger.sqlite3/dump", "run.json", "report.html"} <= set(texts)
    for name, text in texts.items():
        check_silence(name, text)
    # The rest of such a text stays: whose name it is can still be read.
    assert "西村138********" in texts["pairings.csv"]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_50_errors_in_such_cells_do_not_show_them(tmp_path, suffix, lang):
    scenario = write_scenario(
        tmp_path / "scenario", suffix, VILLAGES + BAD_VILLAGES, UNITS + BAD_UNITS
    )
    for words in (["check", scenario], ["check", scenario, "--json"], ["propose", scenario]):
        result = run_program(*words, "--lang", lang)
        assert result.exit_code == 3, result.output
    assert run_program("forms", scenario, "--out", tmp_path / "forms").exit_code == 0
    for name, text in list_texts(tmp_path / "forms"):
        check_silence(name, text)
    assert not (scenario / "runs").exists()


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_50_comments_of_marked_copies_do_not_repeat_them(tmp_path, suffix):
    scenario = write_scenario(
        tmp_path / "scenario", suffix, VILLAGES + BAD_VILLAGES, UNITS + BAD_UNITS
    )
    run_program("check", scenario, "--mark", tmp_path / "marked")
    texts = dict(list_texts(tmp_path / "marked"))
    comments = {name: text for name, text in texts.items() if "comment" in name}
    assert comments
    for name, text in comments.items():
        check_silence(name, text)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_50_tables_without_a_header_do_not_show_their_first_row(tmp_path, suffix):
    scenario = write_scenario(tmp_path / "scenario", suffix, VILLAGES, UNITS)
    write_sheet(scenario / f"villages{suffix}", VILLAGES, "")
    write_sheet(scenario / f"units{suffix}", [[*PERSONAL, *row] for row in UNITS], "")
    assert run_program("check", scenario).exit_code == 3
    assert run_program("check", scenario, "--json").exit_code == 3


def test_50_unknown_ids_of_score_tables_are_masked(tmp_path):
    scenario = write_scenario(tmp_path / "scenario", ".csv", VILLAGES, UNITS)
    rows = [["unit_id", "village_id", "points"], [PHONE, CARD, 1], ["U1", "130921100201", CARD]]
    write_sheet(scenario / "scores.csv", [*rows, [CARD_X, PHONE, PHONE]], "")
    settings = scenario / "scenario.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("[inputs]", '[inputs]\nscores = "scores.csv"'), encoding="utf-8"
    )
    assert run_program("check", scenario).exit_code == 3
    assert run_program("check", scenario, "--json").exit_code == 3


def test_50_a_log_of_a_crash_holds_none(tmp_path, monkeypatch):
    from pairmatch import engine

    def crash(*_words, **_options):
        raise ValueError(f"could not convert {PHONE} and {CARD} of {SPACED_PHONE}: {CARD_X}")

    monkeypatch.setattr(engine, "propose_pairing", crash)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    scenario = write_scenario(tmp_path / "scenario", ".csv", VILLAGES, UNITS)
    assert run_program("propose", scenario).exit_code == 70
    texts = {**dict(list_texts(tmp_path / "state")), **_texts_of(tmp_path / "home")}
    logs = [text for name, text in texts.items() if name.startswith("crash")]
    assert logs
    for log in logs:
        assert "ValueError" in log
        check_silence("log", log)


def _texts_of(folder):
    return dict(list_texts(folder)) if folder.exists() else {}
