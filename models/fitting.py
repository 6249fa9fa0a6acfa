"""Fits the calibrator: python -m models.fitting collect FOLDER… --output FILE.npz, then … fit FILE.npz….

`collect` reads documents with truth as the program does and keeps every field's features with whether it was right,
and of every document what kind of damage, ruling and type it has. `fit` fits the trees on whole documents, tells from
documents left out what their scores mean and where the thresholds lie, and says how it does on kinds it never saw.
Needs the extra `fit`.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from extractor.layout import LAYOUT_VERSION
from extractor.seams.calibrator import MAX_CONFIDENCE, Matrix, ReadBy
from extractor.seams.errors import UsageError
from extractor.trust.bounds import SUSPECT, hold_back
from extractor.trust.evidence import FEATURES, column
from extractor.trust.features import measure
from extractor.values.decoded import Decoded
from models.calibration import SHIPPED, Card, write_card
from models.kinds import list_damage

#: Budgets a threshold is told for, silent errors per 10,000 accepted fields.
BUDGETS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
#: A field is never less likely right for more of these (1) or for less (-1).
_MONOTONE = dict.fromkeys(
    (
        "posterior", "pixels", "score", "joint", "second", "second_margin", "likeness",
        "label", "pinned", "sums_across", "row_across", "sums_support", "style_share",
        "explained", "row_clear", "table_clear", "table_found", "table_placed", "table_sums", "table_labels",
        "report_found", "report_sums", "report_second", "report_pixels", "report_likeness",
    ),
    1,
) | dict.fromkeys(
    (
        "escaped", "sums_break", "accused", "suspect", "report_doubt", "stray", "unclaimed", "crossed",
        "left_out", "foreign", "outside", "marked", "oddness", "step", "shade",
        "trouble_blank", "trouble_header", "trouble_cut",
    ),
    -1,
)  # fmt: skip
#: Features that say how a page was scanned, of which more than was seen while fitting is beyond judgement.
_RANGED = ("dpi", "page_score")
#: Beyond the best of these nothing is strange: a page may read better than any that was fitted on.
_BEST = {"page_score": 1.0}
_FOLDS, _SEED = 5, 20211
#: The least confidence of an accepted field, whatever the budget.
_ABOVE_BOUND = SUSPECT + 1e-4
#: Standard deviations of the upper end of a one-sided 95 % interval.
_Z = 1.645


#: Of fields of which nobody said what they were read by: no engine is like it.
_UNTOLD = ReadBy("", "", "")


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields with truth. features: n × `FEATURES`. right: whether value and truth agree. document: number of each.

    kinds: by document what it was made with, as words (`describe_kinds`). read_by: what all of them were read by.
    """

    features: Matrix
    right: NDArray[np.bool_]
    document: NDArray[np.int32]
    kinds: tuple[frozenset[str], ...] = ()
    read_by: ReadBy = _UNTOLD

    def of(self, chosen: NDArray[np.bool_]) -> Fields:
        return replace(
            self,
            features=self.features[chosen],
            right=self.right[chosen],
            document=self.document[chosen],
        )

    def having(self, kinds: Collection[str]) -> NDArray[np.bool_]:
        """The fields of documents of any of these kinds."""
        has = np.array([bool(own.intersection(kinds)) for own in self.kinds], dtype=bool)
        return np.asarray(has[self.document], dtype=bool)


def load_fields(files: Sequence[Path]) -> Fields:
    """Fields of several collections, documents numbered apart.

    Raises:
        UsageError: they hold other features than this version measures, or were read by different engines.
    """
    parts = [np.load(file) for file in files]
    if any("names" not in part or part["names"].tolist() != list(FEATURES) for part in parts):
        raise UsageError("a collection holds other features than this version measures: collect it anew")
    read_by = {str(part["read_by"]) for part in parts}
    if len(read_by) > 1:
        raise UsageError(f"collections were read by different engines: {', '.join(sorted(read_by))}")
    kinds = [[frozenset(str(words).split()) for words in part["kinds"]] for part in parts]
    starts = np.cumsum([0, *(len(found) for found in kinds)])
    return Fields(
        np.concatenate([part["features"] for part in parts]),
        np.concatenate([part["right"] for part in parts]),
        np.concatenate([part["document"] + start for part, start in zip(parts, starts, strict=False)]),
        tuple(words for found in kinds for words in found),
        ReadBy(**json.loads(read_by.pop())),
    )


def save_fields(found: Sequence[Collected], read_by: ReadBy, file: Path) -> None:
    """Writes what was collected of documents, in order, and what they were read by."""
    counts = [len(item.right) for item in found]
    np.savez_compressed(
        file,
        names=np.array(FEATURES),
        read_by=np.array(json.dumps(asdict(read_by))),
        features=np.concatenate([item.features for item in found]),
        right=np.concatenate([item.right for item in found]),
        document=np.repeat(np.arange(len(found), dtype=np.int32), counts),
        kinds=np.array([" ".join(sorted(item.kinds)) for item in found]),
    )


