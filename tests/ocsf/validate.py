#!/usr/bin/env python3
"""Validates objects of class 2003 (Compliance Finding), one a line on standard input, with the whole schema of OCSF.

usage: hostprep check --format ocsf | validate.py SCHEMA.json

SCHEMA.json is what ocsf-lib's compiler writes. Judged are the attributes that an object may and must have, their types, the
values of enumerations, and the captions that go with them. Prints each problem once. Ends with 1 if there is one, or no object.
"""

import json
import re
import sys

TYPES = {'string_t': str, 'integer_t': int, 'long_t': int, 'boolean_t': bool, 'float_t': (int, float)}


class Validator:
    """What an object is compared with, and the problems that were found."""

    def __init__(self, schema):
        self.classes, self.objects, self.types = schema['classes'], schema['objects'], schema['types']
        self.problems, self.values = [], 0

    def wrong(self, *words):
        line = ' '.join(str(word) for word in words)
        if line not in self.problems:
            self.problems.append(line)

    def finding(self, value):
        profiles = value.get('metadata', {}).get('profiles', ())
        self.object(value, self.classes['compliance_finding']['attributes'], '$', profiles)

    def object(self, value, attributes, path, profiles=()):
        if not isinstance(value, dict):
            return self.wrong(path, 'is not an object')
        for key, attribute in attributes.items():
            # An attribute of a profile is required where the object names the profile.
            applies = not attribute.get('profile') or attribute['profile'] in profiles
            if attribute.get('requirement') == 'required' and applies and key not in value:
                self.wrong(path, 'lacks', key)
        for key, found in value.items():
            if key not in attributes:
                self.wrong(path, 'has an unknown attribute', key)
                continue
            attribute = attributes[key]
            if attribute.get('@deprecated'):
                self.wrong(path, 'has a deprecated attribute', key)
            self.attribute(found, attribute, f'{path}.{key}')
            caption = (attribute.get('enum') or {}).get(str(found), {}).get('caption')
            named = value.get(attribute.get('sibling'))
            if caption and named is not None and named != caption:
                self.wrong(f'{path}.{key}', found, 'is called', caption, 'and not', named)

    def attribute(self, value, attribute, path):
        self.values += 1
        if attribute.get('is_array'):
            if not isinstance(value, list):
                return self.wrong(path, 'is not an array')
            for item in value:
                self.attribute(item, {**attribute, 'is_array': False}, f'{path}[]')
            return None
        kind = attribute.get('type')
        name = attribute.get('object_type') or (kind if kind in self.objects else None)
        if name:
            return None if name == 'object' else self.object(value, self.objects[name]['attributes'], path)
        described = self.types.get(kind, {})
        basic = kind
        while self.types.get(basic, {}).get('type'):
            basic = self.types[basic]['type']
        is_right = isinstance(value, TYPES.get(basic, object)) and (basic == 'boolean_t') == isinstance(value, bool)
        if basic in TYPES and not is_right:
            return self.wrong(path, 'is no', kind)
        if attribute.get('enum') and str(value) not in attribute['enum']:
            self.wrong(path, 'is none of', ', '.join(attribute['enum']) + ':', value)
        if basic == 'string_t' and described.get('regex') and not re.search(described['regex'], value):
            self.wrong(path, 'does not match', described['regex'])
        return None


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        validator = Validator(json.load(file))
    objects = 0
    for line in sys.stdin:
        objects += 1
        validator.finding(json.loads(line))
    for problem in validator.problems:
        print(f'validate: {problem}', file=sys.stderr)
    print(f'validate: {objects} objects, {validator.values} values, {len(validator.problems)} problems')
    return 1 if validator.problems or not objects else 0


if __name__ == '__main__':
    sys.exit(main())
