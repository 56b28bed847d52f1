"""Every page of the site and every state that it has: who looks, and what is done there first.

For bench/screenshots.py, and for the tests that no page may escape. The addresses are those of
bench/stage.py, which also makes the people: Alice has everything, Bob nothing, Clara too much in
the making, Dora news, Finn an address that is not confirmed; Emil throws away, Gwen is staff, and
Hugo is staff who may only look.
"""

from typing import NamedTuple

NOWHERE = "12345678-1234-5678-1234-567812345678"


class View(NamedTuple):
    """A page, who looks at it, and what is done there before it is looked at.

    `is_window`: a picture shows the window alone, as what is fixed in it is to be seen.
    """

    who: str
    path: str
    act: object = None
    is_window: bool = False


def fill(values):
    """Send a form back with these values, from the main form of the page."""

    def act(page):
        for name, value in values.items():
            field = page.locator(f"main form [name={name}]:visible").first
            if name == "file":
                file = {"name": "letter.mid", "mimeType": "audio/midi", "buffer": value}
                field.set_input_files(file)
            else:
                field.fill(value)
        field.locator("xpath=ancestor::form").locator("button[type=submit]").last.click()
        page.locator("#errors, .lost, [data-problem]:not(:empty)").first.wait_for()

    return act


def send(page):
    """Send the form of an admin page as it is: nothing is filled in."""
    page.locator("#content-main form [type=submit], #content form [type=submit]").last.click()
    page.locator(".errornote").wait_for()


def open_more(page):
    for summary in page.locator("main summary:visible").all():
        summary.click()


def choose_three(page):
    page.locator(".bulk summary").click()
    for box in page.locator(".card .box").all()[:3]:
        box.check()


def play(page):
    page.locator("main [data-play]").first.click()
    for _ in range(100):  # our policy forbids the eval by which Playwright would wait
        if page.locator("#player audio").evaluate("a => a.currentTime > 2"):
            return
        page.wait_for_timeout(100)


def play_and_open(page):
    play(page)
    page.locator("#player [data-more]").evaluate("button => button.click()")


def play_at_the_end(page):
    play(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")


def tall(page):
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 1190})
    page.wait_for_load_state("networkidle")


def play_on(page):
    tall(page)
    page.wait_for_timeout(500)
    play(page)
    page.evaluate("player.goTo(31)")
    page.wait_for_timeout(1500)


def lose_the_recording(page):
    page.route("**/audio.mp3*", lambda route: route.abort())
    page.locator("main [data-play]").first.click()
    page.locator("#player [data-problem]:not(:empty)").wait_for()


def lose_the_notes(page):
    page.route("**/notes.json*", lambda route: route.abort())
    page.reload()
    page.locator("[data-lost]:visible").wait_for()


def lose_the_news(page):
    page.route("**/compositions/**", lambda route: route.fulfill(status=503))
    page.locator("#no-news").wait_for()


def lose_the_site(page):
    page.route("**/*", lambda route: route.abort())
    page.locator("header a[href='/'], #site-nav a[href='/']").first.click()
    page.locator(".messages[role=alert]").wait_for()


def ask_for_keys(page):
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


def in_a_frame(page):
    page.set_viewport_size({"width": min(560, page.viewport_size["width"] - 40), "height": 152})


def forge(page):
    page.locator("main [name=csrfmiddlewaretoken]").evaluate("field => field.value = 'none'")
    fill({"username": "alice", "password": "a long password"})(page)


def throw_away(page):
    page.locator(".card__link").first.click()
    page.locator("#delete").click()
    page.locator(".message").wait_for()


def views_of(at):
    """{name: View} of the addresses `at`, by name."""
    return public(at) | compose(at) | own(at) | account(at) | pieces(at) | staff(at)


