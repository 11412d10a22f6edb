"""This team's policies. To turn one off, delete its line."""

from tamr_provider.resources.policy import serve_policy_pack

serve_policy_pack(
    {
        "freeze-windows": {"windows": ["Fri 16:00 - Mon 08:00 Europe/Berlin"]},
        "promotion-order": {"order": ["staging", "prod"]},
        "allowed-tenants": {
            "tenants": {
                "staging": ["https://acme-staging.tamr.cloud"],
                "prod": ["https://acme.tamr.cloud"],
            },
        },
        "runs-per-day": {"maximum": 3},
    }
)
