import re

TITLE = re.compile(r"<title>(.*) · Nocturne</title>")


def test_pages_that_say_different_things_have_different_titles(as_alice, client):
    pages = [
        client.get("/accounts/email/none/"),
        client.get("/accounts/reset/MQ/abc-def/"),
        client.get("/accounts/reset/done/"),
        as_alice.get("/accounts/password_change/done/"),
    ]
    titles = {TITLE.search(page.text)[1] for page in pages}
    assert len(titles) == len(pages)
