"""What happened, as models. `events.catalogue` is the map of the bus."""
