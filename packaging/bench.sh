#!/bin/sh
# What building both packages costs, against rpmbuild and dpkg-deb on the same content and with the same compressors.
# usage: bench.sh HOSTPREP-BINARY [RUNS [PAYLOAD]]
set -eu

[ $# -ge 1 ] || {
    echo "usage: $0 HOSTPREP-BINARY [RUNS [PAYLOAD]]" >&2
    exit 2
}
binary=$(realpath "$1")
runs=${2:-7}
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
payload=$work/none
mkdir "$payload"
[ $# -lt 3 ] || payload=$(realpath "$3")
LC_ALL=C
export LC_ALL

say() {
    printf '%s\n' "bench: $*" >&2
}

say "building the release build of package"
cd "$top"
cargo build --quiet --release --locked --package hostprep-packaging --bin package
target=${CARGO_TARGET_DIR:-target}
package=$(realpath "$target/release/package")

# shellcheck disable=SC2120 # `median` passes on what it is given
ours() {
    "$package" build --manifest "$top/packaging/hostprep.toml" --hostprep "$binary" --payload "$payload" \
        --out "$work/ours" "$@" >/dev/null
}

say "taking our packages apart, so that the others get the same content"
ours --format rpm
ours --format deb
rpm=$(find "$work/ours" -name '*.rpm')
deb=$(find "$work/ours" -name '*.deb')
dpkg-deb --raw-extract "$deb" "$work/deb"
mkdir "$work/root"
(cd "$work/root" && rpm2cpio "$rpm" | cpio -id --quiet)
sh "$top/packaging/bench/spec.sh" "$rpm" "$work/root" >"$work/bench.spec"

theirs_rpm() {
    rpmbuild -bb --quiet --define "_topdir $work/rpmbuild" --define '_binary_payload w9.gzdio' \
        --define "_rpmdir $work/theirs" "$work/bench.spec" >"$work/rpmbuild.log" 2>&1 || {
        cat "$work/rpmbuild.log" >&2
        return 1
    }
}

theirs_deb() {
    dpkg-deb --root-owner-group -Zxz -z6 --threads-max="$1" --build "$work/deb" "$work/theirs/" >/dev/null
}

# median WHAT COMMAND…: milliseconds of the middle run; the first, which fills caches, does not count.
median() {
    what=$1
    shift
    "$@"
    : >"$work/times"
    run=0
    while [ "$run" -lt "$runs" ]; do
        before=$(date +%s%N)
        "$@"
        echo $((($(date +%s%N) - before) / 1000000)) >>"$work/times"
        run=$((run + 1))
    done
    say "$what: $(sort -n "$work/times" | tr '\n' ' ')ms"
    middle=$(sort -n "$work/times" | sed -n "$((runs / 2 + 1))p")
}

kib() {
    echo $((($(stat -c %s "$1") + 1023) / 1024))
}

mkdir "$work/theirs"
median "package, RPM" ours --format rpm
our_rpm=$middle
median "rpmbuild" theirs_rpm
their_rpm=$middle
median "package, DEB" ours --format deb
our_deb=$middle
median "dpkg-deb, one thread" theirs_deb 1
their_deb=$middle
median "dpkg-deb, all threads" theirs_deb "$(nproc)"
their_deb_threads=$middle
median "package, both" ours
both=$middle

row='%-24s %8s %10s\n'
# shellcheck disable=SC2059 # one format for every row
{
    printf "median of %s runs, %s processors, %s KiB installed\n" "$runs" "$(nproc)" "$(du -sk "$work/root" | cut -f1)"
    printf "$row" "" "ms" "KiB"
    printf "$row" "RPM by package" "$our_rpm" "$(kib "$rpm")"
    printf "$row" "RPM by rpmbuild -bb" "$their_rpm" "$(kib "$(find "$work/theirs" -name '*.rpm')")"
    printf "$row" "DEB by package" "$our_deb" "$(kib "$deb")"
    printf "$row" "DEB by dpkg-deb" "$their_deb" "$(kib "$(find "$work/theirs" -name '*.deb')")"
    printf "$row" "  with all threads" "$their_deb_threads" ""
    printf "$row" "both by package" "$both" ""
}
