"""A live dispatcher besieged: real processes, killed and cut off, judged by a ledger of its own."""
