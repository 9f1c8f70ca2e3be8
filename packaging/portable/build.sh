#!/bin/sh
# Builds target/portable/hostprep: one binary for glibc 2.17 and later with any libselinux. README.md here says how.
# usage: build.sh [ARCHITECTURE]    another than this machine's is built as target/portable/ARCHITECTURE/hostprep
set -eu

cd "$(dirname "$0")/../.."
checkout=$(pwd -P)
sources=$checkout/packaging/portable
work=$checkout/target/portable
glibc=2.17

say() {
    echo "portable: $*"
}
fail() {
    say "$*" >&2
    exit 1
}

native=$(uname -m)
architecture=${1:-$native}
case $architecture in
    x86_64 | aarch64) target=$architecture-unknown-linux-gnu ;;
    *) fail "x86_64 and aarch64 are built, not $architecture" ;;
esac
out=$work
[ "$architecture" = "$native" ] || out=$work/$architecture

mkdir -p "$out/lib"
exec 9>"$work/lock"
flock 9

# The stamp is written last, so that an installation that broke off is done again.
stamp=$work/venv/requirements.sha256
wanted=$(sha256sum <"$sources/requirements.txt")
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "installing cargo-zigbuild and zig into target/portable/venv"
    python3 -m venv --clear "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir \
        --only-binary :all: --require-hashes --requirement "$sources/requirements.txt"
    echo "$wanted" >"$stamp"
fi
zig=$(echo "$work"/venv/lib/python3*/site-packages/ziglang/zig)

export ZIG_GLOBAL_CACHE_DIR="$work/zig" ZIG_LOCAL_CACHE_DIR="$work/zig"

"$sources/stub.sh" "$zig" "$architecture" "$glibc" "$out/lib/libselinux.so"

# What compiles for another architecture, and where its headers are for bindgen.
set --
if [ "$architecture" != "$native" ]; then
    cross=$("$sources/cross.sh" "$architecture") || fail "$architecture cannot be built on this machine"
    export RUSTC="$cross/rustc" SELINUX_INCLUDE_DIR="$cross/root/usr/include" CROSS_TARGET="$architecture-linux-gnu.$glibc"
    set -- --config "env.BINDGEN_EXTRA_CLANG_ARGS_$target.value='--sysroot=$cross/root'" \
        --config "env.CC_$target.value='$sources/cross-cc.sh'"
fi
rustc=${RUSTC:-rustc}
tools=$("$sources/auditable.sh")

# The registry's directories have to be there before they can be named.
say "fetching crates"
cargo fetch --quiet --locked --target "$target"

cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$("$rustc" --print sysroot)
separator=$(printf '\037')
flags=--remap-path-prefix=$checkout=/hostprep
remap() {
    flags=$flags$separator--remap-path-prefix=$1=$2
}
remap "$sysroot" /rust
for directory in "$cargo_home"/registry/src/*; do
    remap "$directory" /crates
done

say "building for $target with glibc $glibc and $("$rustc" --version)"
PATH=$tools:$work/venv/bin:$PATH \
    CARGO_ENCODED_RUSTFLAGS=$flags \
    CARGO_ZIGBUILD_ZIG_PATH=$zig \
    CARGO_ZIGBUILD_CACHE_DIR=$work/zigbuild \
    SELINUX_LIB_DIR=$out/lib \
    CARGO=$sources/cargo-by-name.sh \
    "$tools/cargo-auditable" auditable zigbuild --release --locked --package hostprep --bin hostprep \
    --target "$target.$glibc" --target-dir "$out/cargo" --config "$sources/cargo-config.toml" "$@"

built=$out/cargo/$target/release/hostprep
"$sources/verify.sh" "$built" "$architecture" "$glibc" "$checkout" "$cargo_home" "$sysroot"
# For the statement of where it comes from.
"$rustc" -vV >"$out/hostprep.rustc"
if ! cmp -s "$built" "$out/hostprep"; then
    install -m 755 "$built" "$out/hostprep.new"
    mv "$out/hostprep.new" "$out/hostprep"
fi
say "${out#"$checkout/"}/hostprep, $(wc -c <"$out/hostprep") bytes"
