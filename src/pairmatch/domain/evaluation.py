"""Yearly evaluation of pairs: what the forms ask, what they said, how everybody stands.

The county grades first, then the city. The grade of a pair for a year is that of the city or,
while the city has not graded, that of the county; without either it is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pairmatch.domain.columns import GRADES, Column
from pairmatch.messages import Language

GRADE_WORDS: Mapping[str, int] = {"优秀": 4, "良好": 3, "合格": 2, "较差": 1}
"""The words of the forms and the grades they stand for, the best one first."""
BEST_GRADE = 4
COMMENDED_MEAN = Fraction(7, 2)
"""The least mean over all years of the cycle with which a unit may be commended."""
COMMENDED_YEAR = 3
"""The least grade that it may have in any of them."""
CHECKS = ("deeds_done", "evidence_ready", "village_agrees")
"""What the county looks at before it grades."""

SUMMARY_WORKBOOK = "成效评定汇总.xlsx"
SUMMARY_DATA = "成效评定汇总.json"
PREVIOUS_TABLE = "上一轮结对.xlsx"
RESULT_FILES = (SUMMARY_WORKBOOK, SUMMARY_DATA, PREVIOUS_TABLE)
"""What an evaluation writes; in a folder of forms these are passed over."""

_CHOICES = tuple((word, str(grade)) for word, grade in GRADE_WORDS.items())
YEAR_COLUMN = Column("year", "年度", "name", required=True)
IDENTITY_COLUMNS = (
    YEAR_COLUMN,
    Column("unit_id", "单位编号", "id", required=True),
    Column("unit_name", "单位名称", "name"),
    Column("county", "县(市)", "name"),
    Column("township", "乡镇", "name"),
    Column("name", "村名", "name"),
    Column("village_id", "区划代码", "id", required=True),
)
COUNTY_GRADE = Column("county_grade", "县级评定等次", "choice", choices=_CHOICES)
CITY_GRADE = Column("city_grade", "市级评定等次", "choice", choices=_CHOICES)
COUNTY_ASKED = (
    Column("deeds_done", "年度实事办成", "bool"),
    Column("evidence_ready", "台账佐证齐全", "bool"),
    Column("village_agrees", "村“两委”认可", "bool"),
    COUNTY_GRADE,
    Column("evidence", "佐证材料", "text"),
)
CITY_ASKED = (COUNTY_GRADE, CITY_GRADE, Column("city_note", "市级核查说明", "text"))
FORM_COLUMNS = (*IDENTITY_COLUMNS, *COUNTY_ASKED, *CITY_ASKED[1:])
"""All columns of both forms, each once."""
SHORT_GRADES = tuple(GRADES.items())
"""The words that the table of the cycle before has; forms that come back may use them too."""


@dataclass(frozen=True, slots=True)
class HelpedPair:
    """A pair of the run: the unit, the village it helps, and where that is."""

    unit_id: str
    village_id: str
    unit_name: str = ""
    county: str = ""
    township: str = ""
    village_name: str = ""


@dataclass(frozen=True, slots=True)
class EvaluatedRun:
    """What is evaluated: the pairs of a run, by unit and village id, in the years of its cycle."""

    run_id: str
    title_zh: str
    title_en: str
    lang: Language
    synthetic: bool
    years: tuple[int, ...]
    pairs: tuple[HelpedPair, ...]

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties of the pairs, in the order of their villages' codes."""
        ordered = sorted(self.pairs, key=lambda pair: pair.village_id)
        return tuple(dict.fromkeys(pair.county for pair in ordered))


@dataclass(frozen=True, slots=True)
class Grading:
    """What the forms say of a pair in a year; None and '' where they say nothing.

    `checks` are the answers to `CHECKS`.
    """

    unit_id: str
    village_id: str
    year: int
    county_grade: int | None = None
    city_grade: int | None = None
    checks: tuple[bool | None, ...] = (None,) * len(CHECKS)
    evidence: str = ""
    city_note: str = ""

    @property
    def settled_grade(self) -> int | None:
        """The grade that counts: that of the city or, while there is none, of the county."""
        return self.county_grade if self.city_grade is None else self.city_grade


@dataclass(frozen=True, slots=True)
class GradeSum:
    """The grades known of those due: their sum and both numbers.

    The mean is over those known. The grade in words is the mean rounded, halves up.
    """

    points: int
    num_known: int
    num_due: int

    @property
    def mean(self) -> Fraction | None:
        """The mean of the known grades, None without any."""
        return Fraction(self.points, self.num_known) if self.num_known else None

    @property
    def grade(self) -> int | None:
        """The mean rounded to a grade, None if nothing is known."""
        mean = self.mean
        return None if mean is None else int(mean + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a unit, or the help that a village got, was evaluated, by year and over the cycle.

    Ranks are shared by all of the same grade: one more than the number with a better one. None is
    no grade, and for villages, which are never ranked.
    """

    owner_id: str
    name: str
    years: tuple[GradeSum, ...]
    cycle: GradeSum
    year_ranks: tuple[int | None, ...]
    rank: int | None


@dataclass(frozen=True, slots=True)
class CountyList:
    """The list of a county: its pairs' units by the county's own grades."""

    county: str
    units: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Commendation:
    """A unit proposed for commendation, or one for which too little is known to decide yet."""

    unit_id: str
    counties: tuple[str, ...]
    is_proposed: bool
    cycle: GradeSum


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that comes of the forms: the counties' lists, then that of the city."""

    run: EvaluatedRun
    gradings: tuple[Grading, ...]
    counties: tuple[CountyList, ...]
    city: tuple[Standing, ...]
    villages: tuple[Standing, ...]
    commendations: tuple[Commendation, ...]
