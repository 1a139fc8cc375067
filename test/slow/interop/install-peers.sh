#!/bin/sh
# Installs the programs that the slow interop tests talk to, under .cache: the Python SDK where python3 is, telemetrygen
# and a current Prometheus where go is, Debian's Prometheus, promtool and node_exporter where apt-get is; no root is needed.
# What can not be installed is left out, and its tests say so.
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
cache=$(cd "$here/../../.." && pwd -P)/.cache
mkdir -p "$cache"
if command -v python3 >/dev/null && [ ! -x "$cache/python-sdk/bin/python" ]; then
  # Moved to its place once it is whole: an installation that was cut off must not look like one.
  part=$cache/python-sdk.part
  rm -rf "$part"
  python3 -m venv "$part" &&
    "$part/bin/python" -m pip install --quiet --requirement "$here/python-sdk.txt" &&
    mv "$part" "$cache/python-sdk" ||
    rm -rf "$part"
fi
if command -v go >/dev/null && [ ! -x "$cache/telemetrygen" ]; then
  GOBIN=$cache go install github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.161.0
fi
if command -v apt-get >/dev/null && command -v dpkg >/dev/null && [ ! -d "$cache/debian" ]; then
  part=$cache/debian.part
  rm -rf "$part"
  mkdir -p "$part" && (
    cd "$part" || exit 1
    for package in prometheus prometheus-node-exporter; do
      # Machines may have no lists of packages; refreshing them may take root.
      { apt-get download --quiet=2 "$package" 2>/dev/null ||
        { apt-get update --quiet=2 && apt-get download --quiet=2 "$package"; }; } </dev/null &&
        dpkg -x "$package"_*.deb . || exit 1
    done
    rm -f ./*.deb
  ) && mv "$part" "$cache/debian" || rm -rf "$part"
fi
# Without service discovery of clouds and without pages, building takes about two minutes of two quiet cores; the last of
# all, so that what it is cut off by costs nothing else. What was compiled until then is not compiled again.
if command -v go >/dev/null && [ ! -x "$cache/prometheus" ]; then
  module=github.com/prometheus/prometheus/cmd/prometheus
  GOBIN=$cache CGO_ENABLED=0 timeout "${PROMETHEUS_BUILD_S:-220}" go install -p 2 -tags remove_all_sd \
    -ldflags '-s -w -X github.com/prometheus/common/version.Version=3.16.0' "$module@v0.316.0"
fi
exit 0
