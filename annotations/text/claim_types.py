"""What other schemes call the types of claims. Reader and writer use the same words."""

from __future__ import annotations

AVERITEC = {
    "event": "Event/Property Claim",
    "numerical": "Numerical Claim",
    "causal": "Causal Claim",
    "quotation": "Quote Verification",
    "position": "Position Statement",
}
