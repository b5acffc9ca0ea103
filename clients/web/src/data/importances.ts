// How much each parameter matters, as the server computes it.
import type { GetImportancesResponse } from "@parzen/client/gen/parzen/v1/parzen_pb.js";

export interface Importances {
  // The largest first.
  shares: { name: string; share: number }[];
  // What is to be said of them: why they are 0, or that not all trials were looked at.
  note: string;
}

export const NO_IMPORTANCES: Importances = { shares: [], note: "" };

export function importancesFrom(response: GetImportancesResponse): Importances {
  const part = response.used < response.complete ? `computed from ${response.used} of ${response.complete} complete trials` : "";
  return { shares: response.shares.map(({ parameter, share }) => ({ name: parameter, share })), note: response.note || part };
}
