"""Who somebody is: on Cloud Run whoever Identity-Aware Proxy let in, on a laptop its one user."""

import os
import secrets
from typing import Any

import iap
from flask import Request, g
from roles import ANALYST
from superset.security import SupersetSecurityManager

LAPTOPS_USER = "analyst"


def is_behind_proxy() -> bool:
    return "IAP_AUDIENCE" in os.environ


class SecurityManager(SupersetSecurityManager):  # type: ignore[misc]
    """Nobody signs in to Superset itself: each request says whose it is."""

    def request_loader(self, request: Request) -> Any:
        name = iap.email(request.headers.get(iap.HEADER)) if is_behind_proxy() else LAPTOPS_USER
        # Whoever is being made is asked for while it is: Superset writes down who makes what.
        if not name or g.get("makes_user"):
            return None
        return self.find_user(name) or self.make_user(name)

    def make_user(self, name: str) -> Any:
        g.makes_user = True
        # Superset wants a password of everyone; nobody knows this one.
        password = secrets.token_urlsafe(32)
        user = self.add_user(name, name, "", name, self.find_role(ANALYST), password)
        g.makes_user = False
        # A page asks for many things at once: another request may have made the user meanwhile.
        return user or self.find_user(name)
