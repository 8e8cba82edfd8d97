"""The text of the model cards of the made-up group."""

__all__ = ["CARD"]

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

A clerk can overrule each answer in the case system. Operations can roll back, or enter the safe state, in ten minutes.

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
