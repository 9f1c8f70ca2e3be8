#!/bin/sh
# Fetches Debian packages as files, once: target/test-debs/NAME.deb. Nothing is installed.
# usage: debs.sh NAME…    NAME:ARCHITECTURE fetches a package of another architecture than this machine's
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
    set -- -qq -o APT::Sandbox::User="$(id -un)"
    case $name in
        *:*)
            # With lists of its own: this machine's are not asked for another architecture.
            lists=$place/lists-${name##*:}
            mkdir -p "$lists/partial"
            set -- "$@" -o Dir::State::Lists="$lists" -o Dir::Cache="$lists" -o Dir::Cache::archives="$download" \
                -o APT::Architectures::="$(dpkg --print-architecture)" -o APT::Architectures::="${name##*:}"
            ;;
    esac
    download() {
        (cd "$download" && apt-get download "$@" "$name")
    }
    # Lists that are old name versions that are gone. A repository that lacks the architecture is no obstacle.
    download "$@" 2>/dev/null || { { apt-get update "$@" >&2 || :; } && download "$@"; }
    mv "$download"/*.deb "$place/$name.deb"
    rmdir "$download"
done
