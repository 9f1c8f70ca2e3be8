#!/bin/sh
# Writes what tells of the packages' contents and origin. packages.sh runs it; SOURCE_DATE_EPOCH is set.
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

out=dist
version=
command=
while [ $# -gt 0 ]; do
    case $1 in
        --out | --version | --sign-with)
            option=$1
            shift
            case $option in
                --out) out=$1 ;;
                --version) version=$1 ;;
                --sign-with) command=$1 ;;
            esac
            ;;
        --out=*) out=${1#*=} ;;
        --version=*) version=${1#*=} ;;
        --sign-with=*) command=${1#*=} ;;
    esac
    shift
done

rm -f "$out/provenance.json.sig"
cp "$directory/sbom.cdx.json" "$directory/third-party-notices.txt" "$out/"
# shellcheck disable=SC2086 # a list of words
supply statement $programs --dist "$out" ${version:+--version "$version"} ${HOSTPREP_BUILDER:+--builder "$HOSTPREP_BUILDER"}

if [ -n "$command" ]; then
    # A detached OpenPGP signature of what it reads.
    sh -c "$command" <"$out/provenance.json" >"$out/provenance.json.new"
    mv "$out/provenance.json.new" "$out/provenance.json.sig"
    echo "$out/provenance.json.sig"
fi
