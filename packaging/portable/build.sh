#!/bin/sh
# Builds target/portable/hostprep: one binary for glibc 2.17 and later with any libselinux. README.md here says how.
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

case $(uname -m) in
    x86_64 | aarch64) target=$(uname -m)-unknown-linux-gnu ;;
    *) fail "x86_64 and aarch64 are built, not $(uname -m)" ;;
esac

mkdir -p "$work/lib"
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

tools=$("$sources/auditable.sh")

sed 's/.*/void &(void) {}/' "$sources/libselinux-2.5-functions.txt" >"$work/lib/stub.c"
cc -shared -fPIC -nostdlib -Wl,-soname,libselinux.so.1 -Wl,--build-id=none -o "$work/lib/new" "$work/lib/stub.c"
# One that is the same stays, since cargo goes by its time.
cmp -s "$work/lib/new" "$work/lib/libselinux.so" || mv "$work/lib/new" "$work/lib/libselinux.so"

# The registry's directories have to be there before they can be named.
say "fetching crates"
cargo fetch --quiet --locked --target "$target"

cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
separator=$(printf '\037')
flags=--remap-path-prefix=$checkout=/hostprep
remap() {
    flags=$flags$separator--remap-path-prefix=$1=$2
}
remap "$sysroot" /rust
for directory in "$cargo_home"/registry/src/*; do
    remap "$directory" /crates
done

say "building for $target with glibc $glibc"
PATH=$tools:$work/venv/bin:$PATH \
    CARGO_ENCODED_RUSTFLAGS=$flags \
    CARGO_ZIGBUILD_ZIG_PATH=$zig \
    CARGO_ZIGBUILD_CACHE_DIR=$work/zigbuild \
    ZIG_GLOBAL_CACHE_DIR=$work/zig \
    ZIG_LOCAL_CACHE_DIR=$work/zig \
    SELINUX_LIB_DIR=$work/lib \
    CARGO=$sources/cargo-by-name.sh \
    "$tools/cargo-auditable" auditable zigbuild --release --locked --package hostprep --bin hostprep \
    --target "$target.$glibc" --target-dir "$work/cargo" --config "$sources/cargo-config.toml"

built=$work/cargo/$target/release/hostprep
"$sources/verify.sh" "$built" "$glibc" "$checkout" "$cargo_home" "$sysroot"
# For the statement of where it comes from.
rustc -vV >"$work/hostprep.rustc"
if ! cmp -s "$built" "$work/hostprep"; then
    install -m 755 "$built" "$work/hostprep.new"
    mv "$work/hostprep.new" "$work/hostprep"
fi
say "target/portable/hostprep, $(wc -c <"$work/hostprep") bytes"
