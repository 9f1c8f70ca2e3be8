#!/usr/bin/python
# Copyright the hostprep developers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import (absolute_import, division, print_function)
__metaclass__ = type

DOCUMENTATION = r'''
---
module: hostprep
short_description: Check, repair or undo the preparation of a host for the Cisco Secure Endpoint connector
version_added: "0.1.0"
description:
  - Runs C(hostprep check), C(hostprep repair) or C(hostprep remove) on the managed host and returns its result.
  - In check mode, the result is that of the dry run, and the predicted changes are in RV(plan).
  - Problems that hostprep finds do not fail the task, unless O(fail_on) names them. If hostprep itself fails, the task fails.
  - The task is C(changed) if, and only if, the host was changed. That hostprep records faults, its log and its receipt does not
    count as a change.
author:
  - hostprep maintainers (!UNKNOWN) <maintainers@hostprep.example>
options:
  state:
    description:
      - V(checked) reports problems and changes nothing.
      - V(repaired) fixes what can be fixed, and raises or clears faults.
      - V(removed) undoes what hostprep created, and nothing else. It does not remove the program.
    type: str
    choices: [checked, repaired, removed]
    default: repaired
  force:
    description: With O(state=repaired), also run a policy transaction that failed before and would fail again.
    type: bool
    default: false
  fail_on:
    description:
      - Fail the task if the result contains one of these.
      - V(fault) is a fault that was found and is not fixed, V(pending) one that comes with the next boot.
      - V(unknown) is a step that could not be judged, V(deferred) one that takes effect later or could not be done.
      - In check mode, V(fault) counts only faults of steps for which no change is planned.
      - Not with O(state=removed).
    type: list
    elements: str
    choices: [fault, pending, unknown, deferred]
    default: []
notes:
  - O(state=repaired) and O(state=removed) need root, except in check mode.
  - The dry run shows every command and file change that hostprep knows in advance. A step that depends on a result may follow,
    for instance C(groupadd) if C(useradd) creates no group.
extends_documentation_fragment:
  - hostprep.hostprep.hostprep
  - hostprep.hostprep.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    support: full
    platforms: linux
seealso:
  - module: hostprep.hostprep.hostprep_info
'''

EXAMPLES = r'''
- name: Fix what can be fixed
  hostprep.hostprep.hostprep:
    state: repaired

- name: Report problems, and fail where there is a fault
  hostprep.hostprep.hostprep:
    state: checked
    fail_on: [fault]

- name: Prepare a mounted image
  hostprep.hostprep.hostprep:
    root: /mnt/image

- name: Correct only the directories
  hostprep.hostprep.hostprep:
    only: [directories]

- name: Undo everything before the package is removed
  hostprep.hostprep.hostprep:
    state: removed
'''

RETURN = r'''
result:
  description: The object that C(hostprep check) or C(hostprep repair) printed. Its format is described in hostprep's README.
  returned: O(state=checked) or O(state=repaired)
  type: dict
  sample: {"schema": 1, "host": {"id": "rhel", "version": "9.6"}, "steps": [], "faults": []}
plan:
  description:
    - The changes that were made; in check mode, and with O(state=checked), those that O(state=repaired) would make.
    - A line is a command for a shell, or a note in the form of a comment.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: The step; empty with O(state=removed).
      type: str
    change:
      description: One line.
      type: str
  sample: [{"step": "directories", "change": "chmod 0755 /opt/cisco"}]
faults:
  description: The faults that were found and are not fixed.
  returned: O(state=checked) or O(state=repaired)
  type: list
  elements: int
  sample: [11]
pending:
  description: The faults that the kernel of the next boot would bring.
  returned: O(state=checked) or O(state=repaired)
  type: list
  elements: int
  sample: []
unknown:
  description: The steps that could not be judged.
  returned: O(state=checked) or O(state=repaired)
  type: list
  elements: str
  sample: ["kernel-support"]
deferred:
  description: The steps that take effect later, or that could not be done.
  returned: O(state=checked) or O(state=repaired)
  type: list
  elements: str
  sample: []
worst:
  description: The worst state of the host, one of C(ok), C(deferred), C(unknown), C(fault) and C(failed).
  returned: O(state=checked) or O(state=repaired)
  type: str
  sample: fault
version:
  description: The version of hostprep.
  returned: success
  type: str
  sample: 0.2.0
msg:
  description: What was found, in one line.
  returned: always
  type: str
  sample: "faults: 11"
'''

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hostprep.hostprep.plugins.module_utils.hostprep import (
    ARGUMENT_SPEC, Hostprep, HostprepError, changes, find, sentence, summary)


