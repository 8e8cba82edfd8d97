"""questionnaires for impact, suppliers and classification: conditions, visibility, scores, levels and what follows"""

__all__: list[str] = []
