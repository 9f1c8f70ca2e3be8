#!/usr/bin/env python3
"""Prints events as JSON lines, also during writes. usage: follow.py STORE [AFTER [--once]]

Those after number AFTER (0: all that are kept), oldest first, then what comes, until it is ended; with --once only what is
there.
"""

import gzip
import json
import os
import re
import sys
import time

SEGMENT = re.compile(r"events-(\d{20})\.jsonl(\.gz)?$")


def known(value):
    """What was written by a version that is known."""
    if value["schema"] != 1:
        raise ValueError("schema %s is not known" % value["schema"])
    return value


def current(store):
    """What events.jsonl is, to know it under another name, and its events."""
    try:
        with open(os.path.join(store, "events.jsonl"), "rb") as file:
            found = os.fstat(file.fileno())
            lines = file.read().split(b"\n")[:-1]  # what follows the last line feed does not count
    except FileNotFoundError:
        return None, []
    events = []
    for number, line in enumerate(lines, 1):
        try:
            events.append(known(json.loads(line.decode())))
        except ValueError as error:
            if number < len(lines) or not isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)):
                raise
            # A last line that is no JSON was never finished.
    return (found.st_dev, found.st_ino), events


def is_current(store, identity):
    try:
        found = os.stat(os.path.join(store, "events.jsonl"))
    except FileNotFoundError:
        return identity is None
    return identity == (found.st_dev, found.st_ino)


def listed(store):
    """The numbers of the closed segments."""
    try:
        return {int(match.group(1)) for match in map(SEGMENT.match, os.listdir(store)) if match}
    except FileNotFoundError:
        return set()


def segment(store, number):
    """The events of one segment; none where it was deleted."""
    path = os.path.join(store, "events-%020d.jsonl" % number)
    # The plain one first: a writer completes the compressed one before it removes the plain one.
    for path, opened in ((path, open), (path + ".gz", gzip.open)):
        try:
            file = opened(path, "rb")
        except FileNotFoundError:
            continue
        with file:
            for line in file:
                yield known(json.loads(line.decode()))
        return


def events_after(store, after=0):
    """The events after number `after` that there are now, each once and in order."""
    while True:
        identity, events = current(store)
        numbers = []
        if events and events[0]["seq"] <= after + 1:
            break  # No segment is needed.
        # Twice, since one listing can pass both names of a segment by that is packed meanwhile.
        numbers = sorted(listed(store) | listed(store))
        if is_current(store, identity):
            break  # Else it was closed meanwhile, and what was closed with it may not be listed.
    # A segment that begins after `after` + 1 makes those before the one that holds it needless.
    older = [number for number in numbers if number <= after + 1]
    for number in numbers[max(len(older) - 1, 0):]:
        for event in segment(store, number):
            if event["seq"] > after:
                after = event["seq"]
                yield event
    for event in events:
        if event["seq"] > after:
            after = event["seq"]
            yield event


def sequence(store):
    """The number of the last event that faults.json knows; 0 where there is none."""
    try:
        with open(os.path.join(store, "faults.json"), "rb") as file:
            return known(json.load(file))["sequence"]
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    last = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seen = 0
    while True:
        # A recreated store counts from the beginning.
        now = sequence(sys.argv[1])
        if now < seen:
            last = 0
        seen = now
        for event in events_after(sys.argv[1], last):
            last = event["seq"]
            print(json.dumps(event), flush=True)
        if "--once" in sys.argv:
            break
        time.sleep(1)
