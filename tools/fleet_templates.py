"""The texts of the made-up group's documents, with places for what differs between systems."""

__all__ = [
    "ASSESSMENT",
    "CARE",
    "CRITERIA",
    "DATASET",
    "PLAN",
    "POLICY",
    "RISK",
    "ROLES",
    "SCREENING",
    "SYSTEM",
]

CARE = """\
schema: 1
organisation:
  name: Meridian Services
  sector: Trade, payments and insurance in 25 countries
  country: IE
owner: ai-lead
top_management: director
time_zone: Europe/Dublin
frameworks: ["iso42001:2023"]
rule_packs: [careloop/base@1]
scope:
  statement: Every AI system of the group in every market, from the first idea to the day it is switched off.
  included: [all AI systems]
  reviewed: {reviewed}
phases:
  - {{phase: create, owner: ai-lead, every: P3M, last_run: {reviewed}}}
  - {{phase: adapt, owner: ai-lead, every: P3M, last_run: {reviewed}}}
  - {{phase: run, owner: operations, every: P3M, last_run: {reviewed}}}
  - {{phase: evolve, owner: director, every: P6M, last_run: {reviewed}}}
"""

ROLES = """\
owner: ai-lead
reviewed: {reviewed}
people:
{people}
posts:
  - id: director
    title: Director
    function: top_management
    holders: [ana-duarte]
    authorities: [approve_policy, accept_risk]
  - id: ai-lead
    title: AI lead
    function: risk
    holders: [bo-lindgren]
    duties: [aims_conformity, aims_reporting]
  - id: risk
    title: Head of risk
    function: risk
    holders: [chidi-eze]
    authorities: [approve_release, accept_risk]
  - id: security
    title: Head of security
    function: security
    holders: [dora-petrova]
    authorities: [approve_release]
  - id: validation
    title: Model validation
    function: risk
    holders: [emre-kaya]
    authorities: [validate_model]
  - id: engineering
    title: Machine learning engineering
    function: engineering
    holders: [farah-haddad]
    duties: [development]
  - id: operations
    title: Platform operations
    function: operations
    holders: [gil-moreau]
    authorities: [rollback, kill, restore]
escalations:
  - id: ai-risk
    when: An AI risk or incident cannot be settled by its owner.
    steps:
      - {{post: ai-lead, within: P2D}}
      - {{post: director, within: P5D}}
"""

POLICY = """\
---
id: ai-policy
title: AI policy
kind: ai_policy
version: "1"
owner: ai-lead
approvers: [director]
reviewed: {reviewed}
commits_to: [requirements, improvement, objectives]
---
# AI policy

## Systems

1.1 Every AI system is in the inventory with a purpose, an owner and a risk tier.
{{rules: [owner-named, intended-use-stated]}}

1.2 Every AI system in use has a model card that says what the system must not be used for.
{{rules: [card-present, card-complete]}}

## Risk

2.1 Every risk has a decision, and nobody accepts more than the risk appetite.
{{rules: [risk-decided]}}

## Learning

3.1 The AI lead reports to the director how the management system does.
{{manual: {{owner: ai-lead, interval: P3M}}}}
"""

CRITERIA = """\
owner: ai-lead
reviewed: {reviewed}
method: Likelihood times impact, for organisation, individuals and society apart.
likelihood:
  - {{value: 1, label: rare, meaning: not expected within five years}}
  - {{value: 2, label: possible, meaning: about once a year}}
  - {{value: 3, label: likely, meaning: several times a year}}
impact:
  - {{value: 1, label: small, meaning: put right the same day}}
  - {{value: 2, label: limited, meaning: an inconvenience that can be made good}}
  - {{value: 3, label: serious, meaning: lasting disadvantage for some people}}
levels:
  - {{id: low, from_score: 1, accepted_by: ai-lead}}
  - {{id: high, from_score: 5, accepted_by: director}}
appetite: {{organisation: 4, individuals: 4, society: 4}}
tiers:
  - tier: very_high
    when: system.affects_rights && system.autonomy >= autonomies.human_can_override
    reason: Its output changes what people can get unless somebody steps in.
  - tier: high
    when: system.affects_rights
    reason: It prepares decisions about what people can get.
  - tier: medium
    when: system.personal_data
    reason: It works with personal data.
triggers:
  - {{id: rights, when: system.affects_rights, reason: Its output changes what people can get}}
"""

SYSTEM = """\
id: {id}
name: {name}
owner: operations
reviewed: {reviewed}
purpose: {purpose}.
origin: built
tier: {tier}
tier_reason: As the criteria give it for what it decides and whose data it reads.
lifecycle: {stage}
autonomy: {autonomy}
domain: {domain}
iso_role: [producer, user]
eu_role: [provider, deployer]
users: [Clerks of the market]
affected: [Customers of the market]
jurisdictions: [EU]
personal_data: {personal}
affects_rights: {rights}
intended_use:
  - id: daily-work
    purpose: {purpose}
    roles: [operations]
    regions: [EU]
out_of_scope_uses: [Judging employees, Selling to people under 16]
artefacts: ["models/{id}/**"]
safe_state:
  kind: {safe_state}
  description: Clerks of the market decide by the written rules until a model answers again.
  assessed: {reviewed}
  approved: {{by: director, on: {reviewed}}}
  drilled: {reviewed}
events:
  features:
    history_years: {{type: number, personal: {personal}, unit: years}}
    open_cases: {{type: integer, personal: false, unit: cases}}
  groups:
    sex: {{type: category, personal: true, values: [female, male]}}
    age_band: {{type: category, personal: true, values: [under_30, 30_to_59, 60_and_over]}}
  segment:
    region: {{type: category, personal: false, values: [north, south, east, west]}}
    channel: {{type: category, personal: false, values: [web, branch]}}
  business:
    {amount}: {{type: number, personal: false, unit: EUR}}
    converted: {{type: boolean, personal: false}}
    complained: {{type: boolean, personal: false}}
    overridden: {{type: boolean, personal: false}}
  protected_basis: {basis}
  label_horizon: P1W
logs: {{retention: P13M}}
"""

