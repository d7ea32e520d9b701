"""What the importer does with contacts: refusals, failures, values, lists."""

from __future__ import annotations

import typing as t

from contract.points import Finding, point

if t.TYPE_CHECKING:
    from contract.session import Answer
    from contract.workbench import Workbench

UNKNOWN_ID = 99_999_999
MALFORMED = "no-address"
ACCEPTED, REFUSED = "accepted", "refused"
IN_FAILURE = "failure"
BATCH_OVER_LIMIT = 251
BYTES_OVER_LIMIT = 400_000
LEFT, SUBSCRIBED = "2", "1"


@point("success-key", "How an accepted import spells its first key", "Success", "success")
def success_key(bench: Workbench) -> Finding:
    body = bench.bring_in({"email": bench.address("spelled")}).accepted.body
    return Finding(next((key for key in ("Success", "success") if key in body), "neither"))


@point("early-status", "The status of an import right after it was accepted", "false", "waiting")
def early_status(bench: Workbench) -> Finding:
    status = bench.bring_in({"email": bench.address("early")}).first["status"]
    if status in ("completed", "claimed", "active"):
        return Finding(None, f"the import was {status} already")
    return Finding("false" if status is False else str(status))


@point("unknown-batch", "The answer to a batchId that was never given out", "false", "404", "400")
def unknown_batch(bench: Workbench) -> Finding:
    answer = bench.session.get("/import/info", batchId="00000000-0000-4000-8000-000000000000")
    is_false = answer.status == 200 and answer.body["status"] is False
    return Finding("false" if is_false else str(answer.status), f"status {answer.status}")


@point("positions", "Where the position of a bad contact counts from", "from-one", "from-zero")
def positions(bench: Workbench) -> Finding:
    fine = [{"email": bench.address(name)} for name in ("first", "second")]
    named = _named(bench.submit(*fine, {"email": MALFORMED}))
    reading = {3: "from-one", 2: "from-zero"}.get(named[0], "neither")
    return Finding(reading, f"the third of three is named as {named[0]}")


@point("refusal-names", "Which bad contacts a refused batch names", "all", "first")
def refusal_names(bench: Workbench) -> Finding:
    named = _named(bench.submit({"email": bench.address("fine")}, {"email": MALFORMED}, {"email": "@"}))
    return Finding({2: "all", 1: "first"}.get(len(named), "neither"), f"of two {len(named)} named")


@point("empty-batch", "A batch without contacts", REFUSED, ACCEPTED)
def empty_batch(bench: Workbench) -> Finding:
    return _taken(bench.submit_as_is([]))


@point("batch-of-251", "A batch of 251 contacts", REFUSED, ACCEPTED)
def batch_of_251(bench: Workbench) -> Finding:
    return _taken(bench.submit_as_is([{"email": bench.address("often")}] * BATCH_OVER_LIMIT))


@point("oversize", "A body of 400,000 bytes", REFUSED, ACCEPTED)
def oversize(bench: Workbench) -> Finding:
    contacts = [{"email": bench.address("large")}, {"email": bench.address("companion")}]
    return _taken(bench.submit_as_is(contacts, x_padding="x" * BYTES_OVER_LIMIT))


@point("success-names", "Whose ids are in `success` of an ended import", "created", "created-and-updated")
def success_names(bench: Workbench) -> Finding:
    known = bench.make_contact("known")
    info = bench.bring_in({"email": bench.address("known")}, {"email": bench.address("new")}).info
    new = bench.find(bench.address("new"))["id"]
    named = {str(entry) for entry in info["success"]}
    readings = {frozenset({new}): "created", frozenset({new, str(known)}): "created-and-updated"}
    return Finding(readings.get(frozenset(named), "neither"), f"{len(named)} of one new and one known")


@point("queued-contacts", "What `queued_contacts` counts of one address twice", "as-sent", "distinct")
def queued_contacts(bench: Workbench) -> Finding:
    twice = {"email": bench.address("counted")}
    queued = int(bench.bring_in(twice, twice).accepted.body["queued_contacts"])
    return Finding({2: "as-sent", 1: "distinct"}.get(queued, "neither"), f"{queued} queued")


