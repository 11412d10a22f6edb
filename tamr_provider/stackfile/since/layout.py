"""Where a stack file's text has each product, told by its lines alone.

To parse a file of 200 products takes a hundred times as long as to read it from git, and a commit
changes one of them. So the text is cut into its products, and only the lines that differ from the
revision read before are looked at. A file that is written in another way than line by line
(anchors, tabs, all products in braces) is not cut but parsed as a whole, by the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADER = re.compile(r"""([A-Za-z0-9_][\w.-]*|"[^"\\]*"|'[^']*')[ ]*:[ ]*(?:[#].*)?""")
_PLAIN_TOP = re.compile(r"(?:[A-Za-z_\"'][^\n]*)?")
_ALIASES = re.compile(r"(?:^|[\s:,\[{-])[&*][^\s,\]}]|<<[\"' ]*:")


@dataclass(frozen=True)
class Layout:
    """A stack file: what stands before, in and after its products, each product by its name.

    `key` is the config's key of the products, `indent` how far their names are indented.
    """

    key: str
    indent: int
    head: str
    blocks: dict[str, str]
    tail: str

    def changed_to(self, text: str, key: str) -> Layout | None:
        """Return the layout of a text that differs in some products, None where more differs."""
        if key != self.key or len(text) < len(self.head) + len(self.tail):
            return None
        if not (text.startswith(self.head) and text.endswith(self.tail)):
            return None
        known = list(self.blocks.items())
        start, first = len(self.head), 0
        end, last = len(text) - len(self.tail), len(known)
        while first < last and text.startswith(known[first][1], start, end):
            start += len(known[first][1])
            first += 1
        while last > first and text.endswith(known[last - 1][1], start, end):
            last -= 1
            end -= len(known[last][1])
        changed = _blocks(text[start:end], self.indent)
        if changed is None:
            return None
        blocks = dict([*known[:first], *changed, *known[last:]])
        if len(blocks) != first + len(changed) + len(known) - last:
            return None
        return Layout(key, self.indent, self.head, blocks, self.tail)


def split(text: str, key: str) -> Layout | None:
    """Return the layout of a text, None where its lines alone do not tell it."""
    place = _section(text, key)
    if place is None:
        return None
    start, end = place
    first = re.search(r"^( *)[^\s#]", text[start:end], re.MULTILINE)
    head, tail = text[:start], text[end:]
    if first is None or not _is_plain(head + tail):
        return None
    start, head = start + first.start(), text[: start + first.start()]
    blocks = _blocks(text[start:end], len(first[1]))
    if blocks is None or len(dict(blocks)) != len(blocks):
        return None
    return Layout(key, len(first[1]), head, dict(blocks), tail)


def _section(text: str, key: str) -> tuple[int, int] | None:
    """Return where the lines of all products begin and end."""
    tops = list(re.finditer(r"^[^\s#].*$", text, re.MULTILINE))
    if not all(_PLAIN_TOP.fullmatch(top[0]) for top in tops):
        return None
    configs = [top for top in tops if re.fullmatch(r"config[ ]*:[ ]*(?:[#].*)?", top[0])]
    if len(configs) != 1:
        return None
    begin = configs[0].end()
    stop = next((top.start() for top in tops if top.start() > begin), len(text))
    child = re.compile(r"^( +)[^\s#]", re.MULTILINE).search(text, begin, stop)
    if child is None:
        return None
    escaped = re.escape(key)
    line = rf"^{child[1]}(?:{escaped}|\"{escaped}\"|'{escaped}')[ ]*:[ ]*(?:[#].*)?$"
    keys = list(re.compile(line, re.MULTILINE).finditer(text, begin, stop))
    if len(keys) != 1:
        return None
    start = min(keys[0].end() + 1, stop)
    after = re.compile(rf"^ {{0,{len(child[1])}}}[^\s#]", re.MULTILINE).search(text, start, stop)
    return start, after.start() if after else stop


def _blocks(section: str, indent: int) -> list[tuple[str, str]] | None:
    """Return the products in some lines, None where these are no products one by one."""
    starts = list(re.finditer(rf"^ {{0,{indent}}}(?=[^\s#])(.*)$", section, re.MULTILINE))
    if section and (not starts or starts[0].start() > 0) and section.strip():
        return None
    ends = [*(header.start() for header in starts[1:]), len(section)]
    blocks = []
    for header, stop in zip(starts, ends, strict=True) if starts else ():
        named = _HEADER.fullmatch(header[1].rstrip())
        block = section[header.start() : stop]
        if header.end() - header.start() != indent + len(header[1]) or named is None:
            return None
        if not _is_plain(block):
            return None
        blocks.append((named[1].strip("\"'"), block))
    return blocks


def _is_plain(text: str) -> bool:
    """Whether a text is YAML of its own, without what refers to other places."""
    if "\t" in text or (("&" in text or "*" in text or "<<" in text) and _ALIASES.search(text)):
        return False
    try:
        for _ in yaml.parse(text, _LOADER):
            pass
    except yaml.YAMLError:
        return False
    return True