PLAN = """\
---
system: {id}
owner: operations
reviewed: {reviewed}
operator: operations
accountable: operations
drilled: {reviewed}
---
# Failure plan: {name}

## Failures

An alarm of a monitor, complaints of a branch, answers that come late or not at all: the person on call looks first.

## Rollback

The release before stays loaded and takes over within ten minutes; without one the declared safe state takes over.

## Updates

A new release passes the gate, then answers for one market before it answers for the next one.

## Health monitoring

Ten monitors watch fairness, business, performance, latency and drift; the person on call sees them side by side.

## Event log review

Operations reads alarms and rollbacks each week; the AI lead reads a sample of decisions each quarter.
"""

DATASET = """\
id: {id}-records
name: Records of {name}
owner: engineering
reviewed: {reviewed}
purpose: Trains and evaluates the model of one market
used_for: [training, evaluation]
categories: [Cases and their outcomes, Amounts, Time of each case]
personal: {personal}
source: The case system of the market, exported every night
licence: Own records
rights: Collected for the contract with the customer, and used for its improvement as the notice says
retention: P3Y
collected_from: {made}
collected_to: {reviewed}
rows: 184920
demographics: Customers of the market by sex and age band, as far as the contract asks for them
prior_handling: Cases that were opened twice are joined by the case system
management:
  privacy: Account numbers are replaced by keys before any learning
  security: Read access for the engineering team only
  representativeness: All branches, those that closed included
  integrity: Daily totals are compared with the case system
quality:
  - {{measure: completeness, relation: ">=", target: 0.99}}
provenance:
  - {{step: Export from the case system, by: Data platform, on: {reviewed}}}
preparation:
  - {{method: Cases without an outcome are left out, criterion: At most two percent of the cases}}
"""

SCREENING = """\
kind: screening
id: {id}-screening
system: {id}
by: emre-kaya
on: {reviewed}
triggered: {triggered}
reasons:
  - Read with the criteria in force; what it decides and whose data it reads is stated in the inventory
"""

ASSESSMENT = """\
kind: assessment
id: {id}-assessment
system: {id}
version: "1.0"
stage: operation
triggered_by: [interval]
assessors: [emre-kaya, chidi-eze]
on: {reviewed}
scope: The answers of the system in one market; how the market sets its prices is not looked at.
period: In use all year round, some hundred answers a day.
intended_use: {purpose}, for the customers of one market.
foreseeable_misuse: [A refusal is given without anybody having looked, Another team uses the score for something else]
technical_context: A small model that is trained again each quarter on the records of the market.
data: Records of the market of the last two years, customers who came once are thin in it.
model: Good for customers who come regularly, weaker for those who come for the first time.
deployment: On the platform of the group, behind the desk of a clerk.
heard: [Clerks of the market, Advice centre for consumers]
benefits: [Shorter waiting, The same question gets the same answer]
societal_context: Customers of the market, some of whom cannot easily go elsewhere.
jurisdictions: [EU]
individuals:
  fairness:
    - effect: A group is refused more often than others
      on: [Customers]
      severity: serious
      measures: [Daily monitor of the gap with rollback]
  privacy: []
  safety: []
  health: []
  finance:
    - effect: Somebody is refused what they could have had
      on: [Customers]
      severity: limited
      measures: [A clerk looks again when asked]
  accessibility: []
  rights: []
society:
  environment: []
  economy: []
  government: []
  health: []
  norms: []
  culture: []
oversight: A clerk can overrule each answer, and operations can stop the system.
monitoring: Gap between groups each day; another purpose or another market brings the next assessment.
conclusion: It may be used in this market while the gap stays within its limit.
feeds_risks: [{id}]
available_to: [Data protection authority]
retention: P10Y
approved: {{by: director, on: {reviewed}}}
"""

RISK = """\
id: {id}
title: Unequal answers of {name}
owner: risk
systems: [{id}]
source: A release that was evaluated on too few cases
cause: The records hold fewer cases of some groups.
consequences:
  organisation: {{text: Complaints and a correction, impact: 2}}
  individuals: {{text: A group is served worse than others, impact: 2}}
  society: {{text: Less trust in services, impact: 1}}
likelihood: 2
criteria_version: "1"
assessed: {{by: emre-kaya, second: chidi-eze, on: {reviewed}}}
treatment:
  option: modify
  reason: The gap is watched every day and a release can be taken back at once
  credits:
    - {{control: "iso42001:2023/A.6.2.6", likelihood: 1}}
"""
