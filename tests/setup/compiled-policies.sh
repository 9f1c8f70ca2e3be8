#!/bin/sh
# Compiles tests/fixtures/policy/compiled/ from small_base.cil: small policies that allow or deny the rule in several ways. They
# are kept as files, because most tests that need one have no compiler. Needs secilc.
set -eu
cd "$(dirname "$0")/../fixtures/policy"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# compile NAME [SED-SCRIPT] [CIL]: small_base.cil, changed by the script, and with these statements at its end.
compile() {
    sed "${2-}" small_base.cil >"$scratch/$1.cil"
    printf '%s\n' "${3-}" >>"$scratch/$1.cil"
    secilc -O -c 30 -o "compiled/$1.policy" -f /dev/null "$scratch/$1.cil"
}

all='(bpf (map_create map_read map_write prog_load prog_run))'
compile denies
compile allows '' "(allow unconfined_service_t self $all)"
compile fallback-allows "s/unconfined_service_t/initrc_t/" "(allow initrc_t self $all)"
compile permissive '' '(typepermissive unconfined_service_t)'
compile no-domain 's/unconfined_service_t/other_t/'
compile no-class-allow '/^(class bpf/d; s/ bpf / /'
compile no-class-deny '/^(class bpf/d; s/ bpf / /; s/(handleunknown allow)/(handleunknown deny)/'
compile no-permission-deny 's/ prog_run//; s/(handleunknown allow)/(handleunknown deny)/' \
    "(allow unconfined_service_t self (bpf (map_create map_read map_write prog_load)))"
compile attribute '' "(allow domain domain $all)"
