#!/bin/sh
# Installs the programs that the slow interop tests talk to, under .cache: the Python SDK where python3 is, telemetrygen
# where go is. What can not be installed is left out, and its tests say so.
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
cache=$(cd "$here/../../.." && pwd -P)/.cache
mkdir -p "$cache"
if command -v python3 >/dev/null && [ ! -x "$cache/python-sdk/bin/python" ]; then
  python3 -m venv "$cache/python-sdk" &&
    "$cache/python-sdk/bin/pip" install --quiet --requirement "$here/python-sdk.txt" ||
    rm -rf "$cache/python-sdk"
fi
if command -v go >/dev/null && [ ! -x "$cache/telemetrygen" ]; then
  GOBIN=$cache go install github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.161.0
fi
exit 0
