#!/bin/sh
# Writes what tells of the packages' contents and origin. packages.sh runs it, in a directory of its own; SOURCE_DATE_EPOCH is set.
# usage: supply.sh bill DIRECTORY PROGRAMS               sbom.cdx.json and third-party-notices.txt into the payload
#        supply.sh beside DIRECTORY PROGRAMS [ARGUMENT OF `package build`…]
#                                                        the same beside the packages, with provenance.json; signs that
# PROGRAMS is one word of arguments: --hostprep FILE, once for each architecture. HOSTPREP_BUILDER names who vouches for
# the build, as a URI.
set -eu

cd "$(dirname "$0")/.."
what=$1
directory=$2
programs=$3
shift 3

supply() {
    cargo run --quiet --locked --package hostprep-supply --bin supply -- "$@"
}

if [ "$what" = bill ]; then
    # shellcheck disable=SC2086 # a list of words
    supply bill $programs --out "$directory" >/dev/null
    exit 0
fi

package() {
    cargo run --quiet --locked --package hostprep-packaging --bin package -- "$@"
}

signing=
out=dist
version=
take() {
    case $1 in
        --out) out=$2 ;;
        --version) version=$2 ;;
        --sign-with) command=$2 signing=yes ;;
        --public-key) public=$2 ;;
        --sign-timeout) timeout=$2 ;;
    esac
}
command=
public=
timeout=
while [ $# -gt 0 ]; do
    case $1 in
        --out | --version | --sign-with | --public-key | --sign-timeout)
            take "$1" "$2"
            shift
            ;;
        --*=*) take "${1%%=*}" "${1#*=}" ;;
    esac
    shift
done

rm -f "$out/provenance.json.sig"
cp "$directory/sbom.cdx.json" "$directory/third-party-notices.txt" "$out/"
# shellcheck disable=SC2086 # a list of words
supply statement $programs --dist "$out" ${version:+--version "$version"} ${HOSTPREP_BUILDER:+--builder "$HOSTPREP_BUILDER"}

if [ -n "$signing" ]; then
    package sign "$out/provenance.json" --sign-with "$command" ${public:+--public-key "$public"} \
        ${timeout:+--sign-timeout "$timeout"}
fi
