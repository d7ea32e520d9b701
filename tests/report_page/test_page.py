"""The page of a run is complete, harmless, small, and the same for the same report."""

from __future__ import annotations

import json
import re
import typing as t
from collections import Counter
from html.parser import HTMLParser

import pytest
from support import made_up_reports as made_up

from target_activecampaign.contacts.contact import LeftAlone, Reason
from target_activecampaign.errors import InputError
from target_activecampaign.report_page.figures import read_figures, read_runs
from target_activecampaign.report_page.membership import membership_section
from target_activecampaign.report_page.page import make_page
from target_activecampaign.report_page.room import room_section
from target_activecampaign.report_page.sentences import Sentences
from target_activecampaign.reporting.reasons import LEFT_ALONE, REJECTED

MOST_BYTES = 300_000
NEXT_STEP = "mend rejects.csv, then   target-activecampaign send rejects.csv"
SAID = Sentences("The <verdict>.", "The sum.", f"Next: {NEXT_STEP}")
CSP = "default-src 'none'; style-src 'unsafe-inline'"
TITLES = {
    "records": "What became of the records",
    "rejected": "Who was rejected, and why",
    "pace": "Was it fast?",
    "imports": "How long did ActiveCampaign take?",
    "room": "Is there room?",
    "membership": "Membership",
    "runs": "The last 30 runs",
    "engineers": "For engineers",
    "words": "What the words mean",
}


