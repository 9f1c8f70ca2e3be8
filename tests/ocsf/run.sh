#!/bin/sh
# Validates what `check --format ocsf` prints in the suite `formats` with the whole schema of OCSF, compiled by OCSF's own compiler.
# usage: run.sh DIRECTORY    a checkout of OCSF's schema, release 1.4.0
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$top/target/ocsf
schema=${1:-}
if ! grep -q '"version": *"1\.4\.0' "$schema/version.json" 2>/dev/null; then
    echo "ocsf: no schema of 1.4.0 in '$schema'; say where a checkout of OCSF's schema, release 1.4.0, is: make ocsf SCHEMA=DIRECTORY" >&2
    exit 2
fi
mkdir -p "$place"
[ -x "$place/venv/bin/python" ] || python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check ocsf-lib==0.10.4
"$place/venv/bin/python" -m ocsf.compile "$schema" >"$place/schema.json"
HOSTPREP_OCSF_SCHEMA=$place/schema.json
export HOSTPREP_OCSF_SCHEMA
cd "$top"
exec cargo test --package hostprep-tests --test formats --locked -- --nocapture a_siem_gets_a_compliance_finding_for_each_step