@point("same-address-twice", "Which of two entries of one address holds", "last-wins", "first-wins")
def same_address_twice(bench: Workbench) -> Finding:
    address = bench.address("twice")
    bench.bring_in({"email": address, "first_name": "Ada"}, {"email": address, "first_name": "Bea"})
    readings = {"Bea": "last-wins", "Ada": "first-wins"}
    return Finding(readings.get(bench.find(address)["firstName"], "neither"))


@point("address-case", "Whether an address in capitals is the same contact", "same", "another")
def address_case(bench: Workbench) -> Finding:
    known = bench.make_contact("capitals", firstName="Ada")
    bench.bring_in({"email": bench.address("capitals").upper(), "first_name": "Bea"})
    shown = bench.expected(bench.session.get(f"/contacts/{known}")).body["contact"]
    return Finding("same" if shown["firstName"] == "Bea" else "another")


@point("address-blanks", "Blanks around an address", "trim", "refuse")
def address_blanks(bench: Workbench) -> Finding:
    answer = bench.submit({"email": f" {bench.address('blanks')} "})
    if answer.status == 400:
        return Finding("refuse")
    bench.settle(bench.expected(answer).body["batchId"])
    return Finding("trim" if bench.find(bench.address("blanks")) else "neither")


@point("empty-values", "An empty first name for a contact that has one", "clear", "keep")
def empty_values(bench: Workbench) -> Finding:
    bench.make_contact("emptied", firstName="Ada")
    bench.bring_in({"email": bench.address("emptied"), "first_name": ""})
    name = bench.find(bench.address("emptied"))["firstName"]
    return Finding({"": "clear", "Ada": "keep"}.get(name, "neither"))


@point("unknown-field", "A custom field that the account does not have", "ignore", IN_FAILURE, "refuse")
def unknown_field(bench: Workbench) -> Finding:
    return _unknown(bench, "field", {"fields": [{"id": UNKNOWN_ID, "value": "x"}]})


@point("unknown-list", "A list that the account does not have", "ignore", IN_FAILURE, "refuse")
def unknown_list(bench: Workbench) -> Finding:
    return _unknown(bench, "list", {"subscribe": [{"listid": UNKNOWN_ID}]})


@point("unknown-option", "A value that is none of the field's options", "store", "ignore")
def unknown_option(bench: Workbench) -> Finding:
    stored = _stored_in_dropdown(bench, "neither of both")
    return Finding({"neither of both": "store", None: "ignore", "": "ignore"}.get(stored, "neither"))


@point("option-label", "The label of an option in place of its value", "converted", "as-unknown")
def option_label(bench: Workbench) -> Finding:
    stored = _stored_in_dropdown(bench, "Green")
    return Finding("converted" if stored == "g" else "as-unknown")


@point(
    "subscribe-and-unsubscribe", "One list in both keys of a subscribed contact", "unsubscribe", "subscribe"
)
def subscribe_and_unsubscribe(bench: Workbench) -> Finding:
    contact = bench.make_contact("both")
    bench.set_status(contact, 1)
    both = {"subscribe": _this_list(bench), "unsubscribe": _this_list(bench)}
    bench.bring_in({"email": bench.address("both"), **both})
    status = bench.status_of(contact)
    readings = {LEFT: "unsubscribe", SUBSCRIBED: "subscribe"}
    return Finding(readings.get(status or "", "neither"), f"membership {status}")


@point("unsubscribe-stranger", "To unsubscribe who was never on the list", "nothing", "unsubscribed")
def unsubscribe_stranger(bench: Workbench) -> Finding:
    contact = bench.make_contact("stranger")
    bench.bring_in({"email": bench.address("stranger"), "unsubscribe": _this_list(bench)})
    status = bench.status_of(contact)
    readings = {None: "nothing", LEFT: "unsubscribed"}
    return Finding(readings.get(status, "neither"), f"membership {status}")


