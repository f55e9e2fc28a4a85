"""Makes the site of the repository: its pages and pictures where they lie, a page for every public header, and one for
every other file that a page links to, so that the links of the repository hold in the site."""
import pathlib
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/**/*.md", "configs/README.md", "data/README.md")
PICTURES = ("docs/images/*",)
HEADERS = ROOT / "include/cebm"
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?\)")
LANGUAGES = {".h": "cpp", ".cpp": "cpp", ".py": "python", ".sh": "sh", ".yaml": "yaml", ".txt": "text", ".ipynb": "json"}


def as_page(path):
    """The page that shows a file: its name with .md; of a folder, what is in it."""
    return path + ".md"


def source_page(path):
    file = ROOT / path
    if file.is_dir():
        return f"# {path}\n\n" + "".join(f"* `{entry.name}`\n" for entry in sorted(file.iterdir()))
    text = file.read_text()
    return f"# {path}\n\n````{LANGUAGES.get(file.suffix, 'text')}\n{text}\n````\n"


def header_page(header):
    """What the header says of itself, and the header."""
    lines = header.read_text().splitlines()
    about = []
    for line in lines:
        if not line.startswith("///"):
            break
        about.append(line[3:].removeprefix(" "))
    # Figures and formulae are indented in the comments; Markdown takes them for code.
    said = "\n".join(("    " + line if line.startswith("  ") else line) for line in about)
    return f"# <cebm/{header.name}>\n\n{said}\n\n````cpp\n" + "\n".join(lines[len(about):]).strip() + "\n````\n"


def headers_page(headers):
    rows = []
    for header in headers:
        first = header.read_text().splitlines()[0].removeprefix("///").strip()
        rows.append(f"| [`<cebm/{header.name}>`](include/cebm/{as_page(header.name)}) | {first} |")
    return "# Public headers\n\n| header | what it holds |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def linked_files(pages):
    """Files of the repository, besides pages and pictures, that pages link to."""
    found = set()
    for page in pages:
        for match in LINK.finditer(page.read_text()):
            target = (page.parent / match[2]).resolve()
            if "://" not in match[2] and target.is_relative_to(ROOT) and target.exists():
                if target.suffix not in (".md", ".png", ".svg"):
                    found.add(target.relative_to(ROOT).as_posix())
    return found


def on_files(files, config):
    pages = [page for pattern in PAGES for page in sorted(ROOT.glob(pattern))]
    headers = sorted(HEADERS.glob("*.h"))
    for page in pages:
        files.append(File.generated(config, page.relative_to(ROOT).as_posix(), content=page.read_text()))
    for pattern in PICTURES:
        for picture in ROOT.glob(pattern):
            files.append(File.generated(config, picture.relative_to(ROOT).as_posix(), abs_src_path=str(picture)))
    for header in headers:
        files.append(File.generated(config, as_page(f"include/cebm/{header.name}"), content=header_page(header)))
    files.append(File.generated(config, "headers.md", content=headers_page(headers)))
    for path in sorted(linked_files(pages)):
        if not path.startswith("include/cebm/"):
            files.append(File.generated(config, as_page(path.rstrip("/")), content=source_page(path)))
    return files


def on_page_markdown(markdown, page, config, files):
    here = (ROOT / page.file.src_uri).parent

    def rewritten(match):
        target = (here / match[2]).resolve()
        if "://" in match[2] or not target.is_relative_to(ROOT) or target.suffix in (".md", ".png", ".svg"):
            return match[0]
        return f"{match[1]}{as_page(match[2].rstrip('/'))}{match[3] or ''})" if target.exists() else match[0]

    # Not within code.
    parts = re.split(r"(^````?.*?^````?$|`[^`\n]+`)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if number % 2 else LINK.sub(rewritten, part) for number, part in enumerate(parts))
