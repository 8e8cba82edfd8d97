"""What the inside asks of whatever decides which release answers: a registry, a platform, a webhook."""

from typing import Protocol

from careloop.domain.deployment import Switched, SwitchOrder

__all__ = ["Deployer"]


class Deployer(Protocol):
    """Lets a release or the safe state answer in an environment."""

    def switch(self, order: SwitchOrder) -> Switched:
        """Carry the order out, or say that it was carried out before; return when it holds.

        Raises `Refused` when the artefacts of a release do not match its lock or the platform will not, `Conflict` when
        something answers that the order was not given over, `NotFound` when the release is not there, and `Unavailable`
        when the platform is out of reach: then nobody knows, and the same order may be given again.
        """
        ...
