"""Each role allows what its function calls, and nothing else."""

import pytest

from tests.unit.infra.template import Template

READING_SECRETS = {
    "receive": {f"{each}/webhook" for each in ("shop-eu", "shop-us", "mailchimp", "helpdesk")},
    "pull-shop-eu": {"shop-eu/api"},
    "pull-shop-us": {"shop-us/api"},
    "pull-mailchimp": {"mailchimp/api"},
    "pull-helpdesk": {"helpdesk/api"},
    "resolve": {"pepper/graph"},
    "announce": {"pepper/graph"},
    "deliver-mailchimp": {"mailchimp/api", "pepper/graph"},
    "deliver-warehouse": {"warehouse/api", "pepper/graph"},
    "context": {"pepper/graph"},
    "operate": set[str](),
    "evidence": {"pepper/graph"},
}


@pytest.mark.parametrize("function", READING_SECRETS)
def test_a_function_reads_its_own_secrets_only(flow: Template, function: str) -> None:
    names = {
        resource.partition(":secret:sluice/dev/")[2].removesuffix("-??????")
        for grant in flow.grants(function)
        for resource in grant.resources
        if any(action.startswith("secretsmanager:") for action in grant.actions)
    }
    assert names == READING_SECRETS[function]


def test_a_secret_is_written_only_where_the_vendor_rotates_it(flow: Template) -> None:
    assert flow.able_to("secretsmanager:PutSecretValue") == {"pull-helpdesk"}
    assert flow.able_to("secretsmanager:PutSecretValue", "/helpdesk/api-") == {"pull-helpdesk"}


def test_only_announce_says_what_changed(flow: Template) -> None:
    assert flow.able_to("events:PutEvents", "Outbound") == {"announce"}


def test_only_what_takes_records_in_says_so(flow: Template) -> None:
    pulls = {"pull-shop-eu", "pull-shop-us", "pull-mailchimp", "pull-helpdesk"}
    assert flow.able_to("events:PutEvents", "Inbound") == {"receive", "operate", *pulls}


def test_a_pull_writes_only_its_own_rows(flow: Template) -> None:
    (rows,) = [
        grant.conditions["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for grant in flow.grants("pull-shop-eu")
        if "dynamodb:PutItem" in grant.actions
    ]
    assert set(rows) == {"SRC#shop-eu", "Q#shop-eu", "SYS#shop-eu", "STAT#shop-eu"}


WRITING = {f"dynamodb:{each}" for each in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")}


@pytest.mark.parametrize("function, rows", [("context", ["L#read#*"]), ("operate", ["ASKED#*"])])
def test_who_answers_questions_changes_no_customer(
    flow: Template, function: str, rows: list[str]
) -> None:
    written = [grant for grant in flow.grants(function) if WRITING & set(grant.actions)]
    (keys,) = [grant.conditions["ForAllValues:StringLike"] for grant in written]
    assert keys == {"dynamodb:LeadingKeys": rows}


def writers(flow: Template, rows: str, action: str = "dynamodb:PutItem") -> set[str]:
    """The functions that may write rows of such partitions; every write names them."""
    return {
        function
        for function in flow.functions()
        for grant in flow.grants(function)
        if action in grant.actions
        and rows in grant.conditions["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    }


def test_only_records_verdicts_and_rules_change_identifiers_and_islands(flow: Template) -> None:
    assert writers(flow, "I#*") == writers(flow, "G#*") == {"resolve", "evidence"}


def test_only_who_adopts_a_policy_writes_one(flow: Template) -> None:
    assert writers(flow, "POLICY") == {"evidence"}


def test_only_announce_writes_profiles_and_nobody_takes_one_away(flow: Template) -> None:
    assert writers(flow, "C#*") == writers(flow, "C#*", "dynamodb:PartiQLUpdate") == {"announce"}
    assert writers(flow, "C#*", "dynamodb:DeleteItem") == set()
    assert writers(flow, "N#*", "dynamodb:DeleteItem") == {"announce", "evidence"}


def test_what_was_withdrawn_is_taken_away_only_by_who_takes_it_to_another_key(
    flow: Template,
) -> None:
    """The journal outlives the graph: nobody else may take a row of it away, or change one."""
    able = {
        action: flow.able_to(f"dynamodb:{action}", "Journal")
        for action in ("DeleteItem", "PutItem", "UpdateItem", "BatchWriteItem", "PartiQLDelete")
    }
    assert able == {**{each: set[str]() for each in able}, "DeleteItem": {"evidence"}}
    assert writers(flow, "I#*", "dynamodb:DeleteItem") == {"resolve", "evidence"}


def test_a_delivery_adds_to_a_subject_and_changes_nothing_of_it(flow: Template) -> None:
    deliveries = {"deliver-mailchimp", "deliver-warehouse"}
    assert writers(flow, "S#*") == {"resolve", "evidence", *deliveries}
    assert writers(flow, "S#*", "dynamodb:UpdateItem") == {"resolve", "evidence"}
    assert writers(flow, "S#*", "dynamodb:DeleteItem") == {"resolve", "evidence"}


def test_a_delivery_may_check_that_a_name_is_free(flow: Template) -> None:
    """While keys come to another pepper, of its own list and of what it enters under subjects."""
    check = "dynamodb:ConditionCheckItem"
    assert writers(flow, "L#delivery#mailchimp#*", check) == {"deliver-mailchimp"}
    assert {"deliver-mailchimp", "deliver-warehouse"} <= writers(flow, "S#*", check)


def test_where_a_record_is_only_who_resolves_it_says(flow: Template) -> None:
    assert writers(flow, "R#*") == {"resolve"}
    assert writers(flow, "PARTED", "dynamodb:DeleteItem") == {"evidence"}


def test_no_action_is_a_wildcard_and_no_resource_but_where_there_is_none_to_name(
    flow: Template,
) -> None:
    nameless = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"}
    for function in flow.functions():
        for grant in flow.grants(function):
            assert not any("*" in action for action in grant.actions)
            assert "*" not in grant.resources or set(grant.actions) <= nameless


def test_the_key_is_used_through_a_service_only(flow: Template) -> None:
    for function in flow.functions():
        for grant in flow.grants(function):
            if any(action.startswith("kms:") for action in grant.actions):
                assert "kms:ViaService" in grant.conditions["StringEquals"]


def test_every_function_has_a_role_of_its_own_without_managed_policies(flow: Template) -> None:
    roles = [str(function["Role"]) for function in flow.functions().values()]
    assert len(set(roles)) == len(roles)
    for role in flow.of("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role
