"""data, not code: ISO/IEC 42001 outline, CARE practices, claims, laws, threats, crosswalks (our words); \
every id carries an edition"""

__all__: list[str] = []
