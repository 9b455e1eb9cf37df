"""Stand-ins for the SaaS systems: one process that speaks their HTTP on the loopback interface."""
