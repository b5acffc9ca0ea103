#!/usr/bin/env bash
# parzen.integrations with the real libraries: XGBoost, LightGBM, scikit-learn, Keras and PyTorch Lightning, the last two on Torch.
#   usage: tests/full/integrations.sh   (needs a release build; installs them into build/full/venv-integrations: Torch's CPU build where
#   its index can be reached, else that of PyPI, several GB)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
venv=build/full/venv-integrations
[ -x $venv/bin/python ] || python3 -m venv $venv
pip=("$venv/bin/python" -m pip install -q --disable-pip-version-check)
"$venv/bin/python" -c 'import torch' 2>/dev/null || "${pip[@]}" torch --index-url https://download.pytorch.org/whl/cpu || "${pip[@]}" torch
"${pip[@]}" -e ./clients/python xgboost-cpu lightgbm scikit-learn keras lightning pytest
export KERAS_BACKEND=torch OMP_NUM_THREADS=1
"$venv/bin/python" -m pytest -q -p no:cacheprovider tests/full/integrations
