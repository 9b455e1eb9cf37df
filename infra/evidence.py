"""Who is who, what people decide about it, and the rules: one function, behind the API and a clock.

The clock carries out what an adopted policy or another pepper changes, a turn a minute, and settles
what was said of subjects whose records moved to another.
"""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.functions import Function, Job, Shared

READS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
WRITTEN = ("G#*", "I#*", "S#*", "POLICY", "ASKED#*", "L#read#*")
"""What verdicts and rules change; what was asked for; who read whom. Never a profile.

A dry run notes under `POLICY#*` what subjects would be linked by.
"""
RENAMED = ("N#*", "L#delivery#*")
"""Beside them, what has the key of an address or a word of a name, which another pepper changes."""


def evidence(scope: Construct, shared: Shared) -> Function:
    """Explains, adds verdicts, keeps policies, and settles what their rules change."""
    job = Job("evidence", "evidence", seconds=28, memory=1024)
    function = Function(scope, "Evidence", shared, job)
    function.reads_secret(shared.target.secret("pepper", "graph"))
    graph = shared.graph.table_arn
    function.may(*READS, on=graph)
    function.may("dynamodb:PutItem", "dynamodb:PartiQLInsert", on=graph, keys=WRITTEN)
    settles = ("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")
    function.may(*settles, on=graph, keys=("G#*", "I#*", "S#*", "PARTED", *RENAMED))
    function.may("dynamodb:PutItem", on=graph, keys=RENAMED)
    function.may("dynamodb:DeleteItem", on=graph, keys=("POLICY", "POLICY#*"))
    function.may("dynamodb:ConditionCheckItem", on=graph, keys=("POLICY",))
    function.may("dynamodb:UpdateItem", on=graph, keys=("POLICY#*",))
    journal = shared.journal.table_arn
    function.may("dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLInsert", on=journal)
    function.may("dynamodb:DeleteItem", on=journal, keys=("I#*",))
    function.uses_key(via="dynamodb")
    _every_minute(function)
    return function


def _every_minute(function: Function) -> None:
    role = iam.Role(function, "Clock", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
    arn = function.lambda_function.function_arn
    role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn]))
    schedule = scheduler.CfnSchedule(
        function,
        "Schedule",
        name=function.name,
        schedule_expression="rate(1 minute)",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=arn,
            role_arn=role.role_arn,
            input="{}",
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=60, maximum_retry_attempts=0
            ),
        ),
    )
    schedule.node.add_dependency(role.node.find_child("DefaultPolicy"))
