#!/bin/sh
# Installs the packages when they are missing or the lockfile has changed since: npm skips pre- and post-scripts under
# `ignore-scripts`, so every script that needs packages calls this first. Needs the network only when it installs.
root=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 1
stamp=$root/node_modules/.installed-lock
if [ -f "$stamp" ] && cmp -s "$stamp" "$root/package-lock.json"; then exit 0; fi
echo "genesis-agent: installing packages (npm ci)" >&2
(cd "$root" && npm ci --include=dev --include=optional --no-audit --no-fund >&2) || exit 1
cp "$root/package-lock.json" "$stamp"
