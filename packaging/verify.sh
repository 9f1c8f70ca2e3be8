#!/bin/sh
# Verifies packages against this clone: signatures, checksums, statement, bill of materials, and that they can be built again.
set -eu

usage() {
    cat <<'END'
Verify packages against this clone.

usage: packaging/verify.sh [--key FILE] [--no-rebuild] [--keep] [DIRECTORY]

  DIRECTORY      with the packages and what lies beside them; dist/ if it is omitted
  --key FILE     the public key that signed them, armored or binary; without it, signatures are not verified
  --no-rebuild   do not build them again
  --keep         keep the second build, in target/verify

Check out the commit that provenance.json names, and nothing else. Building again takes 5 to 10 minutes on two processors
and happens in target/verify, in a clone of its own.

It prints a line for each comparison: ok, WRONG, or skip. It exits with 0 if nothing is wrong, with 1 if something is or could
not be compared, and with 2 for a wrong command line.

Examples:
  git clone …/hostprep && cd hostprep && packaging/verify.sh --key hostprep.asc ~/Downloads/hostprep
  packaging/verify.sh --no-rebuild dist
END
}

key=
rebuild=yes
keep=
directory=
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h)
            usage
            exit 0
            ;;
        --key)
            [ $# -gt 1 ] || { usage >&2; exit 2; }
            shift
            key=$1
            ;;
        --no-rebuild) rebuild= ;;
        --keep) keep=yes ;;
        -*)
            echo "verify: unknown option: $1; see --help" >&2
            exit 2
            ;;
        *)
            [ -z "$directory" ] || { echo "verify: more than one directory; see --help" >&2; exit 2; }
            directory=$1
            ;;
    esac
    shift
done

top=$(cd "$(dirname "$0")/.." && pwd -P)
directory=${directory:-$top/dist}
unusable() {
    echo "verify: $*" >&2
    exit 2
}
[ -d "$directory" ] || unusable "$directory is no directory"
directory=$(cd "$directory" && pwd -P)
for file in SHA256SUMS provenance.json sbom.cdx.json third-party-notices.txt; do
    [ -f "$directory/$file" ] || unusable "$directory/$file is missing; make packages writes it beside the packages"
done
[ -z "$key" ] || [ -r "$key" ] || unusable "$key cannot be read"
for tool in git cargo sha256sum dpkg-deb rpm rpmkeys rpm2cpio cpio gpgv; do
    command -v "$tool" >/dev/null || unusable "$tool is missing; install it, or run: make needs"
done

work=$(mktemp -d)
again=
cleanup() {
    rm -rf "$work"
    [ -n "$keep" ] || [ -z "$again" ] || rm -rf "$again"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP
# A copy: a pipe is read once.
if [ -n "$key" ]; then
    cat "$key" >"$work/key"
    key=$work/key
    # rpm takes armored keys, the first of each block.
    if ! grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$key"; then
        command -v gpg >/dev/null || unusable "gpg is missing, which armors a binary key; install it, or name an armored key"
        mkdir -m 0700 "$work/gnupg"
        armor() {
            gpg --homedir "$work/gnupg" --batch --quiet --no-autostart "$@"
        }
        mv "$key" "$key.gpg"
        armor --import "$key.gpg" 2>"$work/output" || unusable "not a public key: $(cat "$work/output")"
        for print in $(armor --with-colons --list-keys | awk -F: '$1 == "pub" { wanted = 1 } $1 == "fpr" && wanted { print $10; wanted = 0 }'); do
            armor --armor --export "$print"
        done >"$key"
    fi
fi
cd "$top"

wrong=0
ok() {
    echo "ok     $*"
}
wrong() {
    echo "WRONG  $*"
    wrong=$((wrong + 1))
}
# tell WHAT FILE: that it is wrong, and what a tool printed about it. No single line tells: sha256sum names the file first, cargo
# the cause last.
tell() {
    grep -v '^ *$' "$2" | tail -n 20 >"$work/said"
    if [ "$(wc -l <"$work/said")" -le 1 ]; then
        wrong "$1: $(cat "$work/said")"
    else
        wrong "$1"
        sed 's/^/       /' "$work/said"
    fi
}
# compare WHAT COMMAND…: by the command's status.
compare() {
    what=$1
    shift
    if "$@" >"$work/output" 2>&1; then ok "$what"; else tell "$what" "$work/output"; fi
}

# stop WHY: what follows would read unverified files.
stop() {
    echo "skip   all that follows: $*"
    echo "verify: $wrong wrong"
    exit 1
}

# What is verified first is not unpacked before; names are those of files in that directory.
packages=$(sed -n 's/^[0-9a-f]*  //p' "$directory/SHA256SUMS")
names() {
    ! grep -vE '^[0-9a-f]{64}  [A-Za-z0-9_][A-Za-z0-9._+~^-]*\.(rpm|deb)$' "$directory/SHA256SUMS" &&
        ! echo "$packages" | sort | uniq -d | grep .
}
compare 'SHA256SUMS: it names packages beside it, each once' names
[ "$wrong" -eq 0 ] || stop 'SHA256SUMS names something else'
# Whoever installs all packages of the directory would install these too.
unlisted() {
    ! find "$directory" -maxdepth 1 \( -name '*.rpm' -o -name '*.deb' \) -printf '%f\n' | grep -vxF "$packages"
}
compare 'SHA256SUMS: it names every package beside it' unlisted
for file in "$directory"/*; do
    case ${file##*/} in
        SHA256SUMS | SHA256SUMS.sig | provenance.json | provenance.json.sig | sbom.cdx.json | third-party-notices.txt) ;;
        *.rpm | *.deb) ;;
        *) echo "skip   ${file##*/}: nothing vouches for it" ;;
    esac
