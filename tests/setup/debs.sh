#!/bin/sh
# Fetches Debian packages as files, once: target/test-debs/NAME.deb. Nothing is installed.
# usage: debs.sh NAME…
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$top/target/test-debs
mkdir -p "$place"
exec 9>"$place/lock"
flock 9

for name; do
    [ ! -e "$place/$name.deb" ] || continue
    download=$place/download
    rm -rf "$download"
    mkdir "$download"
    echo "debs: fetching $name" >&2
    # apt's sandbox user may not write here, so it is not used.
    download() {
        (cd "$download" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$name")
    }
    # Lists that are old name versions that are gone.
    download || { [ "$(id -u)" -eq 0 ] && apt-get update -qq >&2 && download; }
    mv "$download"/*.deb "$place/$name.deb"
    rmdir "$download"
done
