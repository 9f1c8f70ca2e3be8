#!/bin/sh
# The C compiler for another architecture, as the build scripts of crates call it: zig's, for $CROSS_TARGET.
# selinux-sys asks a compiler where it looks, in words that zig cc does not know. It is told by variables where to look.
case " $* " in
    *' -print-search-dirs '*) echo 'libraries: =' ;;
    *' -E -v '*) ;;
    *) exec cargo-zigbuild zig cc -- -target "$CROSS_TARGET" "$@" ;;
esac
