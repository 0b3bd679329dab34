#!/bin/sh
# Installs the blob service of the tests beside this file, once. Where npm is missing or
# cannot reach a registry, the tests that need the service skip and say so.
set -eu

cd "$(dirname "$0")"
if [ -x node_modules/.bin/azurite-blob ] || command -v azurite-blob >/dev/null 2>&1; then
    exit 0
fi
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is missing: tests against a real blob service will be skipped" >&2
    exit 0
fi
echo "Installing Azurite for the tests; this takes a minute." >&2
npm install --no-package-lock --no-audit --no-fund --loglevel=error </dev/null >&2 ||
    echo "Azurite could not be installed: the tests that need it will be skipped" >&2
