"""Models of when customers order and what they spend, each of a paper."""

from clustomer.lifetime.models.beta_geometric import BgNbd, MbgNbd
from clustomer.lifetime.models.gamma_gamma import GammaGamma
from clustomer.lifetime.models.histories import Histories, sizes_of
from clustomer.lifetime.models.likelihood import Floats
from clustomer.lifetime.models.pareto_nbd import ParetoNbd
from clustomer.lifetime.models.past_rate import PastRate

__all__ = [
    "BgNbd",
    "Floats",
    "GammaGamma",
    "Histories",
    "MbgNbd",
    "ParetoNbd",
    "PastRate",
    "sizes_of",
]
