"""Import of packages of the extra `evaluate`, and the classifier that two measures share."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xespeech.errors import UserError, require

_PURPOSE, _REMEDY = "measuring speech", 'pip install "xespeech[evaluate]"'
_MODULES = ("jinja2", "librosa", "matplotlib", "pocketsphinx", "rapidfuzz", "resemblyzer", "scipy", "speechmos")


def extra(module: str) -> Any:
    """Import a module by name.

    Raises:
        UserError: it is not installed.
    """
    return require(module, _PURPOSE, _REMEDY)


def check_extra() -> None:
    """Check that all packages of the extra are installed.

    Raises:
        UserError: one is not installed.
    """
    for module in _MODULES:
        if find_spec(module) is None:
            raise UserError(f"{_PURPOSE} needs {module}, which is not installed: {_REMEDY}")


class LinearClassifier:
    """Multinomial logistic regression on scaled inputs [N, D]; every class counts the same.

    Args:
        inputs: training data.
        classes: of each of them.
        settings: of scikit-learn's LogisticRegression.
    """

    def __init__(self, inputs: ArrayLike, classes: ArrayLike, **settings: Any) -> None:
        regression = extra("sklearn.linear_model").LogisticRegression(class_weight="balanced", **settings)
        pipeline = extra("sklearn.pipeline").make_pipeline(extra("sklearn.preprocessing").StandardScaler(), regression)
        self._classifier = pipeline.fit(inputs, classes)

    def recognised(self, inputs: ArrayLike, classes: ArrayLike) -> float:
        """Balanced accuracy: mean over classes of the share of their inputs that it recognises."""
        names = np.asarray(classes)
        hits = self._classifier.predict(inputs) == names
        return float(np.mean([hits[names == name].mean() for name in np.unique(names)]))
