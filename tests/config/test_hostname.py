"""Which forms of `hostname` are taken, and what becomes of them."""

from __future__ import annotations

import pytest

from target_activecampaign.config.hostname import HostnameError, base_url_of, is_loopback


@pytest.mark.parametrize(
    ("hostname", "base_url"),
    [
        ("acme.api-us1.com", "https://acme.api-us1.com"),
        ("  acme.api-us1.com\n", "https://acme.api-us1.com"),
        ("ACME.Api-US1.com", "https://acme.api-us1.com"),
        ("acme.api-us1.com/", "https://acme.api-us1.com"),
        ("acme.api-us1.com/api/3", "https://acme.api-us1.com"),
        ("https://acme.api-us1.com", "https://acme.api-us1.com"),
        ("https://acme.api-us1.com/", "https://acme.api-us1.com"),
        ("https://acme.api-us1.com/api/3", "https://acme.api-us1.com"),
        ("HTTPS://acme.api-us1.com/api/3/", "https://acme.api-us1.com"),
        ("acme.activehosted.com", "https://acme.activehosted.com"),
        ("https://acme.api-us1.com:443", "https://acme.api-us1.com"),
        ("acme.api-us1.com:8443", "https://acme.api-us1.com:8443"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
        ("http://127.8.9.10:8025/api/3/", "http://127.8.9.10:8025"),
        ("http://localhost", "http://localhost"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://[::1]:8025", "http://[::1]:8025"),
        ("https://localhost:8443", "https://localhost:8443"),
    ],
)
def test_is_reduced_to_a_base_url(hostname: str, base_url: str) -> None:
    assert base_url_of(hostname) == base_url


@pytest.mark.parametrize(
    ("hostname", "remedy"),
    [
        ("http://acme.api-us1.com", "loopback addresses alone"),
        ("http://10.0.0.5", "loopback addresses alone"),
        ("http://127.0.0.1.evil.example", "loopback addresses alone"),
        ("http://localhost.evil.example", "loopback addresses alone"),
        ("http://127.1", "loopback addresses alone"),
        ("http://[::ffff:127.0.0.1]", "loopback addresses alone"),
        ("http://0.0.0.0:8025", "loopback addresses alone"),
        ("http://", "no hostname"),
        ("https:///api/3", "no hostname"),
        ("https://http://acme.api-us1.com", "hostname"),
        ("127.0.0.1:8025", "http://127.0.0.1:8025"),
        ("localhost", "http://127.0.0.1:8025"),
        ("[::1]:8025", "http://127.0.0.1:8025"),
        ("ftp://acme.api-us1.com", "scheme"),
        ("https://ada:pw@acme.api-us1.com", "user or a password"),
        ("https://acme.api-us1.com/admin/api.php", "path"),
        ("https://acme.api-us1.com/api/3/contacts", "path"),
        ("https://acme.api-us1.com/api/1", "path"),
        ("https://acme.api-us1.com/?api_key=k", "after ? or #"),
        ("https://acme.api-us1.com#top", "after ? or #"),
        ("acme", "full hostname"),
        ("acme..api-us1.com", "full hostname"),
        ("acme.api-us1.com.", "full hostname"),
        ("-acme.api-us1.com", "full hostname"),
        ("ac_me.api-us1.com", "full hostname"),
        ("ac me.api-us1.com", "full hostname"),
        ("ac\tme.api-us1.com", "full hostname"),
        ("äcme.api-us1.com", "full hostname"),
        ("acme.api-us1.com\\@evil.example", "user or a password"),
        ("10.0.0.5", "full hostname"),
        ("0.0.0.0:8025", "full hostname"),
        ("::1", "no hostname"),
        ("https://[fe80::1]", "full hostname"),
        ("acme.api-us1.com:", "no hostname"),
        ("acme.api-us1.com:0", "port"),
        ("acme.api-us1.com:65536", "port"),
        ("acme.api-us1.com:https", "no hostname"),
        (f"{'a.' * 130}example", "full hostname"),
        (f"{'a' * 64}.example", "full hostname"),
    ],
)
def test_is_refused_with_a_remedy(hostname: str, remedy: str) -> None:
    with pytest.raises(HostnameError, match=r".") as refusal:
        base_url_of(hostname)
    assert remedy in str(refusal.value)


def test_what_was_written_is_not_repeated() -> None:
    with pytest.raises(HostnameError) as refusal:
        base_url_of("https://ada:geheim@acme.example/?token=geheim")
    assert "geheim" not in str(refusal.value)
    assert "ada" not in str(refusal.value)


@pytest.mark.parametrize("hostname", ["http://127.0.0.1:8025", "http://LOCALHOST", "http://[::1]:8025"])
def test_a_base_url_of_this_machine_is_known(hostname: str) -> None:
    assert is_loopback(base_url_of(hostname))


@pytest.mark.parametrize("hostname", ["acme.api-us1.com", "localhost.example.com", "127.0.0.1.example.com"])
def test_a_base_url_of_another_machine_is_known(hostname: str) -> None:
    assert not is_loopback(base_url_of(hostname))
