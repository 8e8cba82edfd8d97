"""Create: people write policies, rules, roles, risks, cards"""

__all__: list[str] = []
