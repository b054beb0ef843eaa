"""Rule packs: rules written as rows of a table, checked when loaded, run as array operations."""

from pairmatch.hooks.packs.compilation import compile_pack
from pairmatch.hooks.packs.examples import check_examples
from pairmatch.hooks.packs.formulas import Formula, compile_formula
from pairmatch.hooks.packs.rules import CompiledPack, PackRefusal, PackScore

__all__ = [
    "CompiledPack",
    "Formula",
    "PackRefusal",
    "PackScore",
    "check_examples",
    "compile_formula",
    "compile_pack",
]
