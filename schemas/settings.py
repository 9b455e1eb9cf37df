"""What the environment tells a function; `infra` sets it from this very model."""

from collections.abc import Mapping

from schemas.frozen import Frozen

PREFIX = "SLUICE_"


class Settings(Frozen):
    """Read once, in `functions.wiring`; nothing else touches the environment."""

    stage: str
    function: str
    system: str = ""
    """The source or destination this function serves; empty where it serves all."""
    graph_table: str = ""
    journal_table: str = ""
    inbound_bus: str = ""
    outbound_bus: str = ""
    public_url: str = ""
    """Where webhooks reach us, as vendors sign it; empty: taken from the request."""
    metrics_namespace: str = "Sluice"

    @property
    def private_addresses(self) -> bool:
        """Whether vendors may be at private addresses: on the local stage only."""
        return self.stage == "local"

    def environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads back."""
        return {
            PREFIX + name.upper(): value for name, value in self.model_dump().items() if value != ""
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`; a missing one is a validation error that names it."""
        found = {
            name: environment[PREFIX + name.upper()]
            for name in cls.model_fields
            if PREFIX + name.upper() in environment
        }
        return cls.model_validate(found)
