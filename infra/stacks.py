"""Two stacks: what is kept, and what flows. The second can be made anew at any time."""

from aws_cdk import Aws, CfnOutput, Stack
from constructs import Construct

from infra.alarms import Alarms
from infra.announce import Announce
from infra.api import Api, Issuer
from infra.buses import buses
from infra.context import context, operate
from infra.deliver import Deliver
from infra.evidence import evidence
from infra.functions import Function, Shared
from infra.pull import Pull
from infra.queues import Inbox
from infra.receive import receive
from infra.resolve import Resolve
from infra.storage import storage
from infra.target import Target
from infra.users import users
from schemas.config import Config

AUDIENCE = "sluice"
"""The audience of tokens from an issuer of the company's own."""


class State(Stack):
    """The key, the tables, the accounts: retained, with frozen logical ids."""

    def __init__(self, scope: Construct, target: Target) -> None:
        super().__init__(
            scope,
            target.name("state"),
            analytics_reporting=False,
            termination_protection=True,
            description=f"Sluice {target.stage}: customer graph, journal, key, API users",
        )
        self.storage = storage(self, target)
        self.users = users(self, target)


class Flow(Stack):
    """Buses, queues, functions, the API and the alarms, wired as the catalogue of events says."""

    def __init__(self, scope: Construct, target: Target, config: Config, state: State) -> None:
        super().__init__(
            scope,
            target.name(),
            analytics_reporting=False,
            description=f"Sluice {target.stage}: everything that runs",
        )
        self.target, self.config, self.state = target, config, state
        self.buses = buses(self, target)
        self.shared = shared = Shared(self, target, state.storage, self.buses)
        self.pulls = [Pull(self, shared, *each) for each in config.sources.items()]
        self.resolver = Resolve(self, shared)
        self.announce = Announce(self, shared)
        self.delivers = [Deliver(self, shared, *each) for each in config.destinations.items()]
        self.functions = self._served() | self._working()
        self.api = Api(self, target, self._issuer(), self.functions)
        self._watch()
        self._tell()

    @property
    def inboxes(self) -> list[Inbox]:
        """Every queue that a function works on."""
        return [
            *(pull.inbox for pull in self.pulls),
            self.resolver.inbox,
            *(deliver.inbox for deliver in self.delivers),
        ]

    def _served(self) -> dict[str, Function]:
        """The functions behind the API."""
        queues = [self.announce.parked.queue_arn]
        for inbox in self.inboxes:
            queues += [inbox.queue.queue_arn, inbox.dead.queue_arn]
        return {
            "receive": receive(self, self.shared, self.config),
            "context": context(self, self.shared),
            "operate": operate(self, self.shared, queues),
            "evidence": evidence(self, self.shared),
        }

    def _working(self) -> dict[str, Function]:
        """The functions behind queues and the stream."""
        made: list[Resolve | Announce | Pull | Deliver] = [self.resolver, self.announce]
        made += [*self.pulls, *self.delivers]
        return {each.function.job.name: each.function for each in made}

    def _issuer(self) -> Issuer:
        if self.config.issuer:
            return Issuer(self.config.issuer, AUDIENCE)
        pool, client = self.state.users
        return Issuer(
            f"https://cognito-idp.{Aws.REGION}.amazonaws.com/{pool.user_pool_id}",
            client.user_pool_client_id,
        )

    def _watch(self) -> None:
        alarms = Alarms(self, self.target, self.state.storage.key)
        for inbox in self.inboxes:
            alarms.dead_letters(inbox.name, inbox.dead)
        alarms.dead_letters("announce", self.announce.parked)
        alarms.behind("announce", self.announce.function.lambda_function)
        alarms.too_large()
        for name, function in self.functions.items():
            alarms.errors(name, function.lambda_function)
        alarms.unanswered(self.api.api)

    def _tell(self) -> None:
        """The outputs that the tools read."""
        kept, users_ = self.state.storage, self.state.users
        queues = {"announce-dead": self.announce.parked.queue_url}
        for inbox in self.inboxes:
            queues[inbox.name] = inbox.queue.queue_url
            queues[f"{inbox.name}-dead"] = inbox.dead.queue_url
        outputs = {
            "ApiUrl": self.api.api.api_endpoint,
            "UserPoolId": users_.pool.user_pool_id,
            "UserPoolClientId": users_.client.user_pool_client_id,
            "GraphTable": kept.graph.table_name,
            "JournalTable": kept.journal.table_name,
            "InboundBus": self.buses.inbound.event_bus_name,
            "OutboundBus": self.buses.outbound.event_bus_name,
            "Region": Aws.REGION,
            "Queues": self.to_json_string(queues),
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
