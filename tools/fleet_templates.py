"""The texts of the made-up group's documents, with places for what differs between systems."""

__all__ = [
    "ASSESSMENT",
    "CARD",
    "CARE",
    "CRITERIA",
    "DATASET",
    "MONITORS",
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

MONITORS = """\
owner: operations
reviewed: {reviewed}
monitors:
  - {{id: gap-by-sex, kind: fairness, measure: dp_difference, by: sex, window: P1D, reference: previous_period, tolerance: 0.05, promise: P1Y, minimum_n: 20, severity: sev1, response: {response}}}
  - {{id: ratio-by-age, kind: fairness, measure: impact_ratio, by: age_band, window: P1W, reference: evaluation_set, tolerance: 0.05, promise: P5Y, minimum_n: 50, severity: sev2, response: page}}
  - {{id: selection-by-channel, kind: performance, measure: selection_rate, by: channel, window: P1D, reference: previous_period, tolerance: 0.05, promise: P2Y, minimum_n: 20, severity: sev2, response: page}}
  - {{id: conversion, kind: business, measure: conversion_rate, window: P1D, reference: previous_period, tolerance: 0.04, promise: P1Y, minimum_n: 30, severity: sev2, response: {response}}}
  - {{id: conversion-by-region, kind: business, measure: conversion_rate, by: region, window: P1D, reference: previous_period, tolerance: 0.06, promise: P1Y, minimum_n: 20, severity: sev3, response: alert}}
  - {{id: complaints, kind: performance, measure: complaint_rate, window: PT6H, reference: previous_period, tolerance: 0.02, promise: P2Y, minimum_n: 20, severity: sev2, response: page}}
  - {{id: overrides, kind: performance, measure: override_rate, window: PT1H, reference: same_hour_of_week, tolerance: 0.05, promise: P1Y, minimum_n: 10, severity: sev3, response: alert}}
  - {{id: answer-time, kind: latency, measure: latency_p95_ms, window: PT1H, reference: previous_period, tolerance: 100.0, promise: P1Y, minimum_n: 10, severity: sev2, response: page}}
  - {{id: volume-by-region, kind: business, measure: {amount}, by: region, window: P1D, reference: previous_period, tolerance: 5000.0, promise: P1Y, minimum_n: 20, severity: sev3, response: alert}}
  - {{id: input-drift, kind: drift, measure: psi, window: P1W, reference: evaluation_set, tolerance: 0.1, promise: P2Y, minimum_n: 100, severity: sev3, response: alert}}
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
assessors: [emre-kaya, chidi-eze]
on: {reviewed}
intended_use: {purpose}, for the customers of one market.
foreseeable_misuse: [A refusal is given without anybody having looked, Another team uses the score for something else]
technical_context: A small model that is trained again each quarter on the records of the market.
societal_context: Customers of the market, some of whom cannot easily go elsewhere.
jurisdictions: [EU]
individuals:
  fairness:
    - {{effect: A group is refused more often than others, on: [Customers], severity: serious, measures: [Daily monitor of the gap with rollback]}}
  privacy: []
  safety: []
  health: []
  finance:
    - {{effect: Somebody is refused what they could have had, on: [Customers], severity: limited, measures: [A clerk looks again when asked]}}
  accessibility: []
  rights: []
society:
  environment: []
  economy: []
  government: []
  health: []
  norms: []
  culture: []
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

CARD = """\
---
language: [en]
license: other
license_name: meridian-internal
model_name: {name}
model_type: Gradient-boosted trees
date: {reviewed}
version: "{version}"
pipeline_tag: tabular-classification
library_name: lightgbm
datasets: ["{id}-records"]
metrics: [impact_ratio, accuracy]
tags: [{domain}]
care:
  system: {id}
  owner: operations
  tier: {tier}
  risks: ["{id}"]
  constraints: [daily-work]
  reviewed: {reviewed}
---
# Model Card for {name}

{purpose}.

## Model Details

### Model Description

- **Developed by:** Machine learning engineering, Meridian Services
- **Owner:** Platform operations
- **Model type:** Gradient-boosted trees with 400 leaves
- **Version:** {version}
- **License:** Internal use

## Uses

### Direct Use

{purpose}, for the clerks of one market.

### Downstream Use

None; no other system reads its answers.

### Intended Users

Clerks of the market, through the case system.

### Out-of-Scope Use

- Judging employees
- Selling to people under 16

## Bias, Risks, and Limitations

- Groups with few cases in the records are judged less surely than others.
- A change of the rules of the market is learnt only with the next training.

### Recommendations

Watch the gap between groups after each release, and ask a clerk to look at what seems odd.

## Training Details

### Training Data

Three years of cases of the market (`{id}-records`), about 180,000 of them, without names and addresses.

### Training Procedure

Each quarter, one hour on one machine, always with the same code.

## Evaluation

### Testing Data, Factors & Metrics

#### Testing Data

The last month before the training day, held back.

#### Factors

Sex, age band, region and channel.

#### Metrics

Accuracy, and the lowest rate of a group divided by the highest.

#### Thresholds

Four fifths for the ratio, and the accuracy of the release before.

### Results

| measure | value |
|---|---|
| Accuracy | {{result: accuracy}} |

### Results by Group

Lowest rate of a group divided by the highest: {{result: impact_ratio}}.

## Human Oversight

A clerk can overrule each answer in the case system; operations can roll back or enter the safe state within ten minutes.

## Security

The artefact is loaded by digest; the interface answers signed-in sessions of the market only.

## Monitoring

Ten monitors of fairness, business, performance, latency and drift; see `monitors.yaml`.

## Environmental Impact

About 40 kWh a year for training and answers together.

## Citation

Meridian Services: design note of {name}.

## Model Card Contact

operations@meridian.example (Platform operations)
"""
