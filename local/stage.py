"""A whole stage on this machine: what it consists of, and the steps that bring it up."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.credentials import Credentials

from adapters.aws import Aws
from adapters.table import Table
from cli import files
from local import cloud, deploy, place, prepare, service, synth, vendors, whereabouts
from local.install import ROOT
from local.programs import LocalError, Running
from schemas import documents
from schemas.config import Config

HOME = ROOT / ".sluice"
NAME = "local"
SLUICE, POLICY = ROOT / "sluice.yaml", ROOT / "policy.yaml"
COUNTED = {
    "AWS::Lambda::Function": "functions",
    "AWS::DynamoDB::Table": "tables",
    "AWS::DynamoDB::GlobalTable": "tables",
    "AWS::SQS::Queue": "queues",
}
Say = Callable[[str], None]


@dataclass
class Stage:
    """One stage on this machine; the steps fill in what runs."""

    home: Path = HOME
    port: int = 0
    """For the cloud; 0 takes the last one or a free one."""
    persistent: bool = True
    recorded: bool = False
    config: Config = field(default_factory=lambda: files.both(SLUICE, POLICY)[0])
    running: Running | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """What the stand-ins call each system that they stand in for."""
    assembly: Path | None = None
    passwords: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stand_ins = vendors.stand_ins(self.config)
        self.invented = vendors.invented(self.config)
        self.shops = vendors.shops(self.config)

    @property
    def cloud(self) -> cloud.Cloud:
        """The cloud that it is deployed to."""
        return cloud.Cloud(self.home, self.persistent, self.recorded)

    @property
    def systems(self) -> service.Service:
        """The stand-ins."""
        return vendors.vendors(self.home, self.shops)

    @property
    def endpoint(self) -> str:
        """Where the cloud answers."""
        if self.running is None:
            raise LocalError("The local cloud is not running: make up starts it.")
        return service.endpoint(self.running)

    @property
    def file(self) -> Path:
        """What the command line reads to find the stage."""
        return self.home / "targets.json"

    @property
    def api_host(self) -> str:
        """The Host by which the cloud tells one API from another."""
        api = urlsplit(self.outputs["ApiUrl"]).netloc.partition(".")[0]
        return f"{api}.execute-api.localhost:{urlsplit(self.endpoint).port}"

    def client(self, name: Any) -> Any:  # noqa: ANN401 - boto3 makes its clients from data
        """A boto3 client of the local account's root user."""
        return place.session().client(name, endpoint_url=self.endpoint)


class Step(NamedTuple):
    """A step of coming up; it says what it does meanwhile, and returns what came of it."""

    name: str
    run: Callable[[Stage, Say], str]


def start_cloud(stage: Stage, say: Say) -> str:
    """Starts the cloud."""
    say("starting")
    stage.running = stage.cloud.start(stage.port)
    return f"127.0.0.1:{stage.running.port}, IAM enforced"


def start_systems(stage: Stage, say: Say) -> str:
    """Starts the stand-ins, and points the configuration to where they are."""
    if not stage.stand_ins:
        return "your own"
    say("inventing a company")
    running = service.start(stage.systems)
    stage.config = vendors.at_port(stage.config, running.port)
    return f"127.0.0.1:{running.port}, {len(stage.invented)} sources"


def build(stage: Stage, say: Say) -> str:
    """Builds the layer, the code and the template."""
    say("layer, code, template")
    stage.assembly = synth.assembly(synth.LOCAL, stage.config, stage.home.name.strip("."))
    return ", ".join(_counts(stage.assembly))


def deploy_stacks(stage: Stage, say: Say) -> str:
    """Deploys the template."""
    if stage.running is None or stage.assembly is None:
        raise LocalError("Nothing to deploy, or nowhere to deploy to.")
    try:
        stage.outputs = deploy.deploy(stage.assembly, place.of(stage.running), say)
    except LocalError as error:
        raise LocalError(f"{error}\n{place.reasons(stage.cloud.service.log)}".strip()) from error
    return f"{len(list(stage.assembly.glob('*.template.json')))} stacks"


def prepare_stage(stage: Stage, say: Say) -> str:
    """Puts secrets, the policy and users in place, and writes down how to reach the stage."""
    say("secrets")
    known = [*prepare.stand_in_secrets(stage.stand_ins), *prepare.peppers()]
    for name, value in known:
        prepare.keep_secret(stage.client("secretsmanager"), NAME, name, value)
    say("policy")
    policy = documents.policy(POLICY)
    told = prepare.policy(Table(_aws(stage), stage.outputs["GraphTable"]), policy)
    say("users")
    stage.passwords = prepare.make_users(
        stage.client("cognito-idp"), stage.outputs["UserPoolId"], _kept_passwords(stage)
    )
    _write(stage)
    return f"{len(known)} secrets, {told}"


STEPS = (
    Step("cloud", start_cloud),
    Step("systems", start_systems),
    Step("build", build),
    Step("deploy", deploy_stacks),
    Step("prepare", prepare_stage),
)


def stop(home: Path) -> None:
    """Stops everything that was started there, whatever its files say by now."""
    vendors.stop(home)
    cloud.Cloud(home).stop()


def _write(stage: Stage) -> None:
    """Tells the command line where the stage is, and how its local users sign in."""
    users = {role: {"username": role, "password": p} for role, p in stage.passwords.items()}
    entry = {
        "api_url": stage.endpoint,
        "host_header": stage.api_host,
        "endpoint": stage.endpoint,
        "region": cloud.REGION,
        "client_id": stage.outputs["UserPoolClientId"],
        "users": users,
        "outputs": stage.outputs,
        "log": str(stage.cloud.service.log),
    }
    whereabouts.write(stage.file, NAME, entry)


def _kept_passwords(stage: Stage) -> dict[str, str]:
    users = whereabouts.read(stage.file).get(NAME, {}).get("users", {})
    return {role: user["password"] for role, user in users.items()}


def _aws(stage: Stage) -> Aws:
    """The functions' own client, as the root user."""
    root = Credentials(cloud.ROOT_KEY, cloud.ROOT_KEY)
    return Aws(cloud.REGION, lambda: root, lambda _: None, lambda: 0.0, stage.endpoint)


def _counts(assembly: Path) -> list[str]:
    kinds = Counter(
        COUNTED.get(resource["Type"], "")
        for template in assembly.glob("*.template.json")
        for resource in json.loads(template.read_text())["Resources"].values()
    )
    return [f"{kinds[name]} {name}" for name in dict.fromkeys(COUNTED.values()) if kinds[name]]
