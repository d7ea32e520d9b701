"""What single items and collections show: memberships, tags, filters, pages."""

from __future__ import annotations

import typing as t

from contract.points import NO, YES, Finding, point

if t.TYPE_CHECKING:
    from contract.workbench import Workbench

CREATED = 201


@point("contacts-beside-membership", "Whether POST /contactLists answers with `contacts` too", NO, YES)
def contacts_beside_membership(bench: Workbench) -> Finding:
    answer = bench.set_status(bench.make_contact("member"), 1)
    return Finding(YES if "contacts" in answer.body else NO)


@point("include-memberships", "Whether `include=contactLists` brings memberships beside contacts", YES, NO)
def include_memberships(bench: Workbench) -> Finding:
    contact = bench.make_contact("included")
    bench.set_status(contact, 1)
    answer = bench.session.get("/contacts", email=bench.address("included"), include="contactLists")
    memberships = bench.expected(answer).body.get("contactLists", [])
    return Finding(YES if [str(entry["contact"]) for entry in memberships] == [str(contact)] else NO)


@point("filter-by-list", "Whether GET /contactLists takes `filters[list]` and `filters[status]`", YES, NO)
def filter_by_list(bench: Workbench) -> Finding:
    subscribed, left = (bench.make_contact(name) for name in ("stays", "leaves"))
    bench.set_status(subscribed, 1)
    bench.set_status(left, 2)
    query = {"filters[list]": bench.list_id, "filters[status]": 2}
    found = bench.expected(bench.session.get("/contactLists", **query)).body["contactLists"]
    kinds = {(str(entry["list"]), str(entry["status"])) for entry in found}
    is_found = str(left) in {str(entry["contact"]) for entry in found}
    return Finding(YES if is_found and kinds == {(str(bench.list_id), "2")} else NO)


@point("id-greater", "Whether contacts can be walked by `id_greater` in the order of their ids", YES, NO)
def id_greater(bench: Workbench) -> Finding:
    ids = [bench.make_contact(name) for name in ("walk-b", "walk-a", "walk-c")]
    query = {"id_greater": ids[0], "orders[id]": "ASC", "limit": 2}
    found = bench.expected(bench.session.get("/contacts", **query)).body["contacts"]
    return Finding(YES if [int(entry["id"]) for entry in found] == ids[1:] else NO)


@point("page-of-101", "A `limit` of 101", "cut", "taken")
def page_of_101(bench: Workbench) -> Finding:
    query = {"email": bench.address("nobody"), "limit": 101}
    used = int(bench.expected(bench.session.get("/contacts", **query)).body["meta"]["page_input"]["limit"])
    return Finding({100: "cut", 101: "taken"}.get(used, "neither"), f"the answer names {used}")


@point("tag-case", "A tag's name in capitals", "same", "another")
def tag_case(bench: Workbench) -> Finding:
    name = f"contract-suite {bench.run} tag"
    bench.made("/tags", {"tag": {"tag": name, "tagType": "contact", "description": ""}})
    answer = bench.session.post("/tags", {"tag": {"tag": name.upper(), "tagType": "contact"}})
    return Finding("another" if answer.status == CREATED else "same", f"status {answer.status}")


@point("tag-twice", "The status of POST /contactTags for a tag that the contact has", "200", "201")
def tag_twice(bench: Workbench) -> Finding:
    tag = bench.made("/tags", {"tag": {"tag": f"contract-suite {bench.run} twice", "tagType": "contact"}})
    link = {"contactTag": {"contact": str(bench.make_contact("tagged")), "tag": str(tag["tag"]["id"])}}
    bench.made("/contactTags", link)
    return Finding(str(bench.session.post("/contactTags", link).status))


@point("sms-lists", "A list of text messages in GET /lists without a channel", "shown", "hidden")
def sms_lists(bench: Workbench) -> Finding:
    made = bench.make_list("texts", channel="sms")
    found = bench.expected(
        bench.session.get("/lists", **{"filters[name]": f"contract-suite {bench.run} texts"})
    )
    return Finding("shown" if str(made) in [str(entry["id"]) for entry in found.body["lists"]] else "hidden")
