"""The documents of a made-up group with many AI systems: every file of a repository that passes `care check`.

Nothing is drawn by chance: the same number of systems on the same day gives the same bytes. People have the keys of
`careloop.testing.approval_keys_fake`, so that whoever plays the group can sign for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from careloop.testing.approval_keys_fake import line_of
from fleet_card_template import CARD
from fleet_templates import ASSESSMENT, CARE, CRITERIA, DATASET, PLAN, POLICY, RISK, ROLES, SCREENING, SYSTEM

__all__ = ["PEOPLE", "FleetSystem", "card_file", "fleet_files", "fleet_systems"]

PEOPLE = {
    "ana-duarte": "Ana Duarte",
    "bo-lindgren": "Bo Lindgren",
    "chidi-eze": "Chidi Eze",
    "dora-petrova": "Dora Petrova",
    "emre-kaya": "Emre Kaya",
    "farah-haddad": "Farah Haddad",
    "gil-moreau": "Gil Moreau",
}
"""Id to name: director, lead, two who approve releases, a validator, an engineer, an operator."""

MARKETS = "at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl pl pt ro se".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a family of systems does; each market has one of its own."""

    id: str
    name: str
    domain: str
    purpose: str
    yes: str
    no: str
    amount: str
    autonomy: str
    personal: bool
    rights: bool

    @property
    def tier(self) -> str:
        """As the criteria of `risk/criteria.yaml` give it."""
        if self.rights:
            return "very_high" if self.autonomy in ("human_can_override", "acts_alone") else "high"
        return "medium" if self.personal else "low"


_KINDS_TABLE = """\
credit-limit    | Credit limits   | credit           | approve/refuse   | granted_amount | human_can_override | rights
claim-triage    | Claim triage    | insurance        | approve/refer    | paid_amount    | human_decides      | rights
offer-ranking   | Offer ranking   | retail           | shown/held       | basket_value   | human_decides      | personal
delivery-time   | Delivery times  | logistics        | yes/no           | parcel_value   | advises            | things
fraud-check     | Fraud checks    | payments         | approved/stopped | stopped_amount | human_decides      | personal
shift-planner   | Shift planning  | employment       | granted/declined | hours_planned  | human_decides      | rights
support-routing | Support routing | customer-service | accepted/passed  | minutes_saved  | advises            | personal
stock-orders    | Stock orders    | retail           | yes/no           | order_value    | human_decides      | things
"""
_PURPOSES = {
    "credit-limit": "Sets the limit of a customer's account within the lending rules",
    "claim-triage": "Proposes which claims are paid at once and which a clerk looks at",
    "offer-ranking": "Orders the offers that a customer with an account sees first",
    "delivery-time": "Forecasts the hour at which a parcel reaches its depot",
    "fraud-check": "Marks payments that somebody should look at before they leave",
    "shift-planner": "Proposes who works which shift, for the manager to change",
    "support-routing": "Sends letters and chats to the team that can answer them",
    "stock-orders": "Proposes how much of each article a branch orders tonight",
}
_MONITORS_TABLE = """\
gap-by-sex | fairness | dp_difference | sex | P1D | previous_period | 0.05 | P1Y | 20 | sev1 | {response}
ratio-by-age | fairness | impact_ratio | age_band | P1W | evaluation_set | 0.05 | P5Y | 50 | sev2 | page
selection-by-channel | performance | selection_rate | channel | P1D | previous_period | 0.05 | P2Y | 20 | sev2 | page
conversion | business | conversion_rate | | P1D | previous_period | 0.04 | P1Y | 30 | sev2 | {response}
conversion-by-region | business | conversion_rate | region | P1D | previous_period | 0.06 | P1Y | 20 | sev3 | alert
complaints | performance | complaint_rate | | PT6H | previous_period | 0.02 | P2Y | 20 | sev2 | page
overrides | performance | override_rate | | PT1H | same_hour_of_week | 0.05 | P1Y | 10 | sev3 | alert
answer-time | latency | latency_p95_ms | | PT1H | previous_period | 100 | P1Y | 10 | sev2 | page
volume-by-region | business | {amount} | region | P1D | previous_period | 5000 | P1Y | 20 | sev3 | alert
input-drift | drift | psi | | P1W | previous_period | 0.1 | P2Y | 100 | sev3 | alert
"""
_MONITOR_KEYS = "id kind measure by window reference tolerance promise minimum_n severity response".split()  # noqa: SIM905


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]


