#!/usr/bin/env bash
# Runs the code blocks (```sh) of docs/tutorials, page by page, each in a folder of its own with the programs on the
# path. A block is left out where the line before it says why: <!-- not run here: reason -->.
#
#   scripts/tutorials.sh [PAGE.md]...     needs the programs in build/bin
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
pages=("$@")
[[ ${#pages[@]} -gt 0 ]] || pages=("$root"/docs/tutorials/*.md)
work=$(mktemp -d)
trap 'rm -rf "$work"; report_exit' EXIT

# blocks PAGE: the commands that are to be run.
blocks() {
  awk '/^```/ && inside { inside = 0; next }
       /^```sh$/ && last !~ /^<!-- not run here: / { inside = 1; next }
       /^```/ { inside = 2; next }
       inside == 1 { print }
       !inside { last = $0 }' "$1"
}

# Grey PNG files for the tutorial on pictures of one's own.
make_pictures() {
  python3 - "$1" <<'END'
import pathlib, struct, sys, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
for split, count in (("train", 40), ("test", 10)):
    for kind in ("light", "dark"):
        folder = pathlib.Path(sys.argv[1], split, kind)
        folder.mkdir(parents=True)
        for number in range(count):
            shade = lambda x, y: ((x * (number + 3) + y * 5) % 100) + (150 if kind == "light" else 0)
            rows = b"".join(b"\0" + bytes(shade(x, y) for x in range(32)) for y in range(32))
            head = struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 0)
            (folder / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                                                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
}

run_page() {
  local folder
  folder=$work/$(basename "$1" .md)
  mkdir "$folder"
  make_pictures "$folder/pictures"
  blocks "$1" >"$folder/commands"
  (cd "$folder" && PATH=$build/bin:$PATH XDG_CACHE_HOME=$folder/cache bash -euo pipefail commands >log 2>&1) || {
    tail -n 20 "$folder/log" >&2
    die "$1: a block failed"
  }
}

for page in "${pages[@]}"; do step "$(basename "$page")" run_page "$page"; done
