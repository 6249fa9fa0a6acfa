from __future__ import annotations

import numpy as np
import pytest

from models.calibration import SHIPPED, read_card
from models.trees import TreesError, parse_trees

SHIPPED_TREES = SHIPPED.with_name(read_card(SHIPPED).trees).read_text(encoding="utf-8")


def draw_rows(count: int, features: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    rows = (rng.normal(size=(count, features)) * 3).astype(np.float32)
    rows[rng.random(rows.shape) < 0.3] = 0.0
    rows[rng.random(rows.shape) < 0.02] = np.nan
    return rows


def test_scores_of_the_trees_that_ship_are_lightgbms_to_the_bit():
    import lightgbm

    booster = lightgbm.Booster(model_str=SHIPPED_TREES)
    rows = draw_rows(600, booster.num_feature())
    told = booster.predict(rows, raw_score=True, num_threads=1)
    assert np.array_equal(parse_trees(SHIPPED_TREES).predict(rows), told)


def test_a_tree_without_a_node_is_its_one_leaf():
    import lightgbm

    rows = draw_rows(300, 3)
    data = lightgbm.Dataset(rows, label=(rows[:, 0] > 0.2).astype(float))
    settings = {"objective": "binary", "min_data_in_leaf": 300, "verbosity": -1}
    booster = lightgbm.train(settings, data, num_boost_round=2)
    text = booster.model_to_string()
    assert "num_leaves=1\n" in text
    assert np.array_equal(parse_trees(text).predict(rows), booster.predict(rows, raw_score=True))


def test_no_rows_have_no_scores():
    trees = parse_trees(SHIPPED_TREES)
    assert not len(trees.predict(np.zeros((0, int(trees.features.max()) + 1))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tree\nversion=v4\n",
        SHIPPED_TREES.replace("decision_type=2", "decision_type=1", 1),
        SHIPPED_TREES.replace("threshold=", "thresholds=", 1),
    ],
)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(TreesError):
        parse_trees(text)
