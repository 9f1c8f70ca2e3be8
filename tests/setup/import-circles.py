#!/usr/bin/env python3
"""Lists the files of a crate that import each other in a loop, by their `crate::`, `super::` and `self::` paths.

usage: import-circles.py SRC...

Exits with 1 if there is a circle. Unit tests and the files that only re-export (mod.rs, lib.rs, main.rs) do not count.
"""
import os, re, sys
def modules(src):
    found = {}
    for d, _, fs in os.walk(src):
        for f in fs:
            if not f.endswith('.rs') or f.endswith('_tests.rs') or '/tests' in d: continue
            p = os.path.relpath(os.path.join(d, f), src)[:-3].split('/')
            if p[-1] in ('mod', 'lib', 'main'): p = p[:-1]
            found[tuple(p)] = os.path.join(d, f)
    return found
def expand(text):
    # use a::{b, c::{d, e}} -> each path
    out = []
    def walk(prefix, body):
        depth, cur, parts = 0, '', []
        for c in body:
            if c == '{': depth += 1
            if c == '}': depth -= 1
            if c == ',' and depth == 0: parts.append(cur); cur = ''
            else: cur += c
        parts.append(cur)
        for p in parts:
            p = p.strip()
            if not p: continue
            m = re.match(r'([\w:]*?)(?:::)?\{(.*)\}$', p, re.S)
            if m: walk(prefix + [x for x in m.group(1).split('::') if x], m.group(2))
            else: out.append(prefix + [x for x in re.split(r'\s+as\s+', p)[0].split('::') if x])
    for m in re.finditer(r'\buse\s+([^;]+);', text): walk([], m.group(1))
    rest = re.sub(r'\buse\s+[^;]+;', '', text)
    for m in re.finditer(r'\b((?:crate|super|self)(?:::\w+)+)', rest): out.append(m.group(1).split('::'))
    return out
bad = 0
for src in sys.argv[1:]:
    mods = modules(src); names = {v: k for k, v in mods.items()}; edges = {}
    for mod, path in mods.items():
        text = open(path).read(); text = re.split(r'#\[cfg\(test\)\]\s*(?:#\[path[^\]]*\]\s*)?mod tests', text)[0]; text = re.sub(r'//[^\n]*', '', text)
        is_face = os.path.basename(path) in ('mod.rs', 'lib.rs', 'main.rs')
        for p in expand(text):
            base = list(mod)
            if p[0] == 'crate': base, p = [], p[1:]
            elif p[0] == 'self': p = p[1:]
            elif p[0] == 'super':
                while p and p[0] == 'super': base, p = base[:-1], p[1:]
            else: continue
            full = tuple(base + p); target = None
            for n in range(len(full), -1, -1):
                if full[:n] in mods: target = full[:n]; break
            if target is None or target == mod or is_face or os.path.basename(mods[target]) in ('mod.rs', 'lib.rs', 'main.rs'): continue
            edges.setdefault(mod, set()).add(target)
    index, low, stack, on, n, comps = {}, {}, [], set(), [0], []
    sys.setrecursionlimit(10000)
    def visit(v):
        index[v] = low[v] = n[0]; n[0] += 1; stack.append(v); on.add(v)
        for w in edges.get(v, ()):
            if w not in index: visit(w); low[v] = min(low[v], low[w])
            elif w in on: low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            c = []
            while True:
                w = stack.pop(); on.discard(w); c.append(w)
                if w == v: break
            if len(c) > 1: comps.append(c)
    for v in mods:
        if v not in index: visit(v)
    for c in comps: bad += 1; print(f"{src}: {len(c)} files: {', '.join(sorted('/'.join(x) for x in c))}")
print(f"{bad} circles")
sys.exit(bool(bad))
