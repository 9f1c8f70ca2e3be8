#!/bin/sh
# Fetches promtool, once: target/test-debs/promtool. Nothing is installed. Prints its path.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$top/target/test-debs
if [ ! -x "$place/promtool" ]; then
    "$top/tests/setup/debs.sh" prometheus
    dpkg-deb --fsys-tarfile "$place/prometheus.deb" | tar -C "$place" --strip-components 3 -xf - ./usr/bin/promtool
fi
echo "$place/promtool"
