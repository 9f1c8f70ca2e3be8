#!/usr/bin/env python3
"""Checks a built book: check.py BOOK. Every link and image leads to a file in it, every anchor to an element; the search knows
every page. Links to other servers are only counted."""

import html.parser
import json
import os
import re
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    """What a page links to, and the elements that links may lead to."""

    def __init__(self, file):
        super().__init__()
        self.links, self.ids = [], set()
        with open(file, encoding="utf-8") as opened:
            self.feed(opened.read())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.update(attrs[key] for key in ("id", "name") if attrs.get(key))
        self.links += [attrs[key] for key in ("href", "src") if attrs.get(key)]


def files_below(book):
    for folder, _, names in os.walk(book):
        for name in names:
            yield os.path.join(folder, name)


def searched_pages(book):
    """Returns the pages that the search index knows, relative to the book."""
    found = [file for file in files_below(book) if re.search(r"/searchindex-?\w*\.js$", file)]
    if len(found) != 1:
        sys.exit(f"{book}: expected one search index, found {found}")
    with open(found[0], encoding="utf-8") as opened:
        index = re.search(r"JSON\.parse\('(.*)'\)", opened.read(), re.DOTALL)
    # A string of JavaScript within quotes.
    index = json.loads(re.sub(r"\\(['\\])", r"\1", index[1]))
    return {url.partition("#")[0] for url in index["doc_urls"]}


def main():
    book = os.path.normpath(sys.argv[1])
    # print.html has every page once more; 404.html is shown at any path.
    pages = {file: Page(file) for file in files_below(book) if file.endswith(".html") and os.path.basename(file) not in ("404.html", "print.html")}
    wrong, links, elsewhere = [], 0, set()
    for file, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                elsewhere.add(link)
                continue
            links += 1
            there = os.path.normpath(os.path.join(os.path.dirname(file), urllib.parse.unquote(parts.path))) if parts.path else file
            if not os.path.isfile(there):
                wrong.append(f"{file}: {link} leads to no file")
            elif parts.fragment and there in pages and urllib.parse.unquote(parts.fragment) not in pages[there].ids:
                wrong.append(f"{file}: {link} leads to no element of {there}")
    own = {os.path.relpath(file, book) for file in pages}
    searched = searched_pages(book)
    # Neither the table of contents nor sources.
    expected = {name for name in own if not name.startswith("files/")} - {"toc.html"}
    wrong += [f"{book}: the search does not find {name}" for name in sorted(expected - searched)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"book: {len(pages)} pages, {links} links within, {len(elsewhere)} to other places: {book}/index.html")


if __name__ == "__main__":
    main()
