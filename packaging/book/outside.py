"""mdBook's preprocessor for what is outside of docs/ (docs/book.toml). SUMMARY.md lists such pages by `../`, as a forge reads it.

In the book, a page has its place in the repository as its path, and links between pages follow. A file that is no page becomes
one below "Files", with its text as code. A link to a page that SUMMARY.md does not list is an error.
"""

import json
import os
import re
import sys

LANGUAGES = {".json": "json", ".py": "python", ".rs": "rust,noplayground", ".sh": "sh", ".toml": "toml"}
# mdBook copies them.
IMAGES = (".png", ".svg")
# Code, in which `](` is no link; or the target of a link.
CODE_OR_LINK = re.compile(r"^[ ]*(```|~~~).*?^[ ]*\1[ ]*$|(`+)(?:(?!\n\n).)+?\2|(?<=\])\(([^)\s]+)\)", re.MULTILINE | re.DOTALL)


def chapters(items):
    """Yields each chapter that has a file."""
    for item in items:
        if "Chapter" in item:
            chapter = item["Chapter"]
            if chapter["source_path"]:
                yield chapter
            yield from chapters(chapter["sub_items"])


class Links:
    """Rewrites the links of pages, and collects the files that they lead to."""

    def __init__(self, top, pages):
        # `pages`: the path in the book of each page. All names of pages and files are relative to the repository, `top`.
        self.top, self.pages, self.files, self.wrong = top, pages, {}, []

    def target(self, page, link):
        name, mark, anchor = link.partition("#")
        if not name or re.match(r"[a-z]+:", name):
            return link
        wanted = os.path.normpath(os.path.join(os.path.dirname(page), name))
        there = self.pages.get(wanted) or self.pages.get(f"{wanted}/README.md")
        if there:
            pass
        elif wanted == "docs/SUMMARY.md":
            there = "toc.html"
        elif wanted.startswith("docs/") and wanted.endswith(IMAGES):
            there = wanted.removeprefix("docs/")
        elif os.path.isfile(os.path.join(self.top, wanted)) and not wanted.endswith(".md"):
            there = self.files[wanted] = f"files/{wanted}.md"
        else:
            self.wrong.append(f"{page}: `{link}` leads to no file, and to no page of docs/SUMMARY.md")
            return link
        return os.path.relpath(there, os.path.dirname(self.pages[page]) or ".") + mark + anchor

    def rewritten(self, page, content):
        return CODE_OR_LINK.sub(lambda it: f"({self.target(page, it[3])})" if it[3] else it[0], content)

    def files_chapter(self):
        """Returns the chapter with a page for each file."""
        files = sorted(self.files.items())
        below = [chapter(name, f"# {name}\n\n{as_code(os.path.join(self.top, name))}", path) for name, path in files]
        rows = "".join(f"- [{name}]({os.path.relpath(path, 'files')})\n" for name, path in files)
        return {"Chapter": chapter("Files", f"# Files\n\nFiles of the repository that pages link to:\n\n{rows}", "files/index.md", below)}


def chapter(name, content, path, below=()):
    below = [{"Chapter": {**it, "parent_names": [name]}} for it in below]
    return {"name": name, "content": content, "number": None, "sub_items": below, "path": path, "source_path": None, "parent_names": []}


def as_code(file):
    with open(file, encoding="utf-8") as opened:
        text = opened.read()
    return f"~~~~{LANGUAGES.get(os.path.splitext(file)[1], 'text')}\n{text.rstrip()}\n~~~~\n"


def main():
    # `supports RENDERER`: any.
    if sys.argv[1:2] == ["supports"]:
        return
    context, book = json.load(sys.stdin)
    top = os.path.dirname(os.path.realpath(context["root"]))
    pages = {}
    for page in chapters(book["items"]):
        name = os.path.normpath(os.path.join("docs", page["source_path"]))
        if name == "README.md":
            page["path"] = "index.md"
        elif page["source_path"].startswith("../"):
            page["path"] = name
        pages[name] = page
    links = Links(top, {name: page["path"] for name, page in pages.items()})
    for name, page in pages.items():
        page["content"] = links.rewritten(name, page["content"])
    if links.wrong:
        sys.exit("\n".join(links.wrong))
    if links.files:
        book["items"].append(links.files_chapter())
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
