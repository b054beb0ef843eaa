"""The page on rule packs says what the readers and the compiler take, word by word."""

import re
from pathlib import Path

from pairmatch.domain.fields import list_fields
from pairmatch.domain.packcolumns import (
    AND_WORD,
    BANDS_WORD,
    INFO_LABELS,
    OPERATOR_WORDS,
    OR_WORD,
    REFUSE_WORD,
    RULE_COLUMNS,
)
from pairmatch.domain.plugins import PluginOptions
from pairmatch.hooks.manager import open_plugins
from pairmatch.hooks.packs import check_examples, compilation, conditions, formulas, kinds, tokens
from pairmatch.hooks.packs.evaluation import FUNCTIONS
from pairmatch.load.packs import (
    amounts,
    columns,
    findings,
    read_pack,
    tomlpacks,
    words,
    workbooks,
)
from pairmatch.load.plugins import find_plugin
from pairmatch.load.records.headers import SEARCHED_ROWS
from pairmatch.load.taxonomy import read_taxonomy

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rule-packs.md"
TEXT = PAGE.read_text(encoding="utf-8")
KIND_NAMES = {"number": "number", "text": "text", "set": "set", "yes_no": "yes/no"}

LIMITS = {
    "rules in a pack": (compilation.MAX_RULES, findings.MAX_RULES),
    "rows in a pack": (compilation.MAX_ROWS, findings.MAX_ROWS),
    "values that all conditions compare with": (compilation.MAX_VALUES,),
    "examples": (findings.MAX_EXAMPLES,),
    "points of a row, either way": (formulas.MAX_POINTS,),
    "digits of a number before or after the point": (amounts.MOST_DIGITS,),
    "letters of a formula": (tokens.MAX_LENGTH,),
    "numbers, fields and operations in a formula": (formulas.MAX_NODES,),
    "the same in all formulas of a pack": (compilation.MAX_WORK,),
    "brackets inside brackets in a formula": (tokens.MAX_NESTING,),
    "letters of a text in a formula": (tokens.MAX_TEXT,),
    "a number in a formula": (tokens._LARGEST,),
    "decimal places that `round` takes": (kinds.MAX_PLACES,),
    "size of `pack.toml`, MB": (tomlpacks.MAX_BYTES >> 20,),
    "size of the workbook, MB": (int(workbooks.LIMITS.megabytes),),
}


def read_rows(head: str) -> list[list[str]]:
    """Return the rows of the table with this header, as written but for backquotes."""
    body = TEXT.split(f"| {head} |\n", 1)[1].split("\n\n", 1)[0]
    found = []
    for line in body.splitlines()[1:]:
        cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
        found.append([cell.strip().replace("&lt;", "<").replace("\\|", "|") for cell in cells])
    return found


def split(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split("、")))


def find_block(kind: str) -> str:
    found = re.search(rf"<!-- {kind} -->\n```toml\n(.*?)```", TEXT, re.DOTALL)
    assert found, kind
    return found[1]


def test_columns_and_their_other_names():
    rows = read_rows("column | 中文 | also written | must be there")
    said = [(row[0], row[1], split(row[2]), row[3] == "yes") for row in rows]
    known = [
        (f"`{c.field}`", c.header_zh, columns._SYNONYMS[c.field], c.required) for c in RULE_COLUMNS
    ]
    assert said == known
    assert f"within the first {SEARCHED_ROWS}" in TEXT


def test_lines_of_the_sheet_of_the_pack():
    rows = read_rows("key | 中文 | meaning")
    assert {row[0].strip("`"): row[1] for row in rows} == dict(INFO_LABELS)


def test_operators_their_words_and_their_fields():
    rows = read_rows("operator | 中文 | also written | fields")
    names = {**OPERATOR_WORDS, words.BANDS: BANDS_WORD}
    assert {row[0].strip("`"): row[1] for row in rows} == names
    for operator, _word, others, fields in rows:
        name = operator.strip("`")
        assert split(others) == words._SYNONYMS[name]
        fitting = [
            shown
            for kind, shown in KIND_NAMES.items()
            if ("between" if name == words.BANDS else name) in conditions.OPERATORS[kind]
        ]
        assert fields == ", ".join(fitting), name
        for word in (name, names[name], *split(others)):
            assert words.find_operator(word) == name, word


def test_words_that_join_and_refuse():
    rows = {row[0]: (row[1], *split(row[2])) for row in read_rows("word | 中文 | also written")}
    known = {
        "and": words._JOINS["and"],
        "or": words._JOINS["or"],
        "refuse": words._REFUSALS,
        "allow": words._ALLOWANCES,
    }
    assert {name: {name, *said} for name, said in rows.items()} == {
        name: {name, *said} for name, said in known.items()
    }
    assert (rows["and"][0], rows["or"][0], rows["refuse"][0]) == (AND_WORD, OR_WORD, REFUSE_WORD)


def test_parts_of_formulas():
    rows = {row[0]: re.findall(r"`([^`]+)`", row[1]) for row in read_rows("part | what there is")}
    assert set(rows["words"]) == set(tokens.KEYWORDS)
    assert set(rows["functions"]) == set(tokens.FUNCTION_NAMES)
    assert set(tokens.FUNCTION_NAMES.values()) == {*FUNCTIONS, "choose"}
    signs = {*rows["arithmetic"], *rows["comparisons"], "(", ")", ","}
    assert signs == set(tokens._SIGNS)


def test_limits():
    said = {row[0]: int(row[1].replace(",", "")) for row in read_rows("what | at most")}
    assert said.pop("letters of a rule's id") == 40
    for pattern in (compilation.LOCAL_ID, findings.LOCAL_ID):
        assert pattern.fullmatch("a" * 40) and not pattern.fullmatch("a" * 41)
    assert {name: (number,) * len(LIMITS[name]) for name, number in said.items()} == LIMITS


def test_the_example_loads_and_its_cases_come_out(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "pack.toml").write_text(find_block("pack"), encoding="utf-8")
    (folder / "cases.toml").write_text(find_block("cases"), encoding="utf-8")
    source, found = find_plugin(folder)
    assert source is not None and not found
    pack, told = read_pack(source)
    assert pack is not None and told == ()
    assert check_examples(pack, read_taxonomy()) == ()
    plugins = open_plugins([source], read_pack, ("黄骅市",), read_taxonomy(), PluginOptions())
    assert plugins.findings == () and len(plugins.states[0].rules) == 4


def test_formulas_of_the_page_are_taken():
    block = re.search(r"## Formulas\n.*?```text\n(.*?)```", TEXT, re.DOTALL)
    assert block
    for text in block[1].splitlines():
        found = formulas.compile_formula(text, list_fields(read_taxonomy()))
        assert isinstance(found, formulas.Formula), text
