from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from station.settings import THEME_NAMES
from station.theme import (
    DARK,
    LIGHT,
    SUNLIGHT,
    THEMES,
    Theme,
    contrast,
    interface_font,
    text_on,
)

GROUNDS = ("background", "panel", "raised")
WORDS = ("text", "muted", "accent", "ok", "warn", "bad", "proposal")
EVERY_THEME = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))


def test_settings_know_every_theme() -> None:
    assert tuple(THEMES) == THEME_NAMES


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("word", WORDS)
def test_sunlight_words_have_ten_to_one(ground: str, word: str) -> None:
    assert contrast(getattr(SUNLIGHT, word), getattr(SUNLIGHT, ground)) >= 10


@EVERY_THEME
@pytest.mark.parametrize("word", WORDS)
def test_words_can_be_read_on_a_panel(theme: Theme, word: str) -> None:
    colour = theme.text_colour(word).name()

    assert contrast(colour, theme.panel) >= 4.5


@EVERY_THEME
def test_words_on_filled_surfaces_can_be_read(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_proposal, theme.proposal) >= 4.5
    assert contrast(theme.on_warn, theme.warn) >= 4.5


def test_sunlight_has_thick_lines_and_larger_text() -> None:
    assert SUNLIGHT.line_px == 2
    assert SUNLIGHT.text_px > DARK.text_px == LIGHT.text_px


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)


@pytest.mark.parametrize("fill", ["#E69F00", "#0072B2", "#F0E442", "#000000"])
def test_text_on_a_class_colour_can_be_read(fill: str) -> None:
    assert contrast(text_on(fill), fill) >= 4.5


@EVERY_THEME
def test_every_token_of_the_stylesheet_is_filled_in(theme: Theme) -> None:
    sheet = theme.stylesheet()

    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    colours = re.findall(r"#[0-9A-Fa-f]+", sheet)
    assert all(len(colour) == 7 for colour in colours)


def test_the_font_is_inter_or_the_systems(qapp: QApplication) -> None:
    font = interface_font(DARK)

    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    assert font.family() in ("Inter", system.family())
    assert font.pixelSize() == DARK.text_px
