"""An invented company: what four systems hold about some 200 people who do not exist."""
