"""The HTTP API: webhooks without a token, everything else with one."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.functions import Function
from infra.queues import as_json
from infra.target import Target

WEBHOOKS = "/webhooks/{source}"
ROUTES: Mapping[str, tuple[str, ...]] = {
    "receive": (f"POST {WEBHOOKS}", f"GET {WEBHOOKS}"),
    "context": ("GET /v1/context", "GET /v1/customers/{id}"),
    "operate": (
        "GET /v1/status",
        "GET /v1/sources",
        "POST /v1/sources/{name}/sync",
        "GET /v1/why",
        "GET /v1/quarantine",
        "GET /v1/reviews",
    ),
    "evidence": (
        "GET /v1/explain",
        "POST /v1/customers/merge",
        "POST /v1/customers/{id}/split",
        "POST /v1/reviews/{id}/accept",
        "POST /v1/reviews/{id}/reject",
        "POST /v1/identifiers/mark",
        "GET /v1/policy",
        "POST /v1/policy",
        "POST /v1/policy/diff",
        "POST /v1/policy/adoption",
        "GET /v1/rekey",
        "POST /v1/rekey",
        "POST /v1/rekey/turn",
    ),
}
"""Function → its routes. What `receive` serves is authorised by the vendor's signature."""

LOGGED = ("requestId", "requestTime", "routeKey", "status", "responseLength", "integrationLatency")
"""Never the address, the path or the query: they hold personal data."""


@dataclass(frozen=True)
class Issuer:
    """Who issues the tokens, and for whom."""

    url: str
    audience: str


class Api(Construct):
    """The API and its stage; each route leads to one function."""

    def __init__(
        self, scope: Construct, target: Target, issuer: Issuer, functions: Mapping[str, Function]
    ) -> None:
        super().__init__(scope, "Api")
        self.api = apigateway.HttpApi(
            self, "Http", api_name=target.name(), create_default_stage=False
        )
        self._stage(target)
        jwt = authorizers.HttpJwtAuthorizer(
            "Tokens", issuer.url, jwt_audience=[issuer.audience], authorizer_name="tokens"
        )
        for name, routes in ROUTES.items():
            leads_to = integrations.HttpLambdaIntegration(name, functions[name].lambda_function)
            for route in routes:
                self._route(route, leads_to, None if name == "receive" else jwt)

    def _route(
        self,
        route: str,
        leads_to: integrations.HttpLambdaIntegration,
        authorizer: authorizers.HttpJwtAuthorizer | None,
    ) -> None:
        method, path = route.split(" ")
        for made in self.api.add_routes(
            path=path,
            methods=[apigateway.HttpMethod[method]],
            integration=leads_to,
            authorizer=authorizer or apigateway.HttpNoneAuthorizer(),
        ):
            if authorizer is None:
                reason = "vendors sign what they send; the function refuses what is not signed"
                acknowledge(made, {"AwsSolutions-APIG4": reason})

    def _stage(self, target: Target) -> None:
        log_group = logs.LogGroup(
            self,
            "Access",
            # For a group elsewhere API Gateway adds to the account's log policy, until it is full.
            log_group_name=f"/aws/vendedlogs/sluice/{target.stage}/api",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn,
                format=as_json({name: f"$context.{name}" for name in LOGGED}),
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_burst_limit=400, throttling_rate_limit=200
            ),
        )
