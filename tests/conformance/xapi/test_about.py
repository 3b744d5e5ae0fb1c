"""The About resource: xAPI 1.0.3 Communication 2.8."""

OLDER = {"1.0.0", "1.0.1", "1.0.2", "1.0.3"}


def test_about_says_which_versions_are_spoken(store):
    """XAPI-00315 to XAPI-00319: without credentials; a client of 1.0.3 hears of no later one."""
    response = store.request("GET", "about", headers={"authorization": None})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert set(response.json()) == {"version", "extensions"}
    expected = OLDER if store.version == "1.0.3" else {*OLDER, "2.0.0"}
    assert set(response.json()["version"]) == expected


def test_about_knows_no_parameters(store):
    assert store.get("about", limit="1").status_code == 400
