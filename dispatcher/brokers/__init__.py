"""Ready configurations for brokers: who there is, what each may say and hear, in their formats."""
