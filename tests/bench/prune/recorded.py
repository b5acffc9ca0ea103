"""Recorded learning curves in the form of curves.py, from the package lcdb (LCDB, Mohr et al., ECML 2022): the validation log loss of 18 or so learners of
scikit-learn on a data set, over growing samples of it. A configuration is a learner with one of six splits; a step is a sample size.

usage: recorded.py LCDB.tar.gz FOLDER    writes FOLDER/lcdb-DATASET.json for the 40 data sets with most curves and at least 16 sizes
"""
import collections, csv, io, json, pathlib, sys, tarfile

DATA_SETS, SIZES, CURVES = 40, 16, 90


def read(archive):
    """Data set -> (learner, split) -> size -> loss."""
    curves = collections.defaultdict(lambda: collections.defaultdict(dict))
    with tarfile.open(archive) as files:
        name = next(name for name in files.getnames() if name.endswith("/database-logloss.csv"))
        for row in csv.DictReader(io.TextIOWrapper(files.extractfile(name))):
            if int(row["outer_seed"]) < 3 and int(row["inner_seed"]) < 2 and row["score_valid"]:
                curves[row["openmlid"]][row["learner"], row["outer_seed"], row["inner_seed"]][int(row["size_train"])] = float(row["score_valid"])
    return curves


def main():
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    chosen = []
    for data_set, curves in read(sys.argv[1]).items():
        longest = max(map(len, curves.values()))
        whole = [curve for curve in curves.values() if len(curve) == longest]
        if longest >= SIZES and len(whole) >= CURVES: chosen.append((data_set, longest, whole))
    for data_set, longest, whole in sorted(chosen, key=lambda entry: (-len(entry[2]), int(entry[0])))[:DATA_SETS]:
        record = dict(problem=f"lcdb-{data_set}", epochs=longest, configurations=[dict(losses=[loss for _, loss in sorted(curve.items())]) for curve in whole])
        (folder / f"lcdb-{data_set}.json").write_text(json.dumps(record))


main()
