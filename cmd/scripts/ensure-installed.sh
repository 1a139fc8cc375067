#!/bin/sh
# Installs the packages when they are missing or the lockfile has changed since: npm skips pre- and post-scripts under
# `ignore-scripts`, so every script that needs packages calls this first. Needs the network only when it installs.
root=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 1
stamp=$root/node_modules/.installed-lock
if [ ! -f "$stamp" ] || ! cmp -s "$stamp" "$root/package-lock.json"; then
  echo "genesis-agent: installing packages (npm ci)" >&2
  (cd "$root" && npm ci --include=dev --include=optional --loglevel=error --no-audit --no-fund >&2) || exit 1
  cp "$root/package-lock.json" "$stamp" || exit 1
fi
# Without the pinned runtime npm's scripts would silently fall back to the machine's Node.
if [ ! -x "$root/node_modules/.bin/node" ]; then
  echo "genesis-agent: the pinned runtime is missing: node_modules was installed without optional packages, or there is none for" >&2
  echo "$(uname -sm) (there is for Linux and macOS, x64 and arm64). Remove node_modules and start again." >&2
  exit 1
fi
