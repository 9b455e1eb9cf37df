"""Who may call the API: a user pool with the three roles as groups, and one public client."""

from typing import NamedTuple

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.storage import freeze
from infra.target import Target

ROLES = ("agent", "operator", "privacy")


class Users(NamedTuple):
    """The pool that issues tokens and the client they are issued to."""

    pool: cognito.UserPool
    client: cognito.UserPoolClient


def users(scope: Construct, target: Target) -> Users:
    """Makes them, retained: the accounts of people are state."""
    pool = _pool(scope, target)
    for role in ROLES:
        cognito.CfnUserPoolGroup(
            scope, f"{role.title()}s", group_name=role, user_pool_id=pool.user_pool_id
        )
    client = pool.add_client(
        "Client",
        auth_flows=cognito.AuthFlow(user_password=True, user_srp=True),
        disable_o_auth=True,
        access_token_validity=Duration.hours(1),
        id_token_validity=Duration.hours(1),
        prevent_user_existence_errors=True,
    )
    client.apply_removal_policy(RemovalPolicy.RETAIN)
    freeze(client, "UserPoolClient")
    return Users(pool, client)


def _pool(scope: Construct, target: Target) -> cognito.UserPool:
    pool = cognito.UserPool(
        scope,
        "Users",
        user_pool_name=target.name(),
        self_sign_up_enabled=False,
        sign_in_aliases=cognito.SignInAliases(username=True),
        account_recovery=cognito.AccountRecovery.NONE,
        password_policy=cognito.PasswordPolicy(
            min_length=14,
            require_digits=True,
            require_lowercase=True,
            require_symbols=True,
            require_uppercase=True,
        ),
        mfa=cognito.Mfa.OPTIONAL,
        mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    freeze(pool, "UserPool")
    acknowledge(
        pool,
        {
            "AwsSolutions-COG2": "machine users of the API cannot answer a second factor; people "
            "may enrol one, and a company with its own identity provider sets `issuer` instead",
            "AwsSolutions-COG8": "threat protection needs the paid Plus plan: the company's choice",
            "AwsSolutions-COG3": "threat protection needs the paid Plus plan: the company's choice",
        },
    )
    return pool
