#!/bin/sh
# Fetches promtool, once: target/test-debs/promtool. Nothing is installed. Prints its path.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$top/target/test-debs
if [ ! -x "$place/promtool" ]; then
    "$top/tests/setup/debs.sh" prometheus
    # Another test may be here too: what is run must not be open for writing.
    new=$(mktemp -d "$place/promtool.XXXXXX")
    dpkg-deb --fsys-tarfile "$place/prometheus.deb" | tar -C "$new" --strip-components 3 -xf - ./usr/bin/promtool
    mv "$new/promtool" "$place/promtool"
    rmdir "$new"
fi
echo "$place/promtool"
