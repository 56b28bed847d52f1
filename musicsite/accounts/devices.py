"""A browser's name for itself, in words. Nobody is let in or kept out by it."""

# The first that fits: most browsers also name the ones that they take after.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def name_device(user_agent):
    """Browser and system in words.

    >>> name_device("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox on Linux'
    """
    browser = _first_of(BROWSERS, user_agent)
    system = _first_of(SYSTEMS, user_agent)
    if not system:
        return browser or "An unknown device"
    return f"{browser or 'A browser'} on {system}"


def _first_of(names, user_agent):
    return next((name for sign, name in names if sign in user_agent), "")
