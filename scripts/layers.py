#!/usr/bin/env python3
"""Checks the includes of every folder of src against the table src/layers.txt. Lists the includes that the table
forbids, checks that docs/architecture.md shows the current table, and exits with 1 if anything is wrong. With --write
it first updates docs/architecture.md."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/layers.txt"
PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- from src/layers.txt by scripts/layers.py --write -->\n", "<!-- end -->\n"
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([a-z_]+)/|<cebm/([a-z_/]+)\.h>)', re.MULTILINE)


class Layer:
    def __init__(self, line, above):
        self.folder, self.holds, names, headers = (part.strip() for part in line.split("|"))
        self.names, self.headers = names.split(), headers.split()
        unknown = [name for name in self.names if name not in above]
        if unknown:
            sys.exit(f"{TABLE}: {self.folder} names {', '.join(unknown)}, which is not above it")
        self.allowed = {self.folder}.union(*(above[name].allowed for name in self.names))


def read_layers():
    layers = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            layer = Layer(line, layers)
            layers[layer.folder] = layer
    return layers


def folder_of(path, owners):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" else owners[path.stem]


def violations(layers):
    owners = {header: layer.folder for layer in layers.values() for header in layer.headers}
    found = []
    for path in sorted([*ROOT.glob("src/**/*.*"), *ROOT.glob("include/cebm/**/*.h")]):
        if path.suffix not in (".h", ".cpp", ".cu", ".cuh"):
            continue
        if path.parts[-2] == "cebm" and path.stem not in owners:
            found.append(f"{path.relative_to(ROOT)}: belongs to no folder of {TABLE.relative_to(ROOT)}")
            continue
        layer = layers[folder_of(path, owners)]
        for match in INCLUDE.finditer(path.read_text()):
            target = match[1] or owners.get(match[2], match[2])
            if target not in layer.allowed:
                header = match[0].split("include")[1].strip()
                found.append(f"{path.relative_to(ROOT)}: {layer.folder} may not include {target} ({header})")
    return found


def markdown(layers):
    rows = ["| folder | holds | may include | public headers |", "| --- | --- | --- | --- |"]
    for layer in layers.values():
        headers = ", ".join(f"`{header}.h`" for header in layer.headers)
        rows.append(f"| `src/{layer.folder}/` | {layer.holds} | {', '.join(layer.names) or 'nothing'} | {headers} |")
    return "\n".join(rows) + "\n"


def page_with(table):
    text = PAGE.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:begin] + table + text[end:]


def main():
    layers = read_layers()
    page = page_with(markdown(layers))
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page)
    found = violations(layers)
    if PAGE.read_text() != page:
        found.append(f"{PAGE.relative_to(ROOT)}: its table is not that of {TABLE.relative_to(ROOT)}; scripts/layers.py --write")
    if found:
        print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
