"""Who is fed by what: buses, schedules, routes, and what every function is told."""

import json
import sys

from events.catalogue import CATALOGUE
from schemas.settings import Settings
from tests.unit.infra.conftest import CONFIG
from tests.unit.infra.template import Template, points_to, text


def listeners(flow: Template) -> dict[str, set[str]]:
    """Function → the types of events that its queue takes."""
    heard: dict[str, set[str]] = {}
    names = flow.function_ids()
    fed = {
        points_to(mapping["EventSourceArn"]): names[points_to(mapping["FunctionName"])]
        for mapping in flow.of("AWS::Lambda::EventSourceMapping").values()
    }
    for rule in flow.of("AWS::Events::Rule").values():
        function = fed[points_to(rule["Targets"][0]["Arn"])]
        heard[function] = set(rule["EventPattern"]["detail-type"])
    return heard


def test_there_is_one_function_for_each_system_and_step(flow: Template) -> None:
    assert set(flow.functions()) == {
        *("receive", "resolve", "announce", "context", "operate", "evidence"),
        *("pull-shop-eu", "pull-shop-us", "pull-mailchimp", "pull-helpdesk"),
        *("deliver-mailchimp", "deliver-warehouse"),
    }


def test_every_event_of_the_catalogue_reaches_its_consumers(flow: Template) -> None:
    for function, heard in listeners(flow).items():
        step = function.partition("-")[0]
        assert heard == {name for name, entry in CATALOGUE.items() if step in entry.consumers}


def test_a_source_hears_only_what_is_about_it(flow: Template) -> None:
    sources = [
        rule["EventPattern"]["detail"]["source"]
        for rule in flow.of("AWS::Events::Rule").values()
        if "RecordChanged" in rule["EventPattern"]["detail-type"]
    ]
    assert sorted(sources) == [[f"sluice.{each}"] for each in sorted(CONFIG.sources)]


def test_a_schedule_asks_for_a_pull_as_the_bus_would(flow: Template) -> None:
    every = flow.of("AWS::Scheduler::Schedule").values()
    schedules = [each for each in every if each["Name"].startswith("sluice-dev-pull-")]
    assert {each["Name"]: each["ScheduleExpression"] for each in schedules} == {
        "sluice-dev-pull-shop-eu": "rate(15 minutes)",
        "sluice-dev-pull-shop-us": "rate(5 minutes)",
        "sluice-dev-pull-mailchimp": "rate(15 minutes)",
        "sluice-dev-pull-helpdesk": "rate(15 minutes)",
    }
    for schedule in schedules:
        source = schedule["Name"].removeprefix("sluice-dev-pull-")
        message = json.loads(schedule["Target"]["Input"])
        assert message["detail-type"] == "SyncRequested"
        assert message["source"] == message["detail"]["source"] == f"sluice.{source}"
        assert message["detail"]["type"] == CATALOGUE["SyncRequested"].type
        event = CATALOGUE["SyncRequested"].model.model_validate(message["detail"]["data"])
        assert event == CATALOGUE["SyncRequested"].model()
        assert "DeadLetterConfig" in schedule["Target"]


def test_an_adopted_policy_is_carried_out_a_turn_a_minute(flow: Template) -> None:
    every = flow.of("AWS::Scheduler::Schedule").values()
    (clock,) = [each for each in every if each["Name"] == "sluice-dev-evidence"]
    assert (clock["ScheduleExpression"], clock["Target"]["Input"]) == ("rate(1 minute)", "{}")


def test_every_function_shares_one_code_asset_one_layer_and_this_runtime(flow: Template) -> None:
    functions = flow.functions().values()
    assert len({json.dumps(each["Code"]) for each in functions}) == 1
    assert len({json.dumps(each["Layers"]) for each in functions}) == 1
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert {each["Runtime"] for each in functions} == {minor}
    assert {tuple(each["Architectures"]) for each in functions} == {("arm64",)}


def test_every_function_is_traced_and_its_log_ends_after_a_month(flow: Template) -> None:
    for function in flow.functions().values():
        assert function["TracingConfig"] == {"Mode": "Active"}
        log_group = flow.resources[points_to(function["LoggingConfig"]["LogGroup"])]
        assert log_group["Properties"]["RetentionInDays"] == 30


def test_the_environment_is_what_the_settings_read_back(flow: Template) -> None:
    for name, function in flow.functions().items():
        variables = {
            key: text(value) for key, value in function["Environment"]["Variables"].items()
        }
        settings = Settings.from_environment(variables)
        assert settings.environment() == variables
        assert (settings.stage, settings.function) == ("dev", name)
        assert settings.system == name.partition("-")[2]
        assert all((settings.graph_table, settings.journal_table))
        assert all((settings.inbound_bus, settings.outbound_bus))


def test_only_webhooks_are_taken_without_a_token(flow: Template) -> None:
    routes = flow.of("AWS::ApiGatewayV2::Route").values()
    open_routes = {each["RouteKey"] for each in routes if each["AuthorizationType"] == "NONE"}
    assert open_routes == {"POST /webhooks/{source}", "GET /webhooks/{source}"}
    closed = {each["RouteKey"] for each in routes} - open_routes
    assert {"GET /v1/context", "GET /v1/customers/{id}", "GET /v1/status"} <= closed
    (authorizer,) = flow.of("AWS::ApiGatewayV2::Authorizer").values()
    issuer = text(authorizer["JwtConfiguration"]["Issuer"])
    assert issuer.startswith("https://cognito-idp.${AWS::Region}.amazonaws.com/")


def test_the_access_log_holds_no_personal_data_and_the_api_is_throttled(flow: Template) -> None:
    (stage,) = flow.of("AWS::ApiGatewayV2::Stage").values()
    logged = stage["AccessLogSettings"]["Format"]
    for personal in ("sourceIp", 'path"', "query", "claims", "userAgent", "protocol"):
        assert personal not in logged
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"]


def test_the_stack_tells_the_tools_where_things_are(flow: Template) -> None:
    assert set(flow.outputs) == {
        *("ApiUrl", "UserPoolId", "UserPoolClientId", "Region", "Queues"),
        *("GraphTable", "JournalTable", "InboundBus", "OutboundBus"),
    }
    queues = text(flow.outputs["Queues"]["Value"])
    for system in (*CONFIG.sources, "mailchimp"):
        assert f'"pull-{system}":' in queues
    assert '"announce-dead":' in queues
