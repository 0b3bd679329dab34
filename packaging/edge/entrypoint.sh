#!/bin/sh
# Makes the project on the first start, then becomes the command, so that SIGTERM
# reaches it. Without arguments it captures; FIELDSET_CLASSES names the first classes.
set -eu

: "${FIELDSET_PROJECT:?names the folder of the project}"
if [ ! -e "$FIELDSET_PROJECT/fieldset.toml" ]; then
    fieldset init "$FIELDSET_PROJECT" --classes "${FIELDSET_CLASSES:-}" >/dev/null
fi
[ "$#" -gt 0 ] || set -- capture --json
exec fieldset "$@"
