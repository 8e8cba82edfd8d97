"""Which of our measures a figure of another tool is, where a system's own `evaluation` does not say.

A small table on purpose: a name is in it only when it means the same in every report of the tool. Whatever is neither
here nor in system.yaml is listed as unmapped.
"""

from collections.abc import Mapping
from typing import Final

from careloop.domain.tool_report import Tool

__all__ = ["KNOWN_NAMES"]

KNOWN_NAMES: Final[Mapping[Tool, Mapping[str, str]]] = {
    Tool.DBT: {},
    Tool.EVIDENTLY: {
        "Accuracy": "accuracy",
        "F1Score": "f1",
        "LogLoss": "log_loss",
        "MAE.mean": "mean_absolute_error",
        "Precision": "precision",
        "Recall": "recall",
        "RMSE": "root_mean_squared_error",
        "RocAuc": "roc_auc",
        "DriftedColumnsCount.share": "drifted_columns_share",
    },
    Tool.FAIRLEARN: {
        "selection_rate.difference": "dp_difference",
        "selection_rate.ratio": "impact_ratio",
        "true_positive_rate.difference": "equal_opportunity_difference",
        "false_positive_rate.difference": "fpr_difference",
        "accuracy_score.difference": "accuracy_difference",
        "accuracy_score.overall": "accuracy",
    },
    Tool.GARAK: {
        "all": "attacks_withstood",
        "dan": "jailbreaks_withstood",
        "leakreplay": "leak_replay_withstood",
        "promptinject": "prompt_injection_withstood",
    },
    Tool.GREAT_EXPECTATIONS: {},
    Tool.JUNIT: {},
    Tool.MLFLOW: {
        "accuracy": "accuracy",
        "accuracy_score": "accuracy",
        "brier_score": "brier_score",
        "eval_accuracy": "accuracy",
        "f1_score": "f1",
        "roc_auc": "roc_auc",
        "test_accuracy": "accuracy",
        "test_brier_score": "brier_score",
        "test_roc_auc": "roc_auc",
    },
    Tool.OPENLINEAGE: {},
    Tool.PANDERA: {},
    Tool.PROMPTFOO: {},
    Tool.SCIKIT_LEARN: {
        "accuracy": "accuracy",
        "accuracy_score": "accuracy",
        "average_precision_score": "average_precision",
        "balanced_accuracy_score": "balanced_accuracy",
        "brier_score_loss": "brier_score",
        "f1": "f1",
        "f1_score": "f1",
        "log_loss": "log_loss",
        "macro avg.f1-score": "f1_macro",
        "roc_auc": "roc_auc",
        "roc_auc_score": "roc_auc",
        "weighted avg.f1-score": "f1_weighted",
    },
}
