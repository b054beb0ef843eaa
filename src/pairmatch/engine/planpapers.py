"""The papers of a plan: one file each, in folders by who gets them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pairmatch.domain.plan import Plan

if TYPE_CHECKING:
    from pairmatch.domain.actions import ActionType
    from pairmatch.domain.inputs import Inputs
    from pairmatch.domain.plantemplates import PlanTemplate
    from pairmatch.report.plandossier import PlanDossier

PLAN_FILE = "plan.json"


def build_papers(
    plan: Plan,
    inputs: "Inputs",
    actions: "Iterable[ActionType]",
    templates: "Iterable[PlanTemplate]" = (),
) -> dict[str, bytes]:
    """Return the papers of a plan by their paths in its folder.

    Parameters
    ----------
    plan
        The plan.
    inputs
        What it was made from.
    actions
        The catalogue.
    templates
        Templates of counties: the plans of their pairs are written by them too.
    """
    from pairmatch.report import planbook, planjson, plannames, planworkbook
    from pairmatch.report.plandossier import make_dossier

    dossier = make_dossier(plan, inputs, tuple(actions))
    files = {
        PLAN_FILE: planjson.build_plan_json(plan).encode("utf-8"),
        plannames.name_plan_book(dossier): planbook.build_plan_book(dossier).encode("utf-8"),
        plannames.name_plan_workbook(dossier): planworkbook.build_plan_workbook(dossier),
    }
    files |= dict(_write_plans(dossier, tuple(templates)))
    files |= dict(_write_lists(dossier))
    return files | dict(_write_council_papers(dossier))


def _write_plans(
    dossier: "PlanDossier", templates: "tuple[PlanTemplate, ...]"
) -> Iterator[tuple[str, bytes]]:
    from pairmatch.report.countytemplates import render_county_template
    from pairmatch.report.plandocument import build_plan_document
    from pairmatch.report.planfields import make_fields
    from pairmatch.report.plannames import name_plan_document

    folder = _name(dossier, "plandocs.folder_plans")
    for pair in dossier.plan.pairs:
        place = f"{folder}/{pair.county}" if pair.county else folder
        name = name_plan_document(dossier, pair)
        yield f"{place}/{name}", build_plan_document(dossier, pair)
        for template in templates:
            if template.county == pair.county:
                fields = make_fields(dossier, pair)
                written = render_county_template(template, fields, template.template_id)
                own = name if template.kind == "docx" else f"{name.removesuffix('.docx')}.txt"
                yield f"{place}/{template.template_id}/{own}", written


def _write_lists(dossier: "PlanDossier") -> Iterator[tuple[str, bytes]]:
    from pairmatch.report.departmentlists import build_department_list
    from pairmatch.report.plannames import name_department_list

    folder = _name(dossier, "plandocs.folder_departments")
    for department in dossier.plan.departments:
        own = department.department_id
        name = name_department_list(dossier, own)
        yield f"{folder}/{name}", build_department_list(dossier, own)


def _write_council_papers(dossier: "PlanDossier") -> Iterator[tuple[str, bytes]]:
    from pairmatch.report import councilpapers, plannames
    from pairmatch.report.councilagenda import build_agenda

    folder = _name(dossier, "plandocs.folder_council")
    yield f"{folder}/{plannames.name_agenda(dossier)}", build_agenda(dossier)
    counties = sorted({pair.county for pair in dossier.plan.pairs} - {""})
    for year in dossier.years:
        place = f"{folder}/{year}"
        bulletin = councilpapers.build_bulletin(dossier, year)
        yield f"{place}/{plannames.name_bulletin(dossier, year)}", bulletin
        report = councilpapers.build_yearly_report(dossier, year)
        yield f"{place}/{plannames.name_yearly_report(dossier, year)}", report
        for county in counties:
            paper = councilpapers.build_county_report(dossier, county, year)
            yield f"{place}/{plannames.name_county_report(dossier, county, year)}", paper


def _name(dossier: "PlanDossier", code: str) -> str:
    from pairmatch.report.plandossier import say

    return say(dossier.lang, code)
