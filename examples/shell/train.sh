#!/bin/sh
# A training job that is a shell script: parameters come as arguments, progress and loss go to the standard output.
#   parzen study create shell --max-trials 8 -p 'lr=float(1e-4, 1, log)' -p 'momentum=float(0, 0.99)'
#   parzen worker shell --jobs 2 -- examples/shell/train.sh {lr} {momentum}
set -eu
lr=$1
momentum=$2

# Minimizes f(w) = w^2 from w = 1 by gradient descent with momentum; the loss after 20 steps is the result.
awk -v lr="$lr" -v momentum="$momentum" 'BEGIN {
  w = 1; v = 0
  for (step = 1; step <= 20; ++step) {
    v = momentum * v - lr * 2 * w
    w += v
    if (step % 5 == 0) printf "step %d %.9g\n", step, w * w
  }
  printf "loss: %.9g\n", w * w
}'
