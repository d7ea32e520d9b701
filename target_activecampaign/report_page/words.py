"""Owns what the words of the page mean."""

from __future__ import annotations

WORDS = {
    "delivered": "ActiveCampaign confirmed it.",
    "new, updated": "It was not, or was, a contact before.",
    "unchanged": "ActiveCampaign has exactly this already, so nothing was sent.",
    "merged repeat": "The same address came twice: one contact, with the latest values.",
    "rejected": "It can't be sent as it is.",
    "held back": "It would be sent, but there is no room.",
    "without an answer": "It was sent and not confirmed; the next run clears it.",
}
"""Word to meaning, as in the README."""
