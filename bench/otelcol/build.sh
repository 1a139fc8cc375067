#!/bin/sh
# Builds the peer, OpenTelemetry Collector v0.161, from its published Go modules into bench/otelcol/_build/otelcol.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
build=$here/_build
if [ -x "$build/otelcol" ]; then exit 0; fi
mkdir -p "$build/tools"
GOBIN=$build/tools go install go.opentelemetry.io/collector/cmd/builder@v0.161.0
cd "$here"
"$build/tools/builder" --config builder.yaml
