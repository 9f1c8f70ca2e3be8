#!/bin/sh
# Takes our packages apart, so that rpmbuild and dpkg-deb get the same content: WORK/root and WORK/bench.spec, WORK/deb.
# usage: prepare.sh RPM DEB WORK
set -eu

here=$(cd "$(dirname "$0")" && pwd)
rpm=$(realpath "$1")
deb=$(realpath "$2")
work=$(realpath "$3")
dpkg-deb --raw-extract "$deb" "$work/deb"
mkdir "$work/root"
(cd "$work/root" && rpm2cpio "$rpm" | cpio -id --quiet)
sh "$here/spec.sh" "$rpm" "$work/root" >"$work/bench.spec"
