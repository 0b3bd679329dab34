"""The `fieldset.toml` of a new project: the defaults, and what else can be said."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
# The policies of this project. Edit freely; fieldset only reads this file.

[project]
name = {name}

# Each new group (a session and what is alike) goes to one split and stays there.
# The shares add up to 1; where they add up to less they are stretched.
[split]
train = 0.70
val = 0.15

[split.tests.test-main]
rule = "random"
share = 0.15

# More test sets, each by a rule that takes whole groups; of two rules that take the
# same group the one that stands first has it:
# [split.tests.test-time]
# rule = "after:2027-01-01/7d"     # captured on or after that day; the 7 days before
#                                  # it go nowhere, so that nothing is near the border
# [split.tests.test-night]
# rule = "condition:light=night/3" # every third group under that condition
# [split.tests.test-bridge-7]
# rule = "place:bridge 7"          # or "camera:SOURCE", "hand"
# budget = 3                       # draws once it is sealed; 5 where nothing is said
# [split.tests.test-reserve]       # takes over when a used-up test set is retired:
# rule = "vault"                   # with a share of its own
# share = 0.10                     # make room for it: the sum is at most 1
# Corrupted copies of another test set, made when a version is frozen:
# [split.tests.test-dark]
# rule = "stress:dark/3 of test-main"  # or haze, blur, noise, jpeg; or a name of yours
# [stress.wet-night]                   # for rule = "stress:wet-night"
# dark = 3
# blur = 2

# Other shares for one class, or for what was captured under one condition. Splits
# that are not named share the rest as above.
# [split.classes.bike]
# test-main = 0.30
# [split.conditions."light=night"]
# val = 0.20
# test-main = 0.25
# [split.weights]      # what counts how much where one mends what the other spoils
# size = 1.0           # samples
# classes = 2.0        # boxes of each class
# conditions = 0.5     # samples under each condition

[balance]
# With targets set, a version that misses them is refused; "warn" only says so. In train
# "undersample" leaves samples out, "repeat" names some twice, "augment" adds copies.
# policy = "warn"
# ratio = 10.0         # the most between two classes where there are no targets
# copies = 3           # a sample is repeated or copied at most so often
# [balance.targets.car]
# boxes = 400
# groups = 10
# conditions = {{ "light=night" = 80, "weather=rain" = {{ boxes = 40, groups = 3 }} }}
# [balance.augment]    # seed, visibility, flip, rotate_deg, scale, shift, hue_deg, ...
# rotate_deg = 5.0

# What training and inference do to every image; a version carries the recipe.
# [preprocess]
# denoise = "median"   # or "bilateral", "nlm"; then brightness, contrast, equalise
# colour = "grey"      # or "bgr", "rgb", "hsv", "lab"

[capture]
format = "jpeg"      # what is stored where the camera hands over raw pictures
jpeg_quality = 95
keep_gps = false
# trigger = "motion"   # where nobody chooses: manual, interval, burst, uncertain, drift
# pre_s = 6            # also keep what was seen in the seconds before a picture
# [capture.triggers.interval]
# every_s = 2.0
# [capture.triggers.motion]
# sensitivity = 0.5    # 0 to 1
# cool_down_s = 2.0
# zones = [[0.0, 0.4, 1.0, 1.0]]       # x0, y0, x1, y1 of 1, or a list of corners
# [capture.triggers.uncertain]         # the model of [assist] is unsure
# low = 0.25           # of a box with a score in this band
# high = 0.6
# [capture.triggers.drift]             # the picture left the baseline
# against = "v1"       # or session:NAME; by default the latest version
# deviations = 3.0     # standard deviations, for so long:
# for_s = 5.0
# Pictures that do not pass are refused and counted; `false` turns a gate off.
# [capture.gates]
# by_hand = "refuse"   # a picture taken by hand only gets a warning otherwise
# blur = 5.0           # least sharpness in dB
# blur_drop = 10.0     # dB below the recent samples
# dark = 0.03          # least brightness, 0 to 1
# clipped = 0.9        # most black or blown-out pixels, as a share
# alike = 0.05         # least difference to recent samples, in standard deviations
# frozen = 5.0         # seconds without any change
# torn = 4.0           # highest step between two rows, in grey levels
# dead = 0.02          # most of the picture that never arrived, as a share

[label]
carry_gap_s = 120    # boxes are not carried over a longer pause
# A tracker of yours helps the built-in one to follow boxes (ONNX, as OpenCV's VitTrack
# takes it; or the two files of a NanoTrack):
# tracker = "models/vittrack.onnx"  # or ["models/backbone.onnx", "models/head.onnx"]

# Proposals on what nobody labeled yet: `fieldset label --propose`, or P in the window.
# By a detector of yours (ONNX), or by what moves before a fixed camera.
# [assist]
# model = "models/vehicles.onnx"
# classes = {{ automobile = "car", person = "" }}   # "" leaves one of the model out
# threshold = 0.25     # less sure boxes are no proposals; from `sure` on
# sure = 0.5           # one key accepts them all
# layout = "yolov8"    # or yolov5, yolo-nms, ssd, custom-vision, detr; else found out
# by = "motion"        # no model: what moves gets the class
# moving = "car"

# Cards of camera traps, `fieldset import /media/CARD`:
# [card]
# gap_s = 3600         # a longer pause between two pictures begins a session

# What drift compares, where the usual 23 metrics are not the ones that matter; fewer
# find smaller shifts. A backbone of yours (ONNX) sees whole pictures, and not the
# built-in summary of colour and edges:
# [drift]
# metrics = ["brightness", "sharpness", "jpeg_quality", "hour_noon", "picture"]
# backbone = "models/backbone.onnx"
# A shift counts as drift only beyond its limit: the larger of `sd`, in standard
# deviations of the base, and `step`, in the metric's unit (`fieldset drift --json`).
# [drift.limits.brightness]
# step = 0.03          # usual: 0.01
# reason = "clouds change it by as much within an hour"

# What must not be seen is filled before anything is stored: x0, y0, x1, y1 in parts of
# width and height. What is kept too long is erased by `fieldset erase --due` alone.
# [privacy]
# mask = [[0.0, 0.0, 1.0, 0.2]]
# [privacy.cameras]    # further zones of one source
# "rtsp://10.0.0.7/door" = [[0.4, 0.5, 0.6, 1.0]]
# [privacy.keep_days]  # unlabeled, skipped, empty, labeled
# unlabeled = 30

# Samples that no station signed, such as imported ones.
# [provenance]
# unverified = "refuse"  # no import and no version takes them
# keys = []              # ids of stations whose records alone count: `fieldset station`

# How `fieldset push` and `fieldset pull` use the line; never who may push.
# [cloud]
# account = "mystorage"  # endpoint = "https://..." where its address is another one
# parallel = 8         # blobs under way at once
# block_kb = 4096      # after a cut only the block under way is sent again
# timeout_s = 60       # the longest silence of a connection
# rate_kb_s = 0        # at most, all connections together; 0 is no limit
# attempts = 8         # how often one blob is tried before the push gives up
"""


def default_text(name: str) -> str:
    """The `fieldset.toml` of a new project."""
    return _TEXT.format(name=_quoted(name))


def _quoted(text: str) -> str:
    """A TOML basic string; what is no valid Unicode becomes a question mark."""
    valid = text.encode("utf-8", "replace").decode()
    escaped = valid.replace("\\", "\\\\").replace('"', '\\"')
    safe = "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped)
    return f'"{safe}"'
