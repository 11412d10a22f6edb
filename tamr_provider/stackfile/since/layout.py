"""The lines of each product in a stack file's text.

Parsing a file of 200 products takes a hundred times as long as reading it from git, and a commit
changes one of them. So the text is split into products, and only lines that differ from the
previous revision are parsed. The caller parses a file with anchors, tabs or products in braces as
a whole.
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
    """The text of a stack file before, in and after its products, which are in `blocks` by name.

    `key` is the config key of the products, `indent` the number of spaces before their names.
    """

    key: str
    indent: int
    head: str
    blocks: dict[str, str]
    tail: str

    def with_text(self, text: str, key: str) -> Layout | None:
        """Return the layout of a text that differs only in some products, else None."""
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
        changed = _split_blocks(text[start:end], self.indent)
        if changed is None:
            return None
        blocks = dict([*known[:first], *changed, *known[last:]])
        if len(blocks) != first + len(changed) + len(known) - last:
            return None
        return Layout(key, self.indent, self.head, blocks, self.tail)


def split_products(text: str, key: str) -> Layout | None:
    """Return the layout of a text, or None if it is not one product after the other."""
    section = _find_section(text, key)
    if section is None:
        return None
    start, end = section
    first = re.search(r"^( *)[^\s#]", text[start:end], re.MULTILINE)
    head, tail = text[:start], text[end:]
    if first is None or not _is_plain(head + tail):
        return None
    start, head = start + first.start(), text[: start + first.start()]
    blocks = _split_blocks(text[start:end], len(first[1]))
    if blocks is None or len(dict(blocks)) != len(blocks):
        return None
    return Layout(key, len(first[1]), head, dict(blocks), tail)


def _find_section(text: str, key: str) -> tuple[int, int] | None:
    """Return the start and end of the lines of all products, or None."""
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


def _split_blocks(section: str, indent: int) -> list[tuple[str, str]] | None:
    """Return the (name, lines) of each product, or None if the lines have another form."""
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
    """Return whether a text is YAML on its own, without references to other lines."""
    if "\t" in text or (("&" in text or "*" in text or "<<" in text) and _ALIASES.search(text)):
        return False
    try:
        for _ in yaml.parse(text, _LOADER):
            pass
    except yaml.YAMLError:
        return False
    return True
