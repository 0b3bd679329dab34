"""The one stylesheet; `theme.Theme.stylesheet` fills the tokens in.

Parts are named by the dynamic property `kind`, so that a look is asked for in one
word (`kind="chip"`) and no view carries colours of its own.
"""

from __future__ import annotations

SHEET = """
QWidget { color: $text; font-size: ${text_px}px; }
QMainWindow, QDialog, QWidget[kind="page"] { background: $background; }
QWidget[kind="panel"], QScrollArea[kind="panel"] { background: $panel; }
QWidget[kind="canvas"] { background: $canvas; }
QWidget[kind="topbar"] { background: $panel; border-bottom: ${line_px}px solid $line; }
QWidget[kind="statusbar"] { background: $panel; border-top: ${line_px}px solid $line; }
QWidget[kind="rail"] { background: $panel; border-right: ${line_px}px solid $line; }
QWidget[kind="side"] { background: $panel; border-left: ${line_px}px solid $line; }
QWidget[kind="leftside"] { background: $panel; border-right: ${line_px}px solid $line; }
QWidget[kind="toolbar"] { background: $panel; border-bottom: ${line_px}px solid $line; }
QWidget[kind="foot"] { background: $panel; border-top: ${line_px}px solid $line; }
QFrame[kind="card"] {
  background: $panel; border: ${line_px}px solid $line; border-radius: 8px;
}
QFrame[kind="callout"] {
  background: $raised; border: ${line_px}px solid $accent; border-radius: 8px;
}
QFrame[kind="rule"] { background: $line; border: none; }
QLabel { background: transparent; }
QLabel[kind="muted"] { color: $muted; }
QLabel[kind="head"] { color: $muted; font-size: ${head_px}px; font-weight: 600; }
QLabel[kind="title"] { font-size: ${title_px}px; font-weight: 600; }
QLabel[kind="figure"] { font-size: ${figure_px}px; font-weight: 600; }
QLabel[kind="small"] { color: $muted; font-size: ${small_px}px; }
QLabel[kind="brand"] { font-weight: 700; }
QLabel[kind="key"] {
  color: $muted; font-size: ${small_px}px; padding: 1px 5px;
  border: ${line_px}px solid $line; border-radius: 4px; background: $panel;
}
QLabel[kind="shutter"] {
  color: $on_accent; font-size: ${shutter_px}px; font-weight: 600;
}
QLabel[kind="shutter"]:disabled { color: $muted; }
QLabel[kind="shutterkey"]:disabled { color: $muted; border-color: $line; }
QLabel[kind="shutterkey"] {
  color: $on_accent; font-size: ${small_px}px; padding: 1px 5px;
  border: ${line_px}px solid $on_accent; border-radius: 4px;
}
QLabel[kind="chip"] {
  background: $raised; border: ${line_px}px solid $line; border-radius: 12px;
  padding: 3px 10px;
}
QLabel[tone="ok"] { color: $ok_text; }
QLabel[tone="warn"] { color: $warn_text; }
QLabel[tone="bad"] { color: $bad; }
QLabel[tone="proposal"] { color: $proposal; }
QLabel[tone="muted"] { color: $muted; }
QPushButton, QToolButton[kind="button"] {
  background: $raised; border: ${line_px}px solid $line; border-radius: 6px;
  padding: 6px 14px; font-weight: 500;
}
QPushButton:hover, QToolButton[kind="button"]:hover { border-color: $muted; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; background: $panel; border-style: $off_line; }
QPushButton[kind="primary"] {
  background: $accent; color: $on_accent; border-color: $accent; font-weight: 600;
}
QPushButton[kind="primary"]:disabled {
  background: $raised; color: $muted; border-color: $line;
}
QPushButton[kind="primary"]:focus { border-color: $text; }
QPushButton[kind="chip"] {
  border-radius: 12px; padding: 3px 10px; font-weight: 400;
}
QPushButton[kind="chip"]:checked { border-color: $accent; color: $accent; }
QPushButton[kind="chip"]::menu-indicator { width: 0px; }
QPushButton[kind="search"] {
  background: $raised; color: $muted; text-align: left; font-weight: 400;
  padding: 6px 10px;
}
QPushButton[kind="segment"] {
  border-radius: 0px; padding: 4px 6px; color: $muted; font-weight: 500;
}
QPushButton[kind="segment"]:checked {
  background: $accent; color: $on_accent; border-color: $accent;
}
QPushButton[touch="true"] { min-height: 40px; padding: 0px 14px; }
QPushButton[kind="segment"][touch="true"] { padding: 0px 6px; }
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {
  background: $raised; border: ${line_px}px solid $line; border-radius: 6px;
  padding: 5px 8px; selection-background-color: $accent;
  selection-color: $on_accent;
}
QLineEdit[touch="true"], QComboBox[touch="true"], QSpinBox[touch="true"],
QDoubleSpinBox[touch="true"] { min-height: 40px; padding: 0px 8px; }
QLineEdit { placeholder-text-color: $muted; }
QComboBox QLineEdit, QComboBox QLineEdit:focus {
  border: none; padding: 0px; background: transparent;
}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus {
  border-color: $accent;
}
QSpinBox[kind="number"]::up-button, QSpinBox[kind="number"]::down-button,
QSpinBox[touch="true"]::up-button, QSpinBox[touch="true"]::down-button,
QDoubleSpinBox[touch="true"]::up-button,
QDoubleSpinBox[touch="true"]::down-button {
  width: 0px; border: none;
}
QComboBox::drop-down { border: none; width: 26px; }
QComboBox QAbstractItemView {
  background: $panel; border: ${line_px}px solid $line;
  selection-background-color: $raised; selection-color: $text;
}
QListView, QTableView, QTreeView {
  background: transparent; border: none; outline: none;
  gridline-color: $line; selection-background-color: $chosen;
  selection-color: $text;
}
QTableView::item { border-bottom: 1px solid $line; padding: 0px 5px; }
QTableView::item:selected { background: $chosen; color: $text; }
QHeaderView { background: transparent; }
QHeaderView::section {
  background: transparent; color: $muted; font-size: ${head_px}px; font-weight: 600;
  border: none; border-bottom: 1px solid $line; padding: 5px 8px;
}
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0px; }
QScrollBar::handle {
  background: $line; border-radius: 4px; min-height: 24px; min-width: 24px;
  margin: 1px;
}
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QMenuBar { background: $panel; border-bottom: 1px solid $line; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $panel; border: ${line_px}px solid $line; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QToolTip {
  background: $raised; color: $text; border: ${line_px}px solid $line; padding: 4px;
}
QCheckBox { spacing: 8px; }
QProgressBar {
  background: $raised; border: none; border-radius: 3px; height: 6px;
  max-height: 6px;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QFrame[kind="notice"] {
  background: $raised; border: ${line_px}px solid $line; border-radius: 8px;
}
QFrame[kind="notice"][tone="bad"] { border-color: $bad; }
QFrame[kind="notice"][tone="ok"] { border-color: $ok; }
QFrame[kind="notice"][tone="warn"] { border-color: $warn; }
"""
