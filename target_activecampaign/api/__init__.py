"""ActiveCampaign over HTTP: requests, responses and rate limits. Knows no batch, ledger or report."""
