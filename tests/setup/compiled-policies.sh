#!/bin/sh
# Compiles tests/fixtures/policy/compiled/ from small_base.cil: small policies that allow or deny the rule in several ways; and
# the first inputs of the fuzz target policydb from that crate's own small policy. They are kept as files, because most tests
# that need one have no compiler. Needs secilc.
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

# seed VERSION MLS HANDLING: policydb's small policy, with what this version of the format has.
seed() {
    awk -v version="$1" '
        !/^;;/ { print; next }
        { since = substr($1, 3) }
        since + 0 > 0 && version + 0 >= since + 0 { sub(/^;;[0-9]+ /, ""); print }
    ' ../../../policy/policydb/tests/micro/policy.cil |
        sed "s/(mls MLS)/(mls $2)/; s/HANDLING/$3/" >"$scratch/seed.cil"
    # -N: one of its types exceeds its bounds.
    secilc -N -O -c "$1" -o "../../fuzz/corpus/policydb/version-$1-mls-$2" -f /dev/null "$scratch/seed.cil"
}

mkdir -p ../../fuzz/corpus/policydb
seed 24 false deny
seed 24 true deny
seed 26 false allow
seed 29 true reject
seed 30 true allow
seed 31 false deny
seed 33 false allow
seed 33 true deny
