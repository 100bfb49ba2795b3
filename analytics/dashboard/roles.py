"""Who may do what in Superset. Whatever that is, the warehouse is asked with an identity that only reads."""

import secrets
from typing import Any

ANALYST = "Analyst"
# Owns what is imported. Nobody signs in by this name: on Cloud Run names are emails.
IMPORTER = "darkroom"


def make_analyst(security_manager: Any) -> None:
    """Asks everything, by charts and by SQL, and keeps charts and dashboards of their own; changes
    neither connections nor what others own.
    """
    role = security_manager.add_role(ANALYST)
    role.permissions = list(
        {
            *security_manager.find_role("Gamma").permissions,
            *security_manager.find_role("sql_lab").permissions,
            *(
                security_manager.find_permission_view_menu(name, name)
                for name in ("all_database_access", "all_datasource_access")
            ),
        }
    )
    security_manager.session.commit()


def importer(security_manager: Any) -> Any:
    password = secrets.token_urlsafe(32)
    return security_manager.find_user(IMPORTER) or security_manager.add_user(
        IMPORTER, "Darkroom", "", IMPORTER, security_manager.find_role("Admin"), password
    )
