#!/bin/sh
# Makes `.venv` in the root with exactly what requirements.lock names, and fieldset
# itself in editable form. Does nothing where that has been done: .venv/ready holds the
# digest of the lock and of the folder's own place (a copied environment is no use), and
# .venv/installed the one of pyproject.toml.
#
# PYTHON=python3.12 chooses an interpreter; otherwise the environment that is there
# serves, or else the newest from 3.11 to 3.14 that runs and can make environments.
set -eu

cd "$(dirname "$0")/../.."
root=$(pwd)

lock_digest() {
    { cat requirements.lock; echo "$root"; } | cksum
}

project_digest() {
    cksum <pyproject.toml
}

# Whether the file $1 holds what the command $2 prints.
is_noted() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$($2)" ]
}

stop() {
    echo "$1" >&2
    exit 1
}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
        2>/dev/null
}

makes_environments() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Prints the first candidate that passes the test given; pyenv's shims are tried like
# any other name, for they exist even where they do not run.
first_that() {
    for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
        if fits "$candidate" && { [ "$1" = fits ] || "$1" "$candidate"; }; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

choose_python() {
    first_that makes_environments && return 0
    found=$(first_that fits) ||
        stop "fieldset needs Python 3.11 to 3.14; none was found${PYTHON:+: $PYTHON}"
    package=$("$found" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $package" >&2
        export DEBIAN_FRONTEND=noninteractive
        { apt-get -qq update && apt-get -qq install -y "$package"; } \
            </dev/null >/dev/null 2>&1 || true
        first_that makes_environments && return 0
    fi
    stop "Python cannot make virtual environments; run: sudo apt-get install -y $package"
}

pip() {
    # setuptools warns of every editable install.
    PYTHONWARNINGS=ignore .venv/bin/python -m pip --disable-pip-version-check \
        --no-input --quiet "$@" </dev/null
}

version_of() {
    "$1" -c 'import platform; print(platform.python_version())'
}

is_ready() {
    is_noted .venv/ready lock_digest && version=$(version_of .venv/bin/python) &&
        [ "$version" = "$(version_of "${PYTHON:-.venv/bin/python}")" ]
}

make_environment() {
    python=$(choose_python)
    echo "Setting up .venv with Python $(version_of "$python");" \
        "this takes a few minutes." >&2
    "$python" -m venv --clear .venv ||
        stop "the virtual environment could not be made with: $python"
    pip install --require-hashes -r requirements.lock ||
        stop "the packages could not be installed; run the same command again"
    lock_digest >.venv/ready
}

is_ready 2>/dev/null || make_environment
if ! is_noted .venv/installed project_digest; then
    pip install --no-deps --no-build-isolation --editable . ||
        stop "fieldset could not be installed from: $root"
    project_digest >.venv/installed
fi