@dataclass(frozen=True, slots=True)
class Collected:
    """Of one document the features of all fields that say something, whether they are right, and its kinds."""

    features: Matrix
    right: NDArray[np.bool_]
    kinds: frozenset[str]


def describe_kinds(truth: Mapping[str, Any]) -> frozenset[str]:
    """What a generated document was made with, in words; nothing for any other."""
    layout = truth.get("generator", {}).get("layout")
    damage = list_damage(truth)
    if not damage or not layout:
        return frozenset()
    return frozenset(
        {
            str(truth["case"]),
            f"rulings:{layout['ruling_style']}",
            f"face:{layout['table_face']}",
            f"digits:{layout['digit_face']}",
            *(f"form:{report['form']}" for report in truth["reports"]),
            *damage,
        }
    )


def collect_document(pdf: Path) -> Collected:
    """Reads a document as the program does."""
    from extractor.pipeline import read_pages
    from extractor.reports import find_reports
    from extractor.reread import read_report
    from extractor.seams.options import Options

    readers, forms = _readers(), _forms()
    truth = json.loads(pdf.with_suffix(".truth.json").read_text(encoding="utf-8"))
    runs = find_reports(read_pages(pdf, readers, Options()), forms)
    found = [printed for _, printed in (read_report(run, forms, readers) for run in runs) if printed]
    return compare_with_truth([printed.decoded for printed in found], truth)


def compare_with_truth(reports: Sequence[Decoded], truth: Mapping[str, Any]) -> Collected:
    """Features and outcome of every field of the reports, in page order, that the truth has too."""
    features, right = [], []
    for decoded, wanted in zip(reports, truth["reports"], strict=False):
        for slot, row in zip(decoded.slots, measure(decoded), strict=True):
            best = decoded.best(slot.spec.id)
            if best is not None and slot.spec.id in wanted["fields"]:
                features.append(row)
                right.append(best.content.value == wanted["fields"][slot.spec.id])
    matrix = np.array(features, dtype=np.float32).reshape(-1, len(FEATURES))
    return Collected(matrix, np.array(right, dtype=bool), describe_kinds(truth))


def _readers() -> Any:
    from models.engines import load_readers

    if "readers" not in _loaded:
        _loaded["readers"] = load_readers()
    return _loaded["readers"]


def _forms() -> Any:
    from extractor.forms.definition import load_forms

    return load_forms(())


_loaded: dict[str, Any] = {}


def fit_trees(features: Matrix, right: NDArray[np.bool_]) -> Any:
    """Boosted trees, small ones that see a part of fields and features each: no coincidence is learned by heart.

    Where the direction of a feature is known it is kept: trees learn less from chance.
    """
    import lightgbm

    data = lightgbm.Dataset(features, label=right.astype(np.float64), feature_name=list(FEATURES))
    parameters = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 12,
        "min_data_in_leaf": 60,
        "lambda_l2": 2.0,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": 0.4,
        "monotone_constraints": [_MONOTONE.get(name, 0) for name in FEATURES],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": _SEED,
        "verbosity": -1,
    }
    return lightgbm.train(parameters, data, num_boost_round=400)


def predict_left_out(fields: Fields) -> NDArray[np.float64]:
    """Log odds of every field by trees fitted without its document."""
    from sklearn.model_selection import GroupKFold

    score = np.zeros(len(fields.right))
    for train, test in GroupKFold(_FOLDS).split(fields.features, fields.right, fields.document):
        trees = fit_trees(fields.features[train], fields.right[train])
        score[test] = trees.predict(fields.features[test], raw_score=True)
    return score


