# Copyright the hostprep developers
# SPDX-License-Identifier: MIT OR Apache-2.0

"""Running hostprep and reading its results: what both modules share. Python 3.6 and later."""

from __future__ import (absolute_import, division, print_function)
__metaclass__ = type

import json

# Where the packages and a manual installation put it, if it is not in PATH.
OPT_DIRS = ['/opt/cisco/hostprep/bin']

# The format of JSON that this collection reads.
SCHEMA = 1

# Exit codes of a run that ended as it should: no problem, faults, something else to be done.
GOOD_EXIT_CODES = (0, 3, 4)

ARGUMENT_SPEC = dict(
    executable=dict(type='path'),
    root=dict(type='path'),
    profile=dict(type='path'),
    assume=dict(type='str', choices=['host', 'offline', 'container']),
    lang=dict(type='str', choices=['en', 'ja', 'ko', 'zh-TW'], default='en'),
    only=dict(type='list', elements='str', default=[]),
    kernel=dict(type='str'),
)


class HostprepError(Exception):
    """hostprep did not do what it was asked to."""

    def __init__(self, message, **details):
        super(HostprepError, self).__init__(message)
        self.details = details


def find(module):
    """Returns the path of hostprep on the managed host, or None."""
    if module.params['executable']:
        return module.get_bin_path(module.params['executable'])
    return module.get_bin_path('hostprep', opt_dirs=OPT_DIRS)


class Hostprep(object):
    """hostprep on the managed host, with the options that all of its commands take."""

    def __init__(self, module, path):
        self.module = module
        self.path = path

    def run(self, command, good=GOOD_EXIT_CODES):
        """Runs a command; returns exit code, standard output and standard error. Fails if hostprep does."""
        argv = [self.path] + command + ['--lang', self.module.params['lang']]
        for option in ('root', 'profile', 'assume'):
            if self.module.params[option]:
                argv += ['--' + option, self.module.params[option]]
        code, out, err = self.module.run_command(argv, environ_update={'LC_ALL': 'C.UTF-8', 'NO_COLOR': '1'})
        if code not in good:
            said = err.strip() or out.strip() or 'it printed nothing'
            raise HostprepError('hostprep %s failed: %s' % (command[0], said), rc=code, cmd=argv, stdout=out, stderr=err)
        return code, out, err

    def json(self, command):
        """Runs a command that prints one JSON object; returns exit code and object."""
        code, out, err = self.run(command + ['--format', 'json'])
        try:
            result = json.loads(out)
        except ValueError as error:
            raise HostprepError('hostprep %s printed no JSON: %s' % (command[0], error), rc=code, stdout=out, stderr=err)
        if not isinstance(result, dict) or result.get('schema') != SCHEMA:
            schema = result.get('schema') if isinstance(result, dict) else None
            raise HostprepError('hostprep %s printed schema %s and this collection reads schema %s; '
                                'update the collection' % (command[0], schema, SCHEMA), rc=code, stdout=out)
        return code, result

    def version(self):
        """Returns the version of hostprep."""
        code, out, err = self.module.run_command([self.path, '--version'])
        words = out.split()
        if code != 0 or len(words) != 2:
            raise HostprepError('%s --version does not name a version' % self.path, rc=code, stdout=out, stderr=err)
        return words[1]

    def selection(self):
        """Returns the options of the commands that run steps."""
        options = []
        for step in self.module.params['only']:
            options += ['--only', step]
        if self.module.params['kernel']:
            options += ['--kernel', self.module.params['kernel']]
        return options


def changes(result):
    """Returns the changes of all steps in their order: planned ones of a dry run, made ones of a repair."""
    return [dict(step=step['name'], change=change) for step in result['steps'] for change in step.get('plan', [])]


def pending(result):
    """Returns the faults that the next boot would raise."""
    return list(result.get('next_boot', {}).get('fault_ids', []))


def summary(result):
    """Returns what a playbook mostly asks of a result: faults, pending faults, unsettled steps, the worst state."""
    outcomes = dict((step['name'], step['outcome']) for step in result['steps'])
    names = dict(
        unknown=sorted(name for name, outcome in outcomes.items() if outcome == 'unknown'),
        deferred=sorted(name for name, outcome in outcomes.items() if outcome == 'deferred'),
    )
    worst = result.get('worst')
    if worst is None:
        # hostprep 0.1.0 does not say it.
        if result['faults']:
            worst = 'fault'
        elif names['unknown']:
            worst = 'unknown'
        elif names['deferred'] or 'planned' in outcomes.values() or pending(result):
            worst = 'deferred'
        else:
            worst = 'ok'
    return dict(names, faults=list(result['faults']), pending=pending(result), worst=worst)


def sentence(found):
    """Returns a summary in one line."""
    parts = []
    if found['faults']:
        parts.append('faults: ' + ', '.join(str(fault) for fault in found['faults']))
    if found['pending']:
        parts.append('pending faults: ' + ', '.join(str(fault) for fault in found['pending']))
    for key in ('unknown', 'deferred'):
        if found[key]:
            parts.append('%s: %s' % (key, ', '.join(found[key])))
    return '; '.join(parts) or 'no problem'