def diff_of(plan):
    """Returns the changes as Ansible shows a difference, or None if there is none."""
    lines = []
    step = None
    for change in plan:
        if change['step'] != step:
            step = change['step']
            lines.append(step + ':')
        lines.append('+ ' + change['change'])
    return dict(prepared='\n'.join(lines) + '\n') if lines else None


def undone(hostprep, check_mode):
    """Runs `hostprep remove`; returns the changes."""
    label = 'would run: ' if check_mode else 'done: '
    options = ['--dry-run'] if check_mode else []
    out = hostprep.run(['remove'] + options, good=(0,))[1]
    return [dict(step='', change=line[len(label):]) for line in out.splitlines() if line.startswith(label)]


def problems(found, result, check_mode):
    """Returns which kinds of problems a result has. What a dry run plans to fix is none."""
    kinds = set(kind for kind in ('pending', 'unknown', 'deferred') if found[kind])
    if check_mode:
        faults = [step for step in result['steps'] if step.get('faults') and step['outcome'] != 'planned']
    else:
        faults = found['faults']
    if faults:
        kinds.add('fault')
    return kinds


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ARGUMENT_SPEC,
            state=dict(type='str', choices=['checked', 'repaired', 'removed'], default='repaired'),
            force=dict(type='bool', default=False),
            fail_on=dict(type='list', elements='str', choices=['fault', 'pending', 'unknown', 'deferred'], default=[]),
        ),
        mutually_exclusive=[('root', 'assume')],
        supports_check_mode=True,
    )
    state = module.params['state']
    path = find(module)
    if path is None:
        module.fail_json(msg='hostprep is not installed on this host (looked for: %s); the role hostprep.hostprep.hostprep '
                             'installs it' % (module.params['executable'] or 'PATH, /opt/cisco/hostprep/bin'))
    if state == 'removed':
        for option in ('only', 'kernel', 'force', 'fail_on'):
            if module.params[option]:
                module.fail_json(msg='"%s" is not for state=removed; leave it out' % option)
    hostprep = Hostprep(module, path)
    answer = dict(changed=False)
    try:
        answer['version'] = hostprep.version()
        if state == 'removed':
            plan = undone(hostprep, module.check_mode)
            found = None
        else:
            command = ['check']
            if state == 'repaired':
                command = ['repair'] + (['--force'] if module.params['force'] else [])
                command += ['--dry-run'] if module.check_mode else []
            if state == 'repaired' and module.check_mode and os.geteuid() == 0:
                # The dry run does not read the fault store, and repair stops where it cannot be read.
                hostprep.json(['status'])
            result = hostprep.json(command + hostprep.selection())[1]
            plan = changes(result)
            found = summary(result)
            answer.update(found, result=result)
    except HostprepError as error:
        module.fail_json(msg=str(error), **error.details)
    answer['plan'] = plan
    if state != 'checked':
        answer['changed'] = bool(plan)
        diff = diff_of(plan)
        if diff is not None and module._diff:
            answer['diff'] = diff
    if found is None:
        answer['msg'] = 'nothing to undo' if not plan else '%d changes' % len(plan)
    else:
        answer['msg'] = sentence(found)
        asked = problems(found, result, module.check_mode and state == 'repaired').intersection(module.params['fail_on'])
        if asked:
            module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == '__main__':
    main()
