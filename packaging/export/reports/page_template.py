"""The HTML pages' templates: escaped throughout, each page one file with its style."""

from __future__ import annotations

from importlib import resources

import jinja2

from .report_text import code_names


def render(name: str, context: dict[str, object], styles: tuple[str, ...]) -> str:
    """A page as text, LF line ends; `style` in the template is the named styles."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["names"] = code_names
    folder = resources.files(__package__).joinpath("templates")
    template = environment.from_string(folder.joinpath(name).read_text("utf-8"))
    style = "".join(folder.joinpath(one).read_text("utf-8") for one in styles)
    return template.render(**context, style=style)
