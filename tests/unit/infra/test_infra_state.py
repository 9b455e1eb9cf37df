"""What is kept outlives every deployment."""

import pytest

from tests.unit.infra.template import Template, points_to

KEPT = {
    "Key": "AWS::KMS::Key",
    "GraphTable": "AWS::DynamoDB::Table",
    "JournalTable": "AWS::DynamoDB::Table",
    "UserPool": "AWS::Cognito::UserPool",
    "UserPoolClient": "AWS::Cognito::UserPoolClient",
}
"""Never change these: a new logical id is a new and empty resource."""


@pytest.mark.parametrize("logical_id", KEPT)
def test_what_is_kept_has_a_frozen_name_and_survives_its_stack(
    state: Template, logical_id: str
) -> None:
    resource = state.resources[logical_id]
    assert resource["Type"] == KEPT[logical_id]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_nothing_that_is_kept_is_in_the_stack_of_what_runs(flow: Template) -> None:
    kinds = {each["Type"] for each in flow.resources.values()}
    assert not kinds & set(KEPT.values())


@pytest.mark.parametrize("name", ["GraphTable", "JournalTable"])
def test_a_table_is_encrypted_recoverable_and_paid_by_use(state: Template, name: str) -> None:
    table = state.resources[name]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["SSESpecification"]["SSEEnabled"]
    assert points_to(table["SSESpecification"]["KMSMasterKeyId"]) == "Key"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["DeletionProtectionEnabled"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [
        ("pk", "HASH"),
        ("sk", "RANGE"),
    ]


def test_only_the_graph_announces_its_changes(state: Template) -> None:
    streams = {
        name: table.get("StreamSpecification")
        for name, table in state.of("AWS::DynamoDB::Table").items()
    }
    assert streams == {
        "GraphTable": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "JournalTable": None,
    }


def test_the_key_rotates_and_serves_the_services_that_put_messages(state: Template) -> None:
    key = state.resources["Key"]["Properties"]
    assert key["EnableKeyRotation"]
    services = next(
        statement
        for statement in key["KeyPolicy"]["Statement"]
        if "Service" in statement["Principal"]
    )
    assert set(services["Principal"]["Service"]) == {
        "events.amazonaws.com",
        "cloudwatch.amazonaws.com",
    }
    assert services["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert services["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_people_cannot_sign_themselves_up_and_get_one_of_three_roles(state: Template) -> None:
    pool = state.resources["UserPool"]["Properties"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
    groups = state.of("AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == {"agent", "operator", "privacy"}
    client = state.resources["UserPoolClient"]["Properties"]
    assert "ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]