@point("left-list", "To subscribe a contact that left the list", IN_FAILURE, "skip-subscription")
def left_list(bench: Workbench) -> Finding:
    contact, info = _bring_back(bench, "left", bench.address("left"))
    name = bench.find(bench.address("left"))["firstName"]
    status, failed = bench.status_of(contact), len(info["failure"])
    evidence = (
        f"membership {status}, {failed} in failure, its first name {'' if name == 'Bea' else 'not '}written"
    )
    readings = {(LEFT, 1, "Ada"): IN_FAILURE, (LEFT, 0, "Bea"): "skip-subscription"}
    return Finding(readings.get((status or "", failed, name), "neither"), evidence)


@point("failure-spelling", "How an address in `failure` is spelled", "as-sent", "lower-case")
def failure_spelling(bench: Workbench) -> Finding:
    sent = bench.address("spelling").replace("spelling", "SpellinG")
    _, info = _bring_back(bench, "spelling", sent)
    if not info["failure"]:
        return Finding(None, "nothing failed")
    return Finding({sent: "as-sent", sent.lower(): "lower-case"}.get(info["failure"][0], "neither"))


@point("bounced", "An address that bounced", IN_FAILURE, "update")
def bounced(_bench: Workbench) -> Finding:
    return Finding(None, "no request makes an address bounce")


@point("deleted-contact", "A deleted address that is imported again", "new", "restored")
def deleted_contact(bench: Workbench) -> Finding:
    contact = bench.make_contact("deleted", firstName="Ada")
    bench.expected(bench.session.delete(f"/contacts/{contact}"))
    bench.bring_in({"email": bench.address("deleted")})
    again = bench.find(bench.address("deleted"))
    is_new = (str(again["id"]) != str(contact), again["firstName"]) == (True, "")
    evidence = f"the id is {'another' if str(again['id']) != str(contact) else 'the same'}"
    return Finding("new" if is_new else "restored", evidence)


def _named(answer: Answer) -> list[int]:
    """Return the positions that a refusal names."""
    return [int(reason["contact"]) for reason in answer.body["failureReasons"]]


def _taken(answer: Answer) -> Finding:
    return Finding(ACCEPTED if answer.status == 200 else REFUSED, f"status {answer.status}")


def _unknown(bench: Workbench, name: str, attributes: dict[str, object]) -> Finding:
    """Import a contact with something that the account does not have."""
    address = bench.address(f"unknown-{name}")
    answer = bench.submit({"email": address, **attributes})
    if answer.status == 400:
        return Finding("refuse")
    info = bench.settle(bench.expected(answer).body["batchId"])
    if info["failure"]:
        return Finding(IN_FAILURE)
    return Finding("ignore" if bench.find(address) else "neither")


def _stored_in_dropdown(bench: Workbench, value: str) -> str | None:
    """Import a value for a field with the options `r` (Red) and `g` (Green), and return the account's."""
    title = f"contract-suite {bench.run} {bench.session.point}"
    field = int(bench.made("/fields", {"field": {"title": title, "type": "dropdown"}})["field"]["id"])
    options = [{"field": field, "value": label[0].lower(), "label": label} for label in ("Red", "Green")]
    bench.made("/fieldOption/bulk", {"fieldOptions": options})
    bench.session.post("/fieldRels", {"fieldRel": {"field": field, "relid": 0}})
    address = bench.address(bench.session.point)
    bench.bring_in({"email": address, "fields": [{"id": field, "value": value}]})
    return bench.value_of(bench.find(address)["id"], field)


def _bring_back(bench: Workbench, name: str, address: str) -> tuple[int, t.Any]:
    """Import a contact to the list that it left; return its id and the import's info."""
    contact = bench.make_contact(name, firstName="Ada")
    bench.set_status(contact, 1)
    bench.set_status(contact, 2)
    came = {"email": address, "first_name": "Bea", "subscribe": _this_list(bench)}
    return contact, bench.bring_in(came).info


def _this_list(bench: Workbench) -> list[dict[str, int]]:
    return [{"listid": bench.list_id}]
