"""Models that look at pictures: protocol, registry, prompts, answers, budgets; hosted and local ones.

Cameras, SQL and HTTP routes do not belong here.
"""