class Parsed(HTMLParser):
    """A page as its reader has it: elements with attributes, and the text of each section."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.cells: dict[str, list[list[str]]] = {}
        self.text: dict[str, str] = {}
        self._section, self._part = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._part = tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if known := dict(attrs).get("id"):
            self.ids.append(known)
        if tag in {"section", "header", "footer"}:
            self._section = dict(attrs).get("id") or tag
        if tag == "tr":
            self.cells.setdefault(self._section, []).append([])
        if tag in {"td", "th"}:
            self.cells[self._section][-1].append("")

    def handle_data(self, data: str) -> None:
        self.text[self._section] = self.text.get(self._section, "") + data
        if self._part in {"td", "th"} and data.strip():
            self.cells[self._section][-1][-1] += data

    def values(self, name: str) -> list[str]:
        return [value for _, key, value in self.attributes if key == name]


def page_of(report: made_up.Report, runs: t.Sequence[made_up.Report] = ()) -> str:
    return make_page(report, runs, file="reports/night.json", in_words=lambda _: SAID)


REPORTS = {
    one.__name__: one
    for one in (made_up.rejects_up, made_up.a_million, made_up.removals, made_up.old, made_up.hostile)
}
"""Those that have every section between them; a browser looks at the other kinds of runs, too."""


class Pages(dict[str, Parsed]):
    """Draws each page when it is first asked for: plots take a while."""

    def __missing__(self, name: str) -> Parsed:
        runs = made_up.last_runs() if name in {"rejects_up", "hostile"} else []
        self[name] = Parsed(page_of(REPORTS[name](), runs))
        return self[name]


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages()


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_small_and_reaches_for_nothing(pages: Pages, name: str) -> None:
    page = pages[name]
    assert len(page.page.encode()) <= MOST_BYTES
    assert not page.tags.keys() & {"script", "link", "img", "iframe", "object", "embed", "a", "image", "base"}
    assert not re.search(r"https?:|url\((?!#)|@import|javascript:", page.page)
    names = {name for _, name, _ in page.attributes}
    assert [name for name in names if name in {"src", "action", "data"} or name.startswith("on")] == []
    assert all(value.startswith("#") for value in page.values("href"))
    assert page.page.count(f'<meta http-equiv="Content-Security-Policy" content="{CSP}">') == 1


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_whole_for_a_screen_reader(pages: Pages, name: str) -> None:
    page = pages[name]
    assert page.tags["h1"] == 1
    assert page.tags["table"] == page.tags["caption"]
    assert page.tags["svg"] == page.tags["figure"] == page.tags["desc"]
    assert page.values("lang") == ["en"]
    assert [one for one in page.ids if page.ids.count(one) > 1] == []
    targets = {one for value in page.values("aria-labelledby") for one in value.split()}
    targets |= set(re.findall(r"url\(#([^)]+)\)", page.page))
    assert targets <= set(page.ids)
    assert page.tags["th"] == len(page.values("scope"))


@pytest.mark.parametrize("name", REPORTS)
def test_a_plot_has_its_figures_as_a_table_and_the_colours_of_the_page(pages: Pages, name: str) -> None:
    page = pages[name]
    assert page.tags["details"] == page.tags["figure"] + 1  # one is for engineers
    plots = re.findall(r"<svg.*?</svg>", page.page, re.DOTALL)
    assert len(plots) == page.tags["svg"] > 0
    for plot in plots:
        assert not re.search(r"#[0-9a-fA-F]{6}|font-family|<style|<metadata|xlink|<!--", plot)
        assert {"--ink"} <= set(re.findall(r"var\((--\w+)\)", plot))


@pytest.mark.parametrize("name", REPORTS)
def test_every_section_is_there_or_named_as_left_out(pages: Pages, name: str) -> None:
    page = pages[name]
    said = page.text["footer"].partition("Left out, as the report has nothing on it: ")[2].partition(".\n")[0]
    left_out = set(said.split("; ")) if said else set()
    shown = {title for key, title in TITLES.items() if key in page.ids}
    assert shown | left_out == set(TITLES.values())
    assert not shown & left_out


def test_an_old_report_has_what_it_knows(pages: Pages) -> None:
    shown = [key for key in TITLES if key in pages["old"].ids]
    assert shown == ["records", "rejected", "room", "engineers", "words"]


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "hostile"])
def test_the_outcomes_stand_in_the_table_and_add_up(pages: Pages, name: str) -> None:
    rows = pages[name].cells["records"]
    outcomes = rows[1 : next(place for place, row in enumerate(rows) if row[0] == "stream")]
    figures = [int(row[1].replace(",", "")) for row in outcomes]
    assert sum(figures) == REPORTS[name]()["read"]
    assert 0 not in figures


def test_the_verdict_is_the_heading_and_the_next_step_beside_it(pages: Pages) -> None:
    page = pages["rejects_up"]
    assert "<h1>The &lt;verdict&gt;.</h1>" in page.page
    assert f"<p>{NEXT_STEP}</p>" in page.page
    assert "The sum." in page.text["records"]
    text = page.text["verdict"]
    for fact in ("rejects up", "Newsletter (3)", "acme", "2026-11-30 02:00 UTC", "2 min 31 s", "44", "0.2.0"):
        assert fact in text
    assert "reports/night.json" in text


def test_reasons_come_with_meaning_remedy_places_and_the_run_before(pages: Pages) -> None:
    rows = {row[0]: row[1:] for row in pages["rejects_up"].cells["rejected"] if len(row) == 5}
    assert rows["email_missing"] == [
        "5,890",
        "0",
        "The address is empty. Look for the address, or leave these records out.",
        "row 19, 20, 21, 22, 23",
    ]
    assert rows["email_invalid"][:2] == ["1,602", "12"]
    assert ["Language", "111"] in pages["rejects_up"].cells["rejected"]


def test_every_reason_of_the_closed_lists_is_explained() -> None:
    assert set(REJECTED) == {reason.value for reason in Reason}
    assert set(LEFT_ALONE) == {reason.value for reason in LeftAlone}


def test_the_pace_stands_against_the_ceiling_and_waits_have_lanes(pages: Pages) -> None:
    svg = re.search(r"<svg[^>]*pace-title.*?</svg>", pages["a_million"].page, re.DOTALL)
    assert svg
    assert "ceiling 25,000" in svg[0]
    assert all(f">{lane}</text>" in svg[0] for lane in ("the import limit", "the tap", "imports to end"))
    assert "stroke-dasharray" in svg[0]
    waits = [row for row in pages["a_million"].cells["pace"] if len(row) == 3]
    assert waits[1] == ["the import limit", "984", "40.0 %"]


def test_a_table_of_points_has_fifty_rows_and_says_of_how_many(pages: Pages) -> None:
    rows = [row for row in pages["a_million"].cells["pace"] if len(row) == 4]
    assert len(rows) == 51
    assert "50 of 200 points" in pages["a_million"].text["pace"]


def test_the_day_on_which_the_contract_is_full_is_told_by_the_last_runs() -> None:
    """Five runs in four days added 400: 100 a day, and room for 1,000 is left: ten days."""
    runs = [made_up.last_run(number, is_last=False) | {"created": 100} for number in range(20, 25)]
    report = made_up.good_night() | {"contract": {"limit": 11_000, "before": 9_900, "after": 10_000}}
    known, few = (room_section(read_figures(report), read_runs(these)) for these in (runs, runs[1:]))
    assert known
    assert known.sentences[1].endswith("(100 new contacts a day) it is full on about 2026-11-20.")
    assert few
    assert few.sentences[1] == "When it is full can be told after 5 runs."


def test_the_last_runs_mark_this_one_and_name_those_that_did_not_end_well(pages: Pages) -> None:
    text = pages["rejects_up"].text["runs"]
    assert "40 (lost), 41 (failed), 44 (rejects up)" in text
    assert "This run is 44" in text
    assert pages["rejects_up"].cells["runs"][1][:3] == ["44", "2026-11-30 02:00 UTC", "rejects up"]
    lost = next(row for row in pages["rejects_up"].cells["runs"] if row[0] == "40")
    assert lost[2:] == ["lost", "-", "250,000", "?", "?", "12"]


def test_removals_are_explained_and_the_brake_speaks(pages: Pages) -> None:
    assert ["joined_otherwise", "21", LEFT_ALONE["joined_otherwise"]] in pages["removals"].cells["membership"]
    section = membership_section(read_figures(made_up.braked()))
    assert section
    assert "85.7 %" in section.sentences[0]


def test_names_of_others_do_nothing(pages: Pages) -> None:
    page = pages["hostile"].page
    assert "<script>" not in page
    assert [c for c in page if not c.isprintable() and c != "\n"] == []
    assert "4,950 more streams are not shown." in page
    assert "&amp;" * 500 not in page


def test_the_same_report_gives_the_same_page(pages: Pages) -> None:
    assert page_of(made_up.rejects_up(), made_up.last_runs()) == pages["rejects_up"].page


def test_a_report_that_is_all_quotes_stays_small() -> None:
    """A quote takes five bytes in HTML, more than any other character of a name."""
    names = [f"{number}" + '"' * 200 for number in range(10_000)]
    report = made_up.hostile() | {
        "rejected": dict.fromkeys(names, 1),
        "left_out": dict.fromkeys(names, 1),
        "left_alone_reasons": dict.fromkeys(names, 1),
        "streams": dict.fromkeys(names, made_up.figures(delivered=1)),
        "settings": dict.fromkeys(names, '"' * 10_000),
        "requests_by": [{"endpoint": name, "status": name, "requests": 1} for name in names],
        "rejects": {"path": names[0], "reasons": {name: {"rows": names[:9]} for name in names}},
    }
    said = Sentences(*['"' * 10_000] * 3)
    page = make_page(report, made_up.last_runs(), in_words=lambda _: said)
    assert len(page.encode()) <= MOST_BYTES


def test_a_key_in_an_unknown_form_is_named_and_the_rest_is_shown() -> None:
    unknown = {"ended_at": "\ud800", "timeline": "soon", "contract": {"limit": -1}, "waiting": "long"}
    report = made_up.good_night() | unknown
    page = Parsed(page_of(report))
    said = " ".join(page.text["footer"].split())
    assert "this version can't read it: ended_at, contract, timeline, waiting." in said
    assert "imports" in page.ids
    assert "pace" not in page.ids


@pytest.mark.parametrize(
    ("key", "value"),
    [("read", "many"), ("rejected", [1]), ("exit_code", None), ("started_at", "yesterday"), ("read", -1)],
)
def test_what_is_no_report_is_refused_with_its_key(key: str, value: object) -> None:
    with pytest.raises(InputError, match=key):
        page_of(made_up.good_night() | {key: value})


def test_the_json_for_engineers_leaves_points_out_and_is_cut(pages: Pages) -> None:
    text = pages["a_million"].text["engineers"].partition("are left out:")[2]
    shown = json.loads(text)
    assert shown["read"] == 1_000_000
    assert "timeline" not in shown
    assert "more characters: see the report's file." in pages["hostile"].text["engineers"]


def test_a_run_of_nothing_has_a_page() -> None:
    page = Parsed(page_of(made_up.old_report() | {"read": 3}))  # of which no outcome is known
    assert "svg" not in page.tags
    assert "records" in page.ids