def _kinds() -> Iterator[_Kind]:
    for name, title, domain, answers, amount, autonomy, about in _rows(_KINDS_TABLE):
        yes, _, no = answers.partition("/")
        yield _Kind(
            id=name,
            name=title,
            domain=domain,
            purpose=_PURPOSES[name],
            yes=yes,
            no=no,
            amount=amount,
            autonomy=autonomy,
            personal=about != "things",
            rights=about == "rights",
        )


_KINDS = tuple(_kinds())


@dataclass(frozen=True, slots=True)
class FleetSystem:
    """One system of the fleet."""

    number: int
    kind: _Kind
    market: str

    @property
    def id(self) -> str:
        """Family and market; those beyond the first of both carry a number."""
        turn = self.number // (len(_KINDS) * len(MARKETS))
        return f"{self.kind.id}-{self.market}" + (f"-{turn + 1}" if turn else "")

    @property
    def stage(self) -> str:
        """Most are in operation; every twentieth is only being built."""
        return "verification" if self.number % 20 == 19 else "operation"

    @property
    def answers(self) -> bool:
        """Whether it is in use, so that there is traffic."""
        return self.stage == "operation"


def fleet_systems(number: int) -> tuple[FleetSystem, ...]:
    """So many systems, family by family within each market."""
    found = []
    for n in range(number):
        kind, market = _KINDS[n % len(_KINDS)], MARKETS[n // len(_KINDS) % len(MARKETS)]
        found.append(FleetSystem(n, kind, market))
    return tuple(found)


def fleet_files(systems: tuple[FleetSystem, ...], on: date) -> dict[str, str]:
    """Path to text of every document of the group, reviewed some weeks before `on`."""
    days = {"reviewed": on - timedelta(days=60), "later": on + timedelta(days=300), "made": on - timedelta(days=400)}
    people = "\n".join(
        f'  - {{id: {person}, name: {name}, mail: {_mail(person)}, keys: ["{line_of(person)}"]}}'
        for person, name in PEOPLE.items()
    )
    files = {
        "care.yaml": CARE.format(**days),
        "roles.yaml": ROLES.format(people=people, **days),
        "policies/ai-policy.md": POLICY.format(**days),
        "risk/criteria.yaml": CRITERIA.format(**days),
        ".gitignore": ".care/\nmodels/\n",
    }
    for system in systems:
        files |= dict(_files_of(system, days))
    return files


def card_file(system: FleetSystem, version: str, on: date) -> tuple[str, str]:
    """Path and text of the system's card for a version."""
    text = CARD.format(**_words(system), version=version, reviewed=on - timedelta(days=60))
    return f"systems/{system.id}/card.md", text


def _mail(person: str) -> str:
    return f"{person.replace('-', '.')}@meridian.example"


def _words(system: FleetSystem) -> dict[str, object]:
    kind = system.kind
    return {
        "id": system.id,
        "name": f"{kind.name} {system.market.upper()}",
        "market": system.market,
        "domain": kind.domain,
        "purpose": kind.purpose,
        "tier": kind.tier,
        "stage": system.stage,
        "autonomy": kind.autonomy,
        "personal": str(kind.personal).lower(),
        "rights": str(kind.rights).lower(),
        "amount": kind.amount,
        "basis": "permitted" if kind.personal else "non_personal_segment",
        "triggered": str(kind.rights).lower(),
        "response": "rollback" if system.number % 4 == 0 else "page",
        "safe_state": ("human", "baseline", "rules", "off")[system.number % 4],
    }


def _files_of(system: FleetSystem, days: dict[str, date]) -> Iterator[tuple[str, str]]:
    words = {**_words(system), **days}
    home = f"systems/{system.id}"
    yield f"{home}/system.yaml", SYSTEM.format(**words)
    yield f"{home}/monitors.yaml", _monitors(words)
    yield f"{home}/plan.md", PLAN.format(**words)
    yield f"{home}/data/records.yaml", DATASET.format(**words)
    yield f"{home}/impact/screening.yaml", SCREENING.format(**words)
    if system.kind.rights:
        yield f"{home}/impact/assessment.yaml", ASSESSMENT.format(**words)
    yield f"risk/register/{system.id}.yaml", RISK.format(**words)
    yield card_file(system, "1.0", days["reviewed"] + timedelta(days=60))


def _monitors(words: dict[str, object]) -> str:
    """Ten monitors, each on a line of its own."""
    lines = ["owner: operations", f"reviewed: {words['reviewed']}", "monitors:"]
    for row in _rows(_MONITORS_TABLE.format(**words)):
        told = ", ".join(f"{key}: {value}" for key, value in zip(_MONITOR_KEYS, row, strict=True) if value)
        lines.append(f"  - {{{told}}}")
    return "\n".join(lines) + "\n"
