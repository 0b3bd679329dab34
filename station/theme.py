"""The look of the window: tokens of three themes, one stylesheet made of them."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from .stylesheet import SHEET

PREFERRED_FAMILY = "Inter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours, line width and type size of one look.

    Colours are `#RRGGBB`. `on_*` is the text colour on a surface filled with that
    token; `ok_text` and `warn_text` are darker where the fill is too pale to be read
    as words. `chosen` is the ground of a chosen row, by default `raised`;
    `off_line` the border of what cannot be pressed now. Sizes are device-independent
    pixels: Qt scales them with the screen.
    """

    name: str
    background: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    bad: str
    proposal: str
    on_proposal: str
    on_warn: str
    canvas: str
    band: str
    ok_text: str = ""
    warn_text: str = ""
    chosen: str = ""
    off_line: str = "solid"
    line_px: int = 1
    text_px: int = 13
    head_px: int = 11
    figure_px: int = 24

    def colour(self, token: str) -> QColor:
        """Give the colour of `token` as Qt paints it."""
        return QColor(str(getattr(self, token)))

    def text_colour(self, token: str) -> QColor:
        """Give the colour in which words in the tone `token` are read."""
        return QColor(str(getattr(self, f"{token}_text", "") or getattr(self, token)))

    def stylesheet(self) -> str:
        """Give the stylesheet of the whole window."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["ok_text"] = self.ok_text or self.ok
        values["warn_text"] = self.warn_text or self.warn
        values["chosen"] = self.chosen or self.raised
        values["small_px"] = self.head_px
        values["shutter_px"] = self.text_px + 2
        values["title_px"] = self.text_px + 4
        return Template(SHEET).substitute(values)


DARK = Theme(
    name="dark",
    background="#14171A",
    panel="#1B2025",
    raised="#242B32",
    line="#313A43",
    text="#E9EDF0",
    muted="#97A3AE",
    accent="#4DA3FF",
    on_accent="#0B1117",
    ok="#45B97C",
    warn="#F2B134",
    bad="#F0625D",
    proposal="#C58CF0",
    on_proposal="#14171A",
    on_warn="#14171A",
    canvas="#0D0F11",
    band="#313A43",
)
LIGHT = Theme(
    name="light",
    background="#F4F6F8",
    panel="#FFFFFF",
    raised="#EDF1F4",
    line="#D5DCE2",
    text="#1A2026",
    muted="#5C6873",
    accent="#0B6BD3",
    on_accent="#FFFFFF",
    ok="#1E8A52",
    warn="#B97A00",
    bad="#C93A34",
    proposal="#8A3FC2",
    on_proposal="#FFFFFF",
    on_warn="#14171A",
    canvas="#DDE3E8",
    band="#D5DCE2",
    ok_text="#17703F",
    warn_text="#855800",
)
SUNLIGHT = Theme(
    name="sunlight",
    background="#FFFFFF",
    panel="#FFFFFF",
    raised="#FFFFFF",
    line="#000000",
    text="#000000",
    muted="#262626",
    accent="#00307F",
    on_accent="#FFFFFF",
    ok="#00421F",
    warn="#543500",
    bad="#7F0000",
    proposal="#4B0082",
    on_proposal="#FFFFFF",
    on_warn="#FFFFFF",
    canvas="#FFFFFF",
    band="#D0D0D0",
    chosen="#E2E2E2",
    off_line="dashed",
    line_px=2,
    text_px=15,
    head_px=13,
    figure_px=24,
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT, SUNLIGHT)}


def contrast(first: str, second: str) -> float:
    """Give the contrast ratio of two `#RRGGBB` colours, 1 to 21.

    SOURCE: WCAG 2.2, relative luminance and contrast ratio.
    """
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Give the relative luminance of `#RRGGBB`, 0 to 1."""
    channels = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def text_on(fill: str) -> str:
    """Give black or white, whichever reads better on a surface of `fill`."""
    black, white = "#101418", "#FFFFFF"
    return black if contrast(black, fill) >= contrast(white, fill) else white


def interface_font(theme: Theme) -> QFont:
    """Give Inter where it is installed, else the system's, with tabular figures."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if PREFERRED_FAMILY in QFontDatabase.families():
        font = QFont(PREFERRED_FAMILY)
    font.setPixelSize(theme.text_px)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def apply(application: QApplication, theme: Theme) -> None:
    """Dress the whole application in `theme`."""
    sheet = theme.stylesheet()
    if application.styleSheet() == sheet:
        # It wears it, and to read the sheet anew takes a third of a second.
        return
    application.setStyle("Fusion")
    application.setFont(interface_font(theme))
    application.setPalette(_palette(theme))
    application.setStyleSheet(sheet)


def _palette(theme: Theme) -> QPalette:
    """Give the palette for what the stylesheet does not reach (menus, dialogs)."""
    role = QPalette.ColorRole
    palette = QPalette()
    for target, token in (
        (role.Window, "background"),
        (role.Base, "panel"),
        (role.AlternateBase, "raised"),
        (role.Button, "raised"),
        (role.ToolTipBase, "raised"),
        (role.WindowText, "text"),
        (role.Text, "text"),
        (role.ButtonText, "text"),
        (role.ToolTipText, "text"),
        (role.PlaceholderText, "muted"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "on_accent"),
        (role.Link, "accent"),
    ):
        palette.setColor(target, theme.colour(token))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, theme.colour("muted"))
    return palette
