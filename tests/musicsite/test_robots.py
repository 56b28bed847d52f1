import re

import pytest

OEMBED = "/oembed?url=http%3A%2F%2Ftestserver%2Fcompositions%2F1%2F"


def may_crawl(rules, address):
    """Whether a crawler may ask for it: the longest rule that fits counts, as RFC 9309 says."""
    fitting = [
        (len(path), word == "Allow")
        for word, path in re.findall(r"^(Allow|Disallow): (\S+)$", rules, re.MULTILINE)
        if re.match(re.escape(path).replace(r"\*", ".*"), address)
    ]
    return max(fitting, default=(0, True))[1]


def test_it_is_for_everybody_and_may_be_kept_for_a_day(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/robots.txt")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain"
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert answer.text.startswith("User-agent: *\n")
    assert not answer.cookies


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?page=2",
        "/people/clara/",
        "/people/clara/?page=3",
        "/compositions/1/",
        "/feed/",
        OEMBED,
    ],
)
def test_crawlers_may_see_what_is_public(client, address):
    assert may_crawl(client.get("/robots.txt").text, address)


@pytest.mark.parametrize(
    "address",
    ["/?q=rain", "/?style=chopin&page=2", "/?page=2&tag=rain", "/people/clara/?sort=plays",
     "/accounts/login/?next=/", "/accounts/signup/", "/me/", "/me/bin/", "/compose/", "/admin/"],
)  # fmt: skip
def test_crawlers_do_not_walk_searches_nor_what_needs_a_login(client, address):
    assert not may_crawl(client.get("/robots.txt").text, address)
