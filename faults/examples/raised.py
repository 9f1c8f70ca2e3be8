#!/usr/bin/env python3
"""Prints which faults are raised, as faults.json has them, also during writes. usage: raised.py [STORE]"""

import json
import os
import sys

import follow


def raised(store):
    """The faults that are raised, and the number of the last event that made it so."""
    # The events before the state, so that the state knows all of them but the last.
    events = follow.current(store)[1]
    state = {"schema": 1, "sequence": 0, "faults": []}
    try:
        with open(os.path.join(store, "faults.json"), "rb") as file:
            state = follow.known(json.loads(file.read().decode()))
    except FileNotFoundError:
        pass
    if not events or events[0]["seq"] > state["sequence"] + 1:
        # Between the state and the first event others are missing: the state is lost, or an old one was put back.
        events = follow.events_after(store, state["sequence"])
    faults = {fault["id"]: fault for fault in state["faults"]}
    sequence = state["sequence"]
    for event in events:
        if event["seq"] <= sequence:
            continue
        sequence = event["seq"]
        before = faults.pop(event["fault"], None)
        if event["event"] != "cleared":
            fault = {"id": event["fault"], "updated_at": event["time"]}
            fault["raised_at"] = before["raised_at"] if before else event["time"]
            for key in ("severity", "reason", "detail", "remedy", "remedies", "source", "boot_id"):
                if key in event:
                    fault[key] = event[key]
            faults[event["fault"]] = fault
    return {"sequence": sequence, "faults": [faults[number] for number in sorted(faults)]}


if __name__ == "__main__":
    print(json.dumps(raised(sys.argv[1] if len(sys.argv) > 1 else "/var/lib/cisco/faults"), indent=2))