done
sums() {
    (cd "$directory" && sha256sum --strict --quiet --check SHA256SUMS)
}
compare 'SHA256SUMS: the packages have these checksums' sums

echo '       building what compares; cargo is at work'
# As packages.sh builds them: cargo builds all that they share anew for another choice of packages.
cargo build --quiet --locked --package hostprep-supply --bin supply
cargo build --quiet --locked --package hostprep-packaging --bin package
built=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug

# gpg's exit status is 0 for a key that has expired or is revoked; `package` reads what it says.
signed() {
    "$built/package" verify --public-key "$key" "$directory/$1"
}
rpm_signed() {
    LC_ALL=C rpmkeys --dbpath "$work/rpm" --checksig --verbose "$directory/$1" >"$work/signature" || :
    if ! grep -q 'Signature.*: OK' "$work/signature" || grep -q ': \(BAD\|NOKEY\)' "$work/signature"; then
        echo 'no good signature of this key'
        return 1
    fi
    signed "$1"
}
if [ -z "$key" ]; then
    echo 'skip   signatures: --key FILE is not given'
else
    for file in SHA256SUMS provenance.json; do
        compare "$file.sig: a signature of the key" signed "$file"
    done
    mkdir "$work/rpm"
    compare 'rpm takes the key' rpmkeys --dbpath "$work/rpm" --import "$key"
    for package in $packages; do
        case $package in
            *.rpm) compare "$package: a signature of the key in its header" rpm_signed "$package" ;;
        esac
    done
fi
[ "$wrong" -eq 0 ] || stop 'checksums and signatures come first'

programs=
number=0
unpack() {
    mkdir -p "$2"
    case $1 in
        *.deb) dpkg-deb --fsys-tarfile "$1" | tar -C "$2" -xf - ;;
        *.rpm) rpm2cpio "$1" | (cd "$2" && cpio --quiet --extract --make-directories --no-absolute-filenames) ;;
    esac
}
for package in $packages; do
    number=$((number + 1))
    root=$work/root$number
    unpack "$directory/$package" "$root" 2>"$work/output" || {
        tell "$package: cannot be unpacked" "$work/output"
        continue
    }
    for file in sbom.cdx.json third-party-notices.txt; do
        compare "$package: its $file is the one beside it" cmp "$root/usr/share/doc/hostprep/$file" "$directory/$file"
    done
    # By its package's name in what is printed.
    mkdir -p "$work/program"
    mv "$root/opt/cisco/hostprep/bin/hostprep" "$work/program/$package"
    programs="$programs --program program/$package"
    rm -rf "$root"
done

