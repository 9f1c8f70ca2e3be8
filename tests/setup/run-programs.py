#!/usr/bin/env python3
"""Runs test programs, several at once and the longest first.

usage: cargo test --no-run --message-format=json-render-diagnostics >LIST; run-programs.py [--at-once N] [--output DIRECTORY]
    [--grace SECONDS] <LIST

cargo runs one program after the other, and many tests wait: for a lock, for a signal, for a disk. Reads from standard input which
programs cargo built, starts each as cargo would, and prints what a failed one printed. All of it is in DIRECTORY/NAME.txt. At the
end comes a table: the seconds that each took, and the seconds of a processor. Ends with 1 if one failed.

SIGTERM, SIGINT and SIGHUP go to all programs and to what they have started. What is there after some seconds is killed. Ends with
128 and the signal's number then.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PROC = pathlib.Path('/proc')
# For a program of which neither an earlier run nor tests/README.md knows how long it takes.
USUAL_SECONDS = 3.0


class Program:
    """A test program, and how its run went."""

    def __init__(self, message):
        self.path = message['executable']
        self.folder = pathlib.Path(message['manifest_path']).parent
        kind, name = message['target']['kind'][0], message['target']['name']
        package = os.path.relpath(self.folder, TOP)
        # As `cargo test` selects it.
        self.name = name if (package, kind) == ('tests', 'test') else f'{package}-{name}-{kind}'.replace('/', '-')
        self.status = self.seconds = self.processor = None

    def run(self, output, running):
        """Runs it to its end; what it prints goes to the file `output`."""
        environment = os.environ | {'CARGO_MANIFEST_DIR': str(self.folder)}
        start = time.monotonic()
        with open(output, 'wb') as file:
            with running.lock:
                # A session of its own: whatever it starts can be found and ended with it.
                process = subprocess.Popen([self.path], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                           stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
                running.sessions[self.name] = process.pid
            # With what all processes used that were waited for.
            _, status, used = os.wait4(process.pid, 0)
            del running.sessions[self.name]
        process.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - start
        self.processor = used.ru_utime + used.ru_stime


def parents_first(parents):
    """The processes in `parents`, which maps each to its parent, sorted so that every parent comes before its children.

    Process numbers wrap around, so they give no order. If its child dies first, a shell may end before its own signal arrives, and
    then its trap does not run.
    """
    def ancestors(process):
        seen = set()
        # Numbers may be reused while /proc is read: such a circle must end.
        while process in parents and process not in seen:
            seen.add(process)
            process = parents[process]
        return len(seen)

    return sorted(parents, key=ancestors)


class Running:
    """The programs that run: their names, and their sessions, whose number is that of their first process."""

    def __init__(self):
        self.sessions = {}
        # Held while one is started.
        self.lock = threading.Lock()

    def names(self):
        return sorted(list(self.sessions))

    @staticmethod
    def processes(sessions):
        """The processes of these sessions, also those in a process group of their own, parents first."""
        found = {}
        for entry in PROC.glob('[0-9]*/stat'):
            try:
                # PID (NAME) STATE PARENT GROUP SESSION
                state, parent, _, session = entry.read_text(errors='replace').rpartition(')')[2].split()[:4]
            except (OSError, ValueError):
                continue
            if int(session) in sessions and state not in 'ZX':
                found[int(entry.parent.name)] = int(parent)
        return parents_first(found)

    def end(self, number, grace):
        """Sends a signal to all, and kills what is there after `grace` seconds."""
        # Not given back: nothing starts any more.
        self.lock.acquire()
        sessions = set(self.sessions.values())
        for word, seconds in [(number, grace), (signal.SIGKILL, 10)]:
            limit, told = time.monotonic() + seconds, set()
            # Once each, and also those that one of them has just started.
            while (processes := self.processes(sessions)) and time.monotonic() < limit:
                for process in [process for process in processes if process not in told]:
                    told.add(process)
                    try:
                        os.kill(process, word)
                    except ProcessLookupError:
                        pass
                time.sleep(0.02)


def programs(messages):
    """The test programs among the messages of cargo."""
    found, is_built = [], False
    for line in messages:
        message = json.loads(line)
        if message['reason'] == 'build-finished':
            is_built = message['success']
        elif message['reason'] == 'compiler-artifact' and message['profile']['test'] and message['executable']:
            found.append(Program(message))
    if not is_built or not found:
        sys.exit('run-programs: cargo failed, or built no test program')
    return found


def seconds_by_name(kept):
    """How long each takes, by the last run on this machine or else by the table in tests/README.md."""
    rows = re.findall(r'^\| `(\w+)` \|.*\| <? ?([0-9.]+) \|$', (TOP / 'tests/README.md').read_text(), re.MULTILINE)
    known = {name: float(minutes) * 60 for name, minutes in rows}
    try:
        known |= json.loads(kept.read_text())
    except (OSError, ValueError):
        pass
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--at-once', type=int, default=os.cpu_count() + 1, metavar='N',
                        help='how many programs run at once; default: one more than there are processors')
    parser.add_argument('--output', type=pathlib.Path, default=TOP / 'target/test-output', metavar='DIRECTORY')
    parser.add_argument('--grace', type=float, default=10, metavar='SECONDS',
                        help='how long programs have to end after a signal; default: 10')
    arguments = parser.parse_args()
    os.environ.setdefault('CARGO', shutil.which('cargo') or 'cargo')
    arguments.output.mkdir(parents=True, exist_ok=True)
    kept = arguments.output / 'seconds.json'

    known = seconds_by_name(kept)
    todo = sorted(programs(sys.stdin), key=lambda program: -known.get(program.name, USUAL_SECONDS))

    running, ended, lock = Running(), [], threading.Lock()
    signals = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]

    def stop(number, _):
        for other in signals:
            signal.signal(other, signal.SIG_IGN)
        print(f'run-programs: {signal.Signals(number).name}; ending {", ".join(running.names())}', file=sys.stderr, flush=True)
        running.end(number, arguments.grace)
        os._exit(128 + number)

    for number in signals:
        signal.signal(number, stop)

    def play(program):
        output = arguments.output / f'{program.name}.txt'
        program.run(output, running)
        with lock:
            ended.append(program)
            word = 'ok    ' if program.status == 0 else 'FAILED'
            others = ', '.join(running.names()) or 'none'
            print(f'{len(ended):3}/{len(todo)} {word} {program.name}, {program.seconds:.0f} s; running: {others}', flush=True)
            if program.status != 0:
                sys.stdout.flush()
                sys.stdout.buffer.write(output.read_bytes())
                print(f'==== {program.name} ended with {program.status}; what it printed is in {output}', flush=True)

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.at_once) as pool:
        played = [pool.submit(play, program) for program in todo]
        # Not without a limit: a signal that comes just before such a wait begins is not handled until the next one.
        while concurrent.futures.wait(played, timeout=0.2).not_done:
            pass
        for done in played:
            done.result()
    known |= {program.name: round(program.seconds, 1) for program in ended}
    kept.write_text(json.dumps(known, indent=1, sort_keys=True))

    print('\n| program | seconds | of a processor |\n|---|---|---|')
    for program in sorted(ended, key=lambda program: -program.seconds):
        if program.seconds >= 1 or program.status != 0:
            print(f'| `{program.name}` | {program.seconds:.0f} | {program.processor:.0f} |')
    processor = sum(program.processor for program in ended)
    print(f'| all {len(ended)} | {time.monotonic() - start:.0f} | {processor:.0f} |')
    failed = [program.name for program in ended if program.status != 0]
    if failed:
        sys.exit(f'run-programs: {len(failed)} of {len(ended)} failed: {", ".join(failed)}')


if __name__ == '__main__':
    main()
