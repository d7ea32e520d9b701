"""Singer target that loads contacts into ActiveCampaign through its bulk importer."""

__version__ = "0.1.0"
