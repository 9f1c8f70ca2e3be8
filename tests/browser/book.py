"""The built book in a real browser: book.py BOOK SCREENSHOTS

Screenshots are for people to look at.
"""

import os
import sys
import unittest

import browser
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

BOOK, SCREENSHOTS = (os.path.abspath(path) for path in sys.argv[1:3])
# Tables, long commands, a picture, and what every page has.
SHOWN = ["index", "getting-started", "troubleshooting", "faults", "first-package", "performance", "packaging/README"]


def pages():
    """Returns the pages of the book, without those that have every page at once."""
    for folder, _, names in os.walk(BOOK):
        for name in sorted(names):
            if name.endswith(".html") and name not in ("404.html", "print.html", "toc.html"):
                yield os.path.relpath(os.path.join(folder, name), BOOK).removesuffix(".html")


class Book(unittest.TestCase):
    """What a reader of the book sees and does."""

    @classmethod
    def setUpClass(cls):
        cls.browser = browser.start()
        os.makedirs(SCREENSHOTS, exist_ok=True)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def setUp(self):
        browser.set_media(self.browser, "light")
        browser.set_width(self.browser, 1280)

    def tearDown(self):
        self.assertEqual(self.browser.get_log("browser"), [])

    def open(self, page):
        self.browser.get(f"file://{BOOK}/{page}.html")

    def get(self, script):
        return self.browser.execute_script(f"return {script}")

    def keep(self, page, kind):
        name = page.replace("/", "-")
        self.browser.save_screenshot(os.path.join(SCREENSHOTS, f"{name}-{kind}.png"))

    def found(self, words):
        """Searches for words; returns the texts and the pages of what is found."""
        self.open("index")
        self.browser.find_element(By.ID, "mdbook-search-toggle").click()
        self.browser.find_element(By.ID, "mdbook-searchbar").send_keys(words)
        results = "#mdbook-searchresults li a"
        WebDriverWait(self.browser, 20).until(lambda it: it.find_elements(By.CSS_SELECTOR, results), f"nothing for {words}")
        return [(it.text, it.get_attribute("href")) for it in self.browser.find_elements(By.CSS_SELECTOR, results)]

    def test_the_search_finds_a_reason_and_a_message(self):
        for words, page in [
            ("headers-missing", "configuration.html"),
            ("no headers are installed for it", "troubleshooting.html"),
            ("useradd login.defs", "scan-user.html"),
        ]:
            found = self.found(words)
            self.assertTrue(any(page in address for _, address in found), (words, found))
        self.keep("index", "search")

    def test_every_page_fits_a_narrow_window(self):
        browser.set_width(self.browser, 420)
        wide = []
        for page in pages():
            self.open(page)
            width = self.get("document.documentElement.scrollWidth")
            if width > 420:
                wide.append((page, width))
        self.assertEqual(wide, [])

    def test_links_are_legible_in_light_and_dark(self):
        for scheme in ("light", "dark"):
            browser.set_media(self.browser, scheme)
            self.open("index")
            least = browser.least_contrast(self.browser, "main p, main a[href]:not(.header)", "html")
            self.assertGreaterEqual(least, 4.5, scheme)

    def test_every_picture_is_there(self):
        for page in SHOWN:
            self.open(page)
            self.assertEqual(self.get("Array.from(document.images, (it) => it.naturalWidth).filter((it) => !it)"), [], page)

    def test_pictures_for_people(self):
        grounds = set()
        for scheme, width, kind in [("light", 1280, "light"), ("dark", 1280, "dark"), ("light", 420, "narrow")]:
            browser.set_media(self.browser, scheme)
            browser.set_width(self.browser, width)
            for page in SHOWN:
                self.open(page)
                self.keep(page, kind)
            grounds.add(self.get("getComputedStyle(document.documentElement).backgroundColor"))
        self.assertEqual(len(grounds), 2)

    def test_the_table_of_contents_leads_on(self):
        self.open("index")
        self.browser.find_element(By.LINK_TEXT, "Troubleshooting").click()
        WebDriverWait(self.browser, 20).until(lambda it: it.title.startswith("Troubleshooting"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
