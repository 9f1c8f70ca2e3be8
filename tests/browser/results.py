"""Writes result files as hosts send them: results.py NUMBER DIRECTORY"""

import json
import os
import random
import sys

HOSTILE = '"><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
SYSTEMS = [
    ("rocky", "9.4", "5.14.0-427.{}.1.el9_4.x86_64"),
    ("rhel", "8.10", "4.18.0-553.{}.1.el8_10.x86_64"),
    ("debian", "12", "6.1.0-{}-amd64"),
    ("ubuntu", "22.04", "5.15.0-{}-generic"),
    ("sles", "15.5", "5.14.21-150500.55.{}-default"),
]
FAULTS = {
    "kernel": (11, "headers-missing", "critical", "no BTF and no headers", "dnf install -y 'kernel-devel-uname-r = {}'"),
    "selinux-module": (19, "policy-denies", "critical", "the policy denies eBPF to the agent", "hostprep repair"),
    "scan-user": (5, "user-missing", "major", "the user or its group does not exist", "hostprep repair"),
}
STEPS = ["scan-user", "directories", "selinux-tools", "selinux-module", "kernel", "ebpf", "scan-service"]


def result(number, chance):
    """Returns the result of host `number`; each of its parts is drawn by `chance`."""
    system, version, kernel = chance.choice(SYSTEMS)
    kernel = kernel.format(chance.randint(1, 30))
    steps = []
    for name in STEPS:
        fault, reason, severity, title, remedy = FAULTS.get(name, (None,) * 5)
        if fault and chance.random() < 0.08:
            steps.append({
                "name": name, "outcome": "fault", "fault": fault, "faults": [fault], "severity": severity,
                "reason": reason, "title": title, "detail": f"seen with {kernel}", "remedy": [remedy.format(kernel)],
            })
        else:
            outcome = chance.choices(["ok", "unknown", "deferred"], [97, 2, 1])[0]
            steps.append({"name": name, "outcome": outcome, "detail": "as it should be"})
    place = chance.choice(["web", "database", "application", "mail"])
    return {
        "schema": 1, "output": "check", "hostprep": {"version": "0.1.0"}, "time": f"2026-11-{1 + number % 28:02d}T03:15:30Z",
        "host": {
            "id": system, "version": version, "kernel": kernel, "name": f"{place}-{number:05d}.example.com",
            "machine": f"{number:032x}",
        },
        "steps": steps, "faults": [step["fault"] for step in steps if "fault" in step],
    }


def hostile(value):
    """Returns `value` with markup in the place of each text that no program reads."""
    if isinstance(value, dict):
        kept = ("outcome", "output", "time", "worst")
        return {key: inner if key in kept else hostile(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner) for inner in value]
    return HOSTILE if isinstance(value, str) else value


def write(number, directory):
    """Writes `number` results, one with markup in every text, and a file that is none."""
    chance = random.Random(7)
    os.makedirs(directory, exist_ok=True)
    for index in range(number):
        with open(os.path.join(directory, f"{index:05d}.json"), "w", encoding="utf-8") as file:
            json.dump(result(index, chance), file)
    bad = result(number, chance)
    bad["steps"][0] = {"name": "x", "outcome": "fault", "fault": 5, "reason": "x", "detail": "x", "remedy": ["x"]}
    with open(os.path.join(directory, "hostile.json"), "w", encoding="utf-8") as file:
        json.dump(hostile(bad), file)
    with open(os.path.join(directory, "<b>broken.json"), "w", encoding="utf-8") as file:
        file.write("<script>document.title='owned'</script>")


if __name__ == "__main__":
    write(int(sys.argv[1]), sys.argv[2])
