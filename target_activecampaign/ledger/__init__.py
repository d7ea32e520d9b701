"""What earlier runs confirmed, in a database. Holds addresses and hashes, never a contact."""
