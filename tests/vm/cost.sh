#!/bin/sh
# Prints what hostprep's unit costs on this booted host, where there is nothing to do, beside the same sandbox around other
# programs, and what this machine takes for known work. Needs root, and hostprep's package.
# usage: cost.sh [RUNS]
set -eu

runs=${1:-5}
units=/run/systemd/system
trap 'rm -f "$units"/hostprep-cost-*.service; systemctl daemon-reload' EXIT

# unit NAME COMMAND: the daily unit, which has the boot unit's sandbox, around another command.
unit() {
    mkdir -p "$units"
    sed -e "s|^ExecStart=.*|ExecStart=$2|" -e '/^Before=/d' /usr/lib/systemd/system/hostprep-daily.service >"$units/hostprep-cost-$1.service"
}

# milliseconds NANOSECONDS
milliseconds() {
    awk -v "n=$1" 'BEGIN { printf "%.1f", n / 1e6 }'
}

# cost UNIT: the least CPU time of some runs, in nanoseconds.
cost() {
    for _ in $(seq "$runs"); do
        systemctl start "$1.service"
        systemctl show "$1.service" -p CPUUsageNSec --value
    done | sort -n | head -n 1
}

# times_of COMMAND…: the least user and system time of some runs, in seconds.
times_of() {
    for _ in $(seq "$runs"); do
        # shellcheck disable=SC2016 # of the inner shell
        sh -c '"$@" >/dev/null 2>&1 </dev/null; times' sh "$@" | awk 'NR == 2 {
            split($1, user, "[ms]"); split($2, system_time, "[ms]")
            printf "%.3f %.3f\n", user[1] * 60 + user[2], system_time[1] * 60 + system_time[2] }'
    done | sort -n | head -n 1
}

unit true /bin/true
unit version "/usr/sbin/hostprep --version"
systemctl daemon-reload
echo "unit: hostprep repair --source timer: $(milliseconds "$(cost hostprep-daily)") ms of CPU"
echo "the same sandbox: hostprep --version: $(milliseconds "$(cost hostprep-cost-version)") ms of CPU"
echo "the same sandbox: /bin/true: $(milliseconds "$(cost hostprep-cost-true)") ms of CPU"
echo "without a sandbox: hostprep repair --source timer: $(times_of hostprep repair --source timer) s (user, system)"
echo "without a sandbox: /bin/true: $(times_of /bin/true) s (user, system)"
# Known work: computing, and going into the kernel.
echo "sha256sum of 32 MiB: $(times_of sh -c 'head -c 33554432 /dev/zero | sha256sum') s (user, system)"
echo "dd of 100000 bytes, one by one: $(times_of dd if=/dev/zero of=/dev/null bs=1 count=100000) s (user, system)"
systemd-analyze 2>/dev/null || :
systemd-analyze --no-pager critical-chain multi-user.target 2>/dev/null || :
