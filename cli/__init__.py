"""The `sluice` command; it reaches customers only through the HTTP API."""
