"""Local policies as data: decision tables with DMN's semantics, compiled to SQL, explained to one family.

    from nuanxin.policy import Policy
    policy = Policy.load("examples/policies/qingtongxia")
    decided = policy.decide(table, as_of=date(2023, 3, 31))
    print(policy.explain(row, as_of=date(2023, 3, 31)).text("zh"))

No Django here: the library stands on its own.
"""

from nuanxin.policy.explain import Explanation
from nuanxin.policy.messages import PolicyError, Problem
from nuanxin.policy.model import CaseResult
from nuanxin.policy.policy import Policy, PolicySet

__all__ = ["CaseResult", "Explanation", "Policy", "PolicyError", "PolicySet", "Problem"]