def public(at):
    return {
        "gallery": View("", "/"),
        "gallery-member": View("bob", "/"),
        "gallery-2": View("", "/?page=2"),
        "gallery-filtered": View("", "/?style=chopin&sort=plays"),
        "gallery-found": View("bob", "/?q=lantern&sort=hearts", open_more),
        "gallery-no-match": View("", "/?q=trumpet"),
        "gallery-playing": View("bob", "/", play, is_window=True),
        "gallery-playing-end": View("bob", "/", play_at_the_end, is_window=True),
        "gallery-playing-open": View("bob", "/", play_and_open, is_window=True),
        "gallery-offline": View("bob", "/", lose_the_site),
        "keys": View("bob", "/", ask_for_keys, is_window=True),
        "notice": View("dora", "/", is_window=True),
        "person": View("", "/people/alice/"),
        "person-oneself": View("alice", "/people/alice/"),
        "person-silent": View("bob", "/people/bob/"),
        "readme-gallery": View("", "/", tall, is_window=True),
        "404": View("", "/nowhere/"),
        "405": View("alice", "/compositions/{}/cancel/".format(at["full"].split("/")[2])),
        "403": View("", "/accounts/login/", forge),
    }


def compose(at):
    return {
        "compose": View("alice", "/compose/"),
        "compose-open": View("alice", "/compose/", open_more),
        "compose-wrong": View("alice", "/compose/", fill({"duration": "100000"})),
        "compose-cut": View("alice", at["brought"]),
        "compose-own": View("alice", f"{at['beginning']}&takeover=41"),
        "compose-full": View("clara", "/compose/"),
        "compose-refused": View("clara", "/compose/", fill({"duration": "60"})),
        "bring": View("alice", "/compose/continue/"),
        "bring-first": View("bob", "/compose/continue/"),
        "bring-wrong": View("alice", "/compose/continue/", fill({"file": b"Dear grandmother"})),
        "brought": View("alice", "/beginnings/"),
        "brought-nothing": View("bob", "/beginnings/"),
        "takes": View("alice", at["takes"]),
    }


def own(at):
    return {
        "mine": View("alice", "/me/"),
        "mine-making": View("alice", "/me/?state=making"),
        "mine-bulk": View("alice", "/me/", choose_three, is_window=True),
        "mine-empty": View("bob", "/me/"),
        "mine-none-so": View("dora", "/me/?state=making"),
        "favourites": View("clara", "/me/favourites/"),
        "favourites-found": View("clara", "/me/favourites/?sort=liked&length=medium"),
        "favourites-none-so": View("clara", "/me/favourites/?q=nothing+is+called+that"),
        "favourites-empty": View("bob", "/me/favourites/"),
        "bin": View("alice", "/me/bin/"),
        "bin-empty": View("bob", "/me/bin/"),
        "bin-question": View("alice", "/me/bin/empty/"),
        "bin-piece": View("alice", at["binned 1"].replace("compositions", "me/bin")),
    }


def account(at):
    wrong_email = fill({"email": "no", "password": "no"})
    return {
        "login": View("", "/accounts/login/"),
        "login-wrong": View(
            "", "/accounts/login/", fill({"username": "nobody", "password": "wrong"})
        ),
        "login-blocked": View(
            "", "/accounts/login/", fill({"username": "ivan", "password": "a long password"})
        ),
        "signup": View("", "/accounts/signup/"),
        "signup-wrong": View("", "/accounts/signup/", fill({"username": "al ice", "email": "no"})),
        "profile": View("alice", "/accounts/"),
        "profile-unconfirmed": View("finn", "/accounts/"),
        "account-edit": View("alice", "/accounts/edit/"),
        "account-edit-unconfirmed": View("finn", "/accounts/edit/"),
        "account-email": View("alice", "/accounts/email/"),
        "account-email-unconfirmed": View("finn", "/accounts/email/"),
        "account-email-wrong": View("alice", "/accounts/email/", wrong_email),
        "account-email-confirm": View("alice", at["confirmation"]),
        "account-email-stale": View("alice", "/accounts/email/stale/"),
        "account-sessions": View("alice", "/accounts/sessions/"),
        "account-export": View("alice", "/accounts/export/"),
        "account-delete": View("alice", "/accounts/delete/"),
        "account-delete-wrong": View("alice", "/accounts/delete/", fill({"password": "no"})),
        "account-password": View("alice", "/accounts/password_change/"),
        "reset": View("", "/accounts/password_reset/"),
        "reset-done": View("", "/accounts/password_reset/done/"),
        "reset-new": View("", at["reset"]),
        "reset-stale": View("", "/accounts/reset/MQ/stale/"),
        "reset-complete": View("", "/accounts/reset/done/"),
    }


