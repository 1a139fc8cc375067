#!/bin/sh
# Lays out the root of a container that holds nothing but the agent: `container-root.sh EXECUTABLE FOLDER`. Run where the
# libraries come from; there is no shell and no package manager in the result, and nothing that belongs to anybody but root.
set -eu

executable=$1
root=$2
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$root/usr/bin" "$root/etc/genesis-agent" "$root/etc/ssl/certs" "$root/var/lib/genesis-agent" "$root/tmp" "$root/proc"
cp "$executable" "$root/usr/bin/genesis-agent"
chmod 755 "$root/usr/bin/genesis-agent"

# What the dynamic loader says the executable needs, at the paths where it will look.
ldd "$executable" | grep -o '/[^ ]*' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

cp "$here/container.yaml" "$root/etc/genesis-agent/agent.yaml"
echo 'nobody:x:65534:65534:nobody:/:/usr/bin/nologin' >"$root/etc/passwd"
echo 'nogroup:x:65534:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
# For tls.include_system_ca_certs_pool.
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
fi
chown -R 65534:65534 "$root/var/lib/genesis-agent"
chmod 700 "$root/var/lib/genesis-agent"
chmod 1777 "$root/tmp"
