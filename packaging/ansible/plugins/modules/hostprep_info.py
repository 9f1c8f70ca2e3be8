#!/usr/bin/python
# Copyright the hostprep developers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import (absolute_import, division, print_function)
__metaclass__ = type

DOCUMENTATION = r'''
---
module: hostprep_info
short_description: Gather what hostprep says about a host
version_added: "0.1.0"
description:
  - Runs C(hostprep check) and C(hostprep status) on the managed host. Changes nothing.
  - Does not fail if hostprep is not installed; RV(installed) says so.
author:
  - hostprep maintainers (!UNKNOWN) <maintainers@hostprep.example>
options:
  gather:
    description:
      - V(check) checks the host now.
      - V(status) reads the raised faults from the fault store.
    type: list
    elements: str
    choices: [check, status]
    default: [check, status]
notes:
  - An ordinary user sees what that user may read. Become root to see everything.
extends_documentation_fragment:
  - hostprep.hostprep.hostprep
  - hostprep.hostprep.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    support: full
    platforms: linux
seealso:
  - module: hostprep.hostprep.hostprep
'''

EXAMPLES = r'''
- name: Ask each host
  hostprep.hostprep.hostprep_info:
  register: hostprep

- name: Show the hosts that have faults
  ansible.builtin.debug:
    var: hostprep.faults
  when: hostprep.faults | default([])
'''

RETURN = r'''
installed:
  description: Whether hostprep is on the host. If not, nothing else is returned.
  returned: success
  type: bool
  sample: true
executable:
  description: The path of hostprep on the host.
  returned: if it is installed
  type: str
  sample: /usr/sbin/hostprep
version:
  description: The version of hostprep.
  returned: if it is installed
  type: str
  sample: 0.2.0
check:
  description: The object that C(hostprep check) printed.
  returned: if O(gather) contains V(check)
  type: dict
  sample: {"schema": 1, "host": {"id": "rhel", "version": "9.6"}, "steps": [], "faults": []}
status:
  description: The object that C(hostprep status) printed.
  returned: if O(gather) contains V(status)
  type: dict
  sample: {"schema": 1, "operational_status": "functional", "sequence": 0, "fault_ids": [], "faults": []}
faults:
  description: The faults that this check found.
  returned: if O(gather) contains V(check)
  type: list
  elements: int
  sample: [5, 11]
pending:
  description: The faults that the kernel of the next boot would bring.
  returned: if O(gather) contains V(check)
  type: list
  elements: int
  sample: []
unknown:
  description: The steps that could not be judged.
  returned: if O(gather) contains V(check)
  type: list
  elements: str
  sample: []
deferred:
  description: The steps that take effect later, or that could not be done.
  returned: if O(gather) contains V(check)
  type: list
  elements: str
  sample: []
worst:
  description: The worst state of the host, one of C(ok), C(deferred), C(unknown), C(fault) and C(failed).
  returned: if O(gather) contains V(check)
  type: str
  sample: fault
raised:
  description: The faults in the fault store.
  returned: if O(gather) contains V(status)
  type: list
  elements: int
  sample: [5, 11]
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hostprep.hostprep.plugins.module_utils.hostprep import (
    ARGUMENT_SPEC, Hostprep, HostprepError, find, sentence, summary)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ARGUMENT_SPEC,
            gather=dict(type='list', elements='str', choices=['check', 'status'], default=['check', 'status']),
        ),
        mutually_exclusive=[('root', 'assume')],
        supports_check_mode=True,
    )
    path = find(module)
    if path is None:
        module.exit_json(changed=False, installed=False, msg='hostprep is not installed on this host')
    hostprep = Hostprep(module, path)
    answer = dict(changed=False, installed=True, executable=path)
    try:
        answer['version'] = hostprep.version()
        if 'check' in module.params['gather']:
            answer['check'] = hostprep.json(['check'] + hostprep.selection())[1]
            found = summary(answer['check'])
            answer.update(found, msg=sentence(found))
        if 'status' in module.params['gather']:
            answer['status'] = hostprep.json(['status'])[1]
            answer['raised'] = list(answer['status']['fault_ids'])
    except HostprepError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**answer)


if __name__ == '__main__':
    main()
