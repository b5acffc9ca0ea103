#!/usr/bin/env bash
# Runs examples/xgboost through `parzen worker` on a server of its own: every trial ends with a loss and its 30 steps.
#   usage: tests/full/xgboost_example.sh   (needs a release build; installs xgboost-cpu and scikit-learn into build/full/venv)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
parzend=${PARZEND:-build/release/server/parzend}
parzen=${PARZEN_CLI:-build/release/clients/cli/parzen}
venv=build/full/venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/pip install -q --disable-pip-version-check xgboost-cpu scikit-learn

work=$(mktemp -d)
"$parzend" --db "$work/studies.db" --listen 127.0.0.1:0 --port-file "$work/port" --log-level error &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$work"' EXIT
until [ -s "$work/port" ]; do sleep 0.05; kill -0 $server; done
export PARZEN_ADDRESS=127.0.0.1:$(cat "$work/port") XDG_STATE_HOME=$work

"$parzen" study create --file examples/xgboost/study.yaml --max-trials 12 --seed 1
"$parzen" worker xgboost --jobs 2 -- $venv/bin/python examples/xgboost/train.py --eta {eta} --max-depth {max_depth} \
  --subsample {subsample} --booster {booster} --rate-drop {rate_drop:-0}
"$parzen" --json trials xgboost | python3 -c '
import json, sys
trials = [json.loads(line) for line in sys.stdin]
assert [t["state"] for t in trials] == ["complete"] * 12, [t["state"] for t in trials]
assert all(0 < t["values"][0] < 1 for t in trials)
assert all([step for step, _ in t["intermediate_values"]] == list(range(1, 31)) for t in trials)
assert {t["params"]["booster"] for t in trials} == {"gbtree", "dart"}
print("12 XGBoost trials, best loss", min(t["values"][0] for t in trials))'
