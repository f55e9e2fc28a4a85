#!/usr/bin/env python3
"""Every link, picture and anchor of the built site (build/site) leads somewhere within it: check_links.py [FOLDER]."""
import html.parser
import pathlib
import sys
import urllib.parse

SITE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "build/site").resolve()


class Page(html.parser.HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.targets, self.anchors = [], set()
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors.update(filter(None, (values.get("id"), values.get("name"))))
        for name in ("href", "src"):
            if values.get(name):
                self.targets.append(values[name])


def main():
    pages = {file: Page(file) for file in SITE.rglob("*.html") if file.name != "404.html"}  # which has its own root
    broken, checked = [], 0
    for file, page in pages.items():
        for target in page.targets:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            checked += 1
            path = (file.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else file
            if path.is_dir():
                path /= "index.html"
            if not path.is_relative_to(SITE) or not path.exists():
                broken.append(f"{file.relative_to(SITE)}: {target}")
            elif parts.fragment and path in pages:
                if urllib.parse.unquote(parts.fragment) not in pages[path].anchors and parts.fragment != "__skip":
                    broken.append(f"{file.relative_to(SITE)}: {target}: no such anchor")
    print(f"{len(pages)} pages, {checked} links, {len(broken)} broken", *sorted(set(broken)), sep="\n")
    sys.exit(1 if broken or not pages else 0)


main()
