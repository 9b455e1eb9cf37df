"""No recorded payload of the four vendors is left out of the tests beside this one."""

from tests.conformance.payloads.recorded import (
    FOLDER,
    beside,
)

pytestmark = beside

READ = {
    "shopify": {
        "rest_2026-07_customer_get.json", "rest_2026-07_customers_list.json",
        "rest_2026-07_customer_marketing_consent_update.json", "pysdk_customer.json",
        "rest_2026-07_orders_updated_at_min.json", "rest_2026-07_refunds.json",
        "graphql_order_recorded.json", "graphql_customerCreate_recorded.json",
        "graphql_access_denied_protected_customer_data.json", "privacy_webhooks_docs_sample.json",
    },
    "mailchimp": {
        "member_recorded.json", "member_delete_recorded.json", "webhook_form_bodies_docs.json",
        "campaigns_recorded.json",
    },
    "zendesk": {
        "user_recorded.json", "user_delete_recorded.json", "incremental_users_cursor_recorded.json",
        "incremental_tickets_time_recorded.json", "webhook_event_user_docs_sample.json",
    },
    "hubspot": {
        "contact_update_recorded.json", "contact_delete_recorded.json",
        "dlt_mock_contacts_data.json", "dlt_mock_deals_data.json", "dlt_mock_tickets_data.json",
        "webhook_batch_docs_sample.json", "webhook_batches_recorded.json",
    },
}  # fmt: skip


def test_no_recorded_file_is_left_out() -> None:
    for vendor, names in READ.items():
        assert {path.name for path in (FOLDER / vendor).glob("*.json")} == names
