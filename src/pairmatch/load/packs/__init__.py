"""Rule packs read from TOML and from workbooks into the records of `domain.packs`."""

from pairmatch.load.packs.folders import read_pack

__all__ = ["read_pack"]
