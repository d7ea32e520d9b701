"""The endpoints of REST API v3, one module a subject: from a call to an answer, over the account's state."""