echo '       comparing them with this tree'
# shellcheck disable=SC2086 # a list of words
(cd "$work" && "$built/supply" --checkout "$top" check --dist "$directory" $programs) >"$work/compared" 2>"$work/output" || {
    wrong=$((wrong + $(grep -c '^WRONG' "$work/compared" || :)))
    [ -s "$work/compared" ] || tell 'the contents: they cannot be compared with this tree' "$work/output"
}
sed 's/^\(ok\|WRONG\)  *\(.*\)/\1 \2/; s/^ok /ok     /; s/^WRONG /WRONG  /' "$work/compared"

# An RPM may be signed, and the second one is not; every other byte is the same.
same() {
    "$built/package" compare "$1" "$2"
}
value() {
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},*\$/\1/p" "$directory/provenance.json" | head -n 1
}
# Each rustc that a statement names, and the machine that it ran on.
compilers() {
    sed -n 's/.*pkg:generic\/\(rustc@[^"]*\)".*/\1/p; s/^ *"host": "\([^"]*\)".*/\1/p' "$1" | sort -u
}
incomparable=
cannot() {
    incomparable=yes
    echo "skip   built again: cannot be compared: $*"
}
rustc=$(rustc --version | cut -d' ' -f2)
theirs=$(sed -n 's/.*pkg:generic\/rustc@\(.*\)".*/\1/p' "$directory/provenance.json" | head -n 1)
host=$(sed -n 's/^ *"host": "\([^"]*\)".*/\1/p' "$directory/provenance.json" | sort -u)
native=$(uname -m)
architectures=$(sed -n '/"architectures": \[/,/\]/s/^ *"\([a-z0-9_]*\)",*$/\1/p' "$directory/provenance.json" | tr '\n' ' ')
if [ -z "$rebuild" ]; then
    echo 'skip   built again: --no-rebuild is given'
elif [ "$wrong" -gt 0 ]; then
    echo 'skip   built again: what is wrong above comes first'
elif [ "${host%%-*}" != "$native" ]; then
    cannot "they were built on $host; verify them on such a machine"
elif case " $architectures" in *" $native "*) true ;; *) false ;; esac &&
    ! grep -q "pkg:generic/rustc@$rustc\"" "$directory/provenance.json"; then
    cannot "they were built by rustc $theirs, and this is $rustc; take that one, as by: rustup override set $theirs"
else
    mkdir -p "$top/target/verify"
    # One of its own: another may be at work here.
    again=$(mktemp -d "$top/target/verify/XXXXXX")
    git clone --quiet --no-hardlinks "$top" "$again/clone"
    git -C "$again/clone" checkout --quiet --detach "$(git rev-parse HEAD)"
    set -- --out "$again/dist"
    version=$(value version)
    [ "$version" = null ] || [ -z "$version" ] || set -- "$@" --version "$version"
    # packages.sh takes these first.
    case $architectures in
        "$native ") ;;
        *' '*' ') set -- --all-architectures "$@" ;;
        *) set -- --architecture "${architectures% }" "$@" ;;
    esac
    echo '       building the packages again; this takes 5 to 10 minutes'
    if ! (
        unset CARGO_TARGET_DIR
        SOURCE_DATE_EPOCH=$(value SOURCE_DATE_EPOCH)
        export SOURCE_DATE_EPOCH
        "$again/clone/packaging/packages.sh" "$@"
    ) >"$work/build" 2>&1; then
        tell 'built again: the build failed' "$work/build"
    elif [ "$(compilers "$directory/provenance.json")" != "$(compilers "$again/dist/provenance.json")" ]; then
        cannot "they were built by $(compilers "$directory/provenance.json" | tr '\n' ' '), and here it is" \
            "$(compilers "$again/dist/provenance.json" | tr '\n' ' ')"
    else
        for package in $packages; do
            compare "$package: built again, it is the same" same "$directory/$package" "$again/dist/$package"
        done
    fi
fi

if [ "$wrong" -gt 0 ]; then
    echo "verify: $wrong wrong"
    exit 1
elif [ -n "$incomparable" ]; then
    echo 'verify: nothing is wrong, but whether they can be built again is not known'
    exit 1
fi
echo 'verify: nothing is wrong'
