"""The presets: records of known data sets, to begin a workspace with."""

from pathlib import Path

# In the repository the template is the repository itself; in an installed package it was packed beside this file.
PACKED = Path(__file__).parent / "template"
TEMPLATE = PACKED if PACKED.is_dir() else Path(__file__).parent.parent


def presets() -> dict[str, Path]:
    """The presets by name; the sample's is the repository's own params.yaml."""
    return {path.stem: path for path in sorted((TEMPLATE / "presets").glob("*.yaml"))}
