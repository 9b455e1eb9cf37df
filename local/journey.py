"""The first journey of a stage: sync every source, send webhooks, tell what happened."""

from local.stage import Stage, Step

STEPS: tuple[Step, ...] = ()


def summary(stage: Stage) -> str:
    """What a person reads at the end."""
    return f"api       {stage.endpoint}  Host: {stage.api_host}"