def pieces(at):
    full = at["full"]
    views = {
        "piece-stranger": View("bob", full),
        "piece-visitor": View("", full),
        "piece-playing": View("bob", full, play, is_window=True),
        "piece-playing-end": View("bob", full, play_at_the_end, is_window=True),
        "piece-no-recording": View("bob", full, lose_the_recording, is_window=True),
        "piece-no-notes": View("bob", full, lose_the_notes, is_window=True),
        "piece-no-news": View("alice", at["composing"], lose_the_news),
        "piece-share-open": View("alice", full, open_more),
        "piece-thrown-away": View("alice", at["binned 1"]),
        "readme-piece": View("bob", full, play_on, is_window=True),
        "embed": View("", full.replace("compositions", "embed"), in_a_frame, True),
        "embed-gone": View("", f"/embed/{NOWHERE}/", in_a_frame, True),
        "edit": View("alice", f"{full}edit/"),
        "edit-wrong": View("alice", f"{full}edit/", fill({"title": "", "tags": "a, " * 20})),
        "delete": View("alice", f"{full}delete/"),
        "thrown-away": View("emil", "/me/", throw_away, is_window=True),
    }
    states = (
        "full", "private", "unlisted", "continued", "too-free", "score-failed", "score-written",
        "composing", "rendering", "again", "queued", "failed", "cancelled", "hidden",
    )  # fmt: skip
    return views | {f"piece-{name}": View("alice", at[name]) for name in states}


# Pages of the admin: lists and forms below /admin/, and of the rows of bench/stage_studio.py.
LISTS = (
    "", "generator/", "generator/trainedmodel/", "generator/dataset/", "generator/trainingrun/",
    "generator/evaluation/", "generator/audition/", "generator/composition/", "accounts/user/",
    "auth/group/", "axes/accessattempt/", "axes/accesslog/", "axes/accessfailurelog/", "queues/",
)  # fmt: skip
ADDED = ("trainedmodel", "dataset", "trainingrun", "evaluation", "audition")
ROWS = (
    "model", "Salon", "Tavern", "data set", "data set checked", "data set failed",
    "data set waiting", "training", "training done", "training failed", "training stopped",
    "training waiting", "evaluation", "evaluation running", "evaluation failed", "audition",
    "audition seen", "audition waiting", "hidden piece", "piece", "broken piece", "member",
    "blocked member",
)  # fmt: skip
DELETED = (
    "model",
    "Salon",
    "data set",
    "training done",
    "evaluation",
    "audition",
    "piece",
    "member",
)


def staff(at):
    home = "/admin/"
    lists = {f"staff-{rest.strip('/').replace('/', '-') or 'home'}": rest for rest in LISTS}
    views = {name: View("gwen", home + rest) for name, rest in lists.items()}
    for kind in ADDED:
        add = f"{home}generator/{kind}/add/"
        views[f"staff-{kind}-add"] = View("gwen", add)
        if kind != "audition":  # as it comes, that form can be sent
            views[f"staff-{kind}-add-wrong"] = View("gwen", add, send)
    for name in ROWS:
        views[f"staff-{name.replace(' ', '-')}"] = View("gwen", f"{at[f'{name} row']}change/")
    for name in DELETED:
        views[f"staff-{name.replace(' ', '-')}-delete"] = View(
            "gwen", f"{at[f'{name} row']}delete/"
        )
    return views | {
        "staff-hide": View("gwen", f"{at['piece row']}hide/"),
        "staff-block": View("gwen", f"{at['member row']}block/"),
        "staff-history": View("gwen", f"{at['member row']}history/"),
        "staff-user-add": View("gwen", f"{home}accounts/user/add/"),
        "staff-user-password": View("gwen", f"{at['member row']}password/"),
        "staff-group-add": View("gwen", f"{home}auth/group/add/"),
        "staff-queue-details": View("gwen", f"{home}queues/queues/0/details/"),
        "staff-queue-failed": View("gwen", f"{home}queues/queues/0/failed/"),
        "staff-workers": View("gwen", f"{home}queues/workers/0/"),
        "staff-looker": View("hugo", home),
        "staff-looker-model": View("hugo", f"{at['model row']}change/"),
        "staff-looker-training": View("hugo", f"{at['training row']}change/"),
        "staff-looker-member": View("hugo", f"{at['member row']}change/"),
        "staff-no-right": View("bob", home),
        "staff-login": View("", f"{home}login/"),
        "staff-password": View("gwen", f"{home}password_change/"),
        "staff-404": View("gwen", f"{home}nowhere/"),
    }
