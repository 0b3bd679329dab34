"""What stands between a camera's frame and a sample: gates, queue, choice. No Qt.

`gates` judges one picture, `gatekeeper` remembers what the judging needs, `preview`
has the figures of the live picture, `trigger_choice` makes the trigger that the project
and a person chose.
"""
