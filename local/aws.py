"""`make deploy STAGE=…`: builds, deploys to AWS with boto3 alone, and prepares the stage."""

import argparse
import os
import sys
from collections.abc import Sequence
from random import random
from time import sleep

import boto3
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws import Aws
from adapters.table import Table
from cli import files
from local import deploy, prepare, synth, whereabouts
from local.deploy import Place
from local.install import ROOT
from local.programs import LocalError
from local.stage import HOME, POLICY, SLUICE
from local.telling import Teller
from schemas.errors import SluiceError

FAILURES = (LocalError, SluiceError, OSError, BotoCoreError, ClientError)


def run(stage: str, teller: Teller) -> None:
    """Builds and deploys; peppers are made once, and the first policy is adopted."""
    config, policy = files.both(SLUICE, POLICY)
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    teller.begin("account")
    place = _place(session)
    teller.end(f"{place.account}, {place.region}")
    teller.begin("build")
    assembly = synth.assembly(stage, config)
    teller.end(str(assembly.relative_to(ROOT)))
    teller.begin("deploy")
    outputs = deploy.deploy(assembly, place, teller.meanwhile)
    teller.end(outputs["ApiUrl"])
    teller.begin("prepare")
    for name, value in prepare.peppers():
        prepare.keep_secret(session.client("secretsmanager"), stage, name, value)
    told = prepare.policy(Table(_aws(session), outputs["GraphTable"]), policy)
    entry = {
        "api_url": outputs["ApiUrl"],
        "region": outputs["Region"],
        "client_id": outputs["UserPoolClientId"],
        "outputs": outputs,
    }
    whereabouts.write(HOME / "targets.json", stage, entry)
    teller.end(told)
    teller.write(f"Next: ./sluice connect SYSTEM --stage {stage}, for each system of sluice.yaml.")


def _place(session: boto3.Session) -> Place:
    if session.region_name is None:
        raise LocalError("No region is set: export AWS_REGION, or run aws configure.")
    account = session.client("sts").get_caller_identity()["Account"]
    return Place(
        cloudformation=session.client("cloudformation"),
        s3=session.client("s3"),
        account=account,
        region=session.region_name,
    )


def _aws(session: boto3.Session) -> Aws:
    """The functions' own client, as whoever deploys."""
    found = session.get_credentials()
    if found is None:
        raise LocalError("No AWS credentials were found: run aws configure.")
    frozen = found.get_frozen_credentials()
    signer = Credentials(str(frozen.access_key), str(frozen.secret_key), frozen.token)
    endpoint = session.client("dynamodb").meta.endpoint_url
    return Aws(str(session.region_name), lambda: signer, sleep, random, endpoint)


def main(arguments: Sequence[str]) -> int:
    """Exit code 0, or 1 with a message that says what to do."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--stage", required=True)
    given = parser.parse_args(arguments)
    if given.stage == synth.LOCAL:
        sys.stderr.write("The stage local is this machine: make up.\n")
        return 1
    try:
        run(given.stage, Teller())
    except FAILURES as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
