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

[label]
carry_gap_s = 120    # boxes are not carried over a longer pause

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
