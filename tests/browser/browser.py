"""Chromium for the tests of pages."""

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

# Chromium asks its maker's hosts for updates unless it is told not to.
OPTIONS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --hide-scrollbars --window-size=1280,1000""".split()


def start():
    """Returns a browser whose log has the errors of pages."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def set_media(browser, scheme, media=""):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def set_width(browser, width):
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def least_contrast(browser, selector, ground):
    """Returns the least contrast (WCAG 2) between the text of the elements, of which there may be many, and the ground of another."""
    return browser.execute_script("""
        const light = (text) => {
            const [r, g, b] = text.match(/[\\d.]+/g).map((part) => { part /= 255;
                return part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4; });
            return .2126 * r + .7152 * g + .0722 * b;
        };
        const ground = light(getComputedStyle(document.querySelector(arguments[1])).backgroundColor);
        return Array.from(document.querySelectorAll(arguments[0])).slice(0, 3000)
            .map((part) => light(getComputedStyle(part).color))
            .map((text) => (Math.max(text, ground) + .05) / (Math.min(text, ground) + .05))
            .reduce((least, next) => Math.min(least, next));""", selector, ground)
