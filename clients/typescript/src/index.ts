// Parzen's client for Node and browsers: Client, Study and Trial, in the words of the Python client (camelCase).
//
//   const client = new Client("127.0.0.1:7080");
//   const study = await client.createStudy("digits", { lr: float(1e-5, 1e-1, { log: true }), depth: int(1, 8) }, { existOk: true });
//   const trial = await study.ask();
//   await trial.tell(await train(trial.params));
export { Client, type StudyOptions } from "./client.js";
export type { Options } from "./connection.js";
export * from "./errors.js";
export { RecommendedTrial, type Basis } from "./recommendation.js";
export { categorical, double, float, int, type Choice, type NumberOptions, type ParameterDefinition, type ParamValue, type When } from "./space.js";
export { Study, type AskOptions, type Objective, type OptimizeOptions } from "./study.js";
export { FrozenTrial, Trial, type State, type TellOptions } from "./trial.js";