def fit_knots(
    score: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What scores turned out to mean, by a logistic curve (Platt 1999) through scores of documents left out."""
    from sklearn.linear_model import LogisticRegression

    curve = LogisticRegression(C=1e6).fit(score[:, None], right)
    grid = np.linspace(float(score.min()), float(score.max()), 200)
    told = curve.predict_proba(grid[:, None])[:, 1]
    return tuple(grid.tolist()), tuple(np.minimum(told, MAX_CONFIDENCE).tolist())


def find_thresholds(
    told: NDArray[np.float64], right: NDArray[np.bool_], document: NDArray[np.int32]
) -> dict[float, float]:
    """Least confidence to accept for each budget: the lowest at which no more than that share is wrong.

    Errors of a document come together: what is held to the budget is the upper end of the rate's 95 % interval with
    whole documents as the unit (the variance of a sum of clusters), and one error more, for those never seen yet.
    """
    order = np.argsort(-told, kind="stable")
    wrong, spread = 0, 0
    per_document: dict[int, int] = defaultdict(int)
    rate = np.empty(len(order))
    for place, (is_wrong, number) in enumerate(zip(~right[order], document[order].tolist(), strict=True)):
        if is_wrong:
            spread += 2 * per_document[number] + 1
            per_document[number] += 1
            wrong += 1
        rate[place] = (wrong + _Z * math.sqrt(spread) + 1.0) / (place + 1) * 10_000
    out = {}
    for budget in BUDGETS:
        within = np.flatnonzero(rate <= budget)
        least = float(told[order[within[-1]]]) if len(within) else MAX_CONFIDENCE
        # What a rule doubts is accepted for no budget.
        out[budget] = max(least, _ABOVE_BOUND)
    return out


def weigh(told: NDArray[np.float64], fields: Fields, threshold: float) -> dict[str, float]:
    """How confidences do: errors, coverage, calibration; the bound on silent errors counts documents, not fields."""
    accepted = told >= threshold
    wrong = accepted & ~fields.right
    bins = np.minimum((told * 20).astype(int), 19)
    gaps = [
        abs(told[bins == b].mean() - fields.right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    rng = np.random.default_rng(_SEED)
    documents = np.unique(fields.document)
    errors = np.array([wrong[fields.document == d].sum() for d in documents])
    counts = np.array([accepted[fields.document == d].sum() for d in documents])
    draws = rng.integers(0, len(documents), (2000, len(documents)))
    rates = errors[draws].sum(axis=1) / np.maximum(counts[draws].sum(axis=1), 1)
    none = 3.0 / max(int(accepted.sum()), 1) if not wrong.any() else 0.0
    return {
        "documents": len(documents),
        "fields": len(told),
        "right": round(float(fields.right.mean()), 5),
        "accepted": round(float(accepted.mean()), 5),
        "silent": int(wrong.sum()),
        "silent_per_10000": round(float(wrong.sum() / max(accepted.sum(), 1) * 10_000), 3),
        "silent_per_10000_upper": round(float(max(np.quantile(rates, 0.95), none) * 10_000), 3),
        "ece": round(float(sum(gaps)), 5),
        "brier": round(float(np.mean((told - fields.right) ** 2)), 6),
    }


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="file of features to write (.npz)"
)
@click.option("--jobs", default=1, show_default=True, help="processes")
def collect(folders: tuple[Path, ...], output: Path, jobs: int) -> None:
    """Read documents with truth and keep features and outcome of every field."""
    pdfs = [pdf for folder in folders for pdf in sorted(folder.glob("*.pdf"))]
    found = []
    with ProcessPoolExecutor(jobs) as pool:
        for pdf, item in zip(pdfs, pool.map(collect_document, pdfs), strict=True):
            found.append(item)
            sys.stderr.write(f"{len(found)} of {len(pdfs)}: {pdf.name}, {len(item.right)} fields\n")
    save_fields(found, _readers().read_by(LAYOUT_VERSION), output)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--without",
    "unseen",
    multiple=True,
    metavar="KIND",
    help="fit without such documents, and try it on them",
)
@click.option(
    "--output", default=SHIPPED, type=click.Path(path_type=Path), help="card to write, trees beside it"
)
@click.option("--about", default="", help="what the documents are, for the card")
def fit(files: tuple[Path, ...], unseen: tuple[str, ...], output: Path, about: str) -> None:
    """Fit the trees, thresholds and what scores mean; say how they do on kinds of documents they never saw."""
    everything = load_fields(files)
    apart = everything.having(unseen)
    fields = everything.of(~apart)
    score = predict_left_out(fields)
    knots = fit_knots(score, fields.right)
    told = hold_back(np.clip(np.interp(score, *knots), 0, MAX_CONFIDENCE), fields.features)
    trees = fit_trees(fields.features, fields.right).model_to_string().encode()
    columns = {name: column(fields.features, name) for name in _RANGED}
    card = Card(
        features=FEATURES,
        read_by=fields.read_by,
        trees=output.with_suffix(".trees.txt").name,
        sha256=hashlib.sha256(trees).hexdigest(),
        knots=knots,
        thresholds=find_thresholds(told, fields.right, fields.document),
        ranges={
            name: (float(v.min()), max(float(v.max()), _BEST.get(name, -math.inf)))
            for name, v in columns.items()
        },
        about={"fitted_on": about, "never_saw": list(unseen)},
    )
    card.about["left_out"] = weigh(told, fields, card.thresholds[1.0])  # type: ignore[index]
    output.with_suffix(".trees.txt").write_bytes(trees)
    write_card(card, output)
    for kind in unseen:
        card.about[kind] = _check(output, everything.of(everything.having([kind])))  # type: ignore[index]
    write_card(card, output)
    click.echo(json.dumps(card.about, ensure_ascii=False, indent=1))


def _check(card_file: Path, fields: Fields) -> dict[str, float]:
    from models.calibration import load_calibrator

    calibrator = load_calibrator(card_file)
    told = hold_back(calibrator.probabilities(fields.features), fields.features)
    return weigh(told, fields, calibrator.threshold(1.0))


if __name__ == "__main__":
    main()
