// Studies that nobody expects: each by name, what it is created with, and its trials as AddTrials takes them.

const float = (low, high, log = false) => ({ float: { low, high, log } });
const int = (low, high) => ({ int: { low, high } });
const choices = (...values) => ({ categorical: { choices: values.map((value) => ({ stringValue: value })) } });
const space = (parameters) => ({ parameters: Object.entries(parameters).map(([name, distribution]) => ({ name, distribution })) });
const double = (name, doubleValue) => ({ name, value: { doubleValue } });
const text = (name, stringValue) => ({ name, value: { stringValue } });

// Evenly spread, and the same each time.
const share = (k, step = 0.618034) => (k * step) % 1;
const many = (count, trial) => Array.from({ length: count }, (_, k) => trial(k));

const SCRIPT = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>";
const NAMES = ["__proto__", "constructor", "state", "trial", "value", SCRIPT, " ", "a<b", "param:state", "🦆".repeat(40)];

const X = { x: float(0, 1) };
const of = (count, trial, parameters = X, more = {}) => ({ study: { space: space(parameters), ...more }, trials: many(count, trial) });
const atX = (k) => [double("x", share(k))];

export const STUDIES = {
  [SCRIPT]: of(30, (k) => ({ params: atX(k), values: [k % 7], worker: SCRIPT, userAttrs: [{ key: SCRIPT, json: JSON.stringify(SCRIPT) }] }), X,
    { userAttrs: [{ key: "note", json: JSON.stringify(SCRIPT) }] }),
  ["🦆🦆 ducks\u202e \n\t"]: of(3, (k) => ({ params: atX(k), values: [k] })),
  ["x".repeat(256)]: of(3, (k) => ({ params: atX(k), values: [k] })),
  "..": of(3, (k) => ({ params: atX(k), values: [k] })),
  ["__proto__"]: { study: { space: { parameters: NAMES.map((name) => ({ name, distribution: choices("state", SCRIPT, "__proto__") })) } },
    trials: many(20, (k) => ({ params: NAMES.map((name, i) => text(name, ["state", SCRIPT, "__proto__"][(k + i) % 3])), values: [k % 5] })) },
  "no trials": of(0),
  "one trial": of(1, () => ({ params: atX(1), values: [0.5] })),
  "infinite": of(20, (k) => ({ params: atX(k), values: [k % 4 === 0 ? "Infinity" : k % 4 === 1 ? "-Infinity" : k] })),
  "nothing but infinite": of(5, (k) => ({ params: atX(k), values: ["Infinity"] })),
  "NaN": of(20, (k) => ({ params: atX(k), values: [k % 2 === 0 ? "NaN" : k] })),
  "huge": of(20, (k) => ({ params: atX(k), values: [[-Number.MAX_VALUE, Number.MAX_VALUE, 0, 1e300, -1e-300][k % 5]] })),
  "all the same": of(20, (k) => ({ params: atX(k), values: [0] })),
  "one choice": of(20, (k) => ({ params: [...atX(k), text("only", "one")], values: [share(k)] }), { ...X, only: choices("one") }),
  "sixty parameters": of(60, (k) => ({ params: many(60, (i) => double(`parameter_number_${i}`, share(k * 61 + i))), values: [share(k * 61 + 1)] }),
    Object.fromEntries(many(60, (i) => [`parameter_number_${i}`, float(0, 1)]))),
  "conditional": { study: { space: { parameters: [{ name: "kind", distribution: choices("a", "b") },
    { name: "left", distribution: float(0, 1), when: { parent: "kind", values: [{ stringValue: "a" }] } },
    { name: "right", distribution: int(1, 9), when: { parent: "kind", values: [{ stringValue: "b" }] } }] } },
    trials: many(40, (k) => ({ params: k % 2 === 0 ? [text("kind", "a"), double("left", share(k))]
      : [text("kind", "b"), { name: "right", value: { intValue: 1 + k % 9 } }], values: [share(k, 0.37)] })) },
  "twelve decades": of(60, (k) => ({ params: [double("rate", 10 ** (-12 + 12 * share(k)))], values: [10 ** (-6 + 12 * share(k, 0.37))] }),
    { rate: float(1e-12, 1, true) }),
  "all failed": of(12, (k) => ({ state: "FAILED", params: atX(k), failure: { reason: `${SCRIPT} out of memory` } })),
  "all pruned": of(12, (k) => ({ state: "PRUNED", params: atX(k), intermediateValues: many(4, (step) => ({ step, value: k + 1 / (1 + step) })) })),
  "three objectives": of(40, (k) => ({ params: atX(k), values: [share(k), share(k, 0.37), k % 3 === 0 ? "Infinity" : share(k, 0.11)] }), X,
    { directions: ["MINIMIZE", "MAXIMIZE", "MINIMIZE"], metricNames: ["state", "value", SCRIPT] }),
};
