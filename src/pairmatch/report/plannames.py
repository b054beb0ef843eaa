"""What the files of a plan are called: with edition and without date, still to be made safe."""

from pairmatch.domain.plan import PairPlan
from pairmatch.report.plandossier import (
    PlanDossier,
    name_department,
    name_place,
    name_unit,
    say,
)


def name_plan_document(dossier: PlanDossier, pair: PairPlan) -> str:
    """Return the name of a pair's plan; the code of the village keeps equal names apart."""
    return _name(
        dossier,
        "plandocs.file_plan",
        place=name_place(dossier, pair.village_id),
        village=pair.village_id,
        unit=name_unit(dossier, pair.unit_id),
    )


def name_department_list(dossier: PlanDossier, department_id: str) -> str:
    """Return the name of a department's list."""
    department = name_department(dossier, department_id)
    return _name(dossier, "plandocs.file_department", department=department)


def name_plan_workbook(dossier: PlanDossier) -> str:
    """Return the name of the workbook of all pairs."""
    return _name(dossier, "plandocs.file_workbook")


def name_plan_book(dossier: PlanDossier) -> str:
    """Return the name of the page with all plans."""
    return _name(dossier, "plandocs.file_book")


def name_agenda(dossier: PlanDossier) -> str:
    """Return the name of the agenda of the joint meeting."""
    return _name(dossier, "plandocs.file_agenda")


def name_bulletin(dossier: PlanDossier, year: int) -> str:
    """Return the name of a year's bulletin."""
    return _name(dossier, "plandocs.file_bulletin", year=str(year))


def name_yearly_report(dossier: PlanDossier, year: int) -> str:
    """Return the name of the city's report on a year."""
    return _name(dossier, "plandocs.file_report", year=str(year))


def name_county_report(dossier: PlanDossier, county: str, year: int) -> str:
    """Return the name of a county's report on a year."""
    return _name(dossier, "plandocs.file_county", county=county, year=str(year))


def _name(dossier: PlanDossier, code: str, **params: str) -> str:
    return say(dossier.lang, code, edition=dossier.edition, **params)
