"""`python -m target_activecampaign`: the same as the command `target-activecampaign`."""

from target_activecampaign.target import TargetActiveCampaign

if __name__ == "__main__":
    TargetActiveCampaign.cli()
