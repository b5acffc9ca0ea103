// Which trial to trust under noise.
import { RecommendTrialsResponse_Basis, type RecommendTrialsResponse_Expectation, type Trial as Message } from "./gen/parzen/v1/parzen_pb.js";
import { FrozenTrial } from "./trial.js";

// What a recommendation rests on: a model over the declared space; a model over the parameters that every complete trial of a
// define-by-run study has; or, where no model can be made, the values as they were told.
export type Basis = "model" | "common_parameters" | "told_values";

const BASES: Record<number, Basis> = {
  [RecommendTrialsResponse_Basis.MODEL]: "model",
  [RecommendTrialsResponse_Basis.COMMON_PARAMETERS]: "common_parameters",
};

// A trial, and what a model of all trials expects of it without the noise of its run.
export class RecommendedTrial {
  readonly trial: FrozenTrial;
  // One an objective, in its units.
  readonly expectedValues: readonly number[];
  // Of these; zeros with basis "told_values".
  readonly standardDeviations: readonly number[];
  readonly basis: Basis;

  constructor(trial: Message, expected: RecommendTrialsResponse_Expectation, basis: RecommendTrialsResponse_Basis) {
    this.trial = new FrozenTrial(trial);
    this.expectedValues = [...expected.means];
    this.standardDeviations = [...expected.deviations];
    this.basis = BASES[basis] ?? "told_values";
  }

  get number(): number {
    return this.trial.number;
  }

  get params(): FrozenTrial["params"] {
    return this.trial.params;
  }

  // Of the first objective.
  get expectedValue(): number {
    return this.expectedValues[0];
  }

  get standardDeviation(): number {
    return this.standardDeviations[0];
  }
}
