# Copyright the hostprep developers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import (absolute_import, division, print_function)
__metaclass__ = type


class ModuleDocFragment(object):

    DOCUMENTATION = r'''
options:
  executable:
    description:
      - The program C(hostprep) on the managed host.
      - Without it, C(PATH) is searched, then C(/opt/cisco/hostprep/bin).
    type: path
  root:
    description: Work on the system installed in this directory of the managed host instead of the running one.
    type: path
  profile:
    description: Use the agent profile in this file of the managed host instead of the built-in one.
    type: path
  assume:
    description: Judge the running system as this kind instead of detecting it. Not together with O(root).
    type: str
    choices: [host, offline, container]
  lang:
    description: Language of fault texts.
    type: str
    choices: [en, ja, ko, zh-TW]
    default: en
  only:
    description:
      - Only these steps, for instance V(scan-user) or V(directories).
      - An empty list means all steps that the configuration of the host does not skip.
    type: list
    elements: str
    default: []
  kernel:
    description: Judge this installed kernel instead of the running one. With O(root), the default is the newest.
    type: str
requirements:
  - hostprep on the managed host
'''
