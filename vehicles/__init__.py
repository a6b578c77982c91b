"""What a Robovan is, says and obeys. No network code, no solver."""
