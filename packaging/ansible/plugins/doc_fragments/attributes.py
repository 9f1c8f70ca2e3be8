# Copyright the hostprep developers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import (absolute_import, division, print_function)
__metaclass__ = type


class ModuleDocFragment(object):

    DOCUMENTATION = r'''
options: {}
attributes:
  check_mode:
    description: Can run in check mode and return the status prediction without modifying the host.
  diff_mode:
    description: Returns what has changed, or would change, when in diff mode.
  platform:
    description: Systems the module runs on.
'''
