// The trial to trust under noise, as the server's model expects it.
import { RecommendTrialsResponse_Basis, type RecommendTrialsResponse } from "@parzen/client/gen/parzen/v1/parzen_pb.js";

export interface Recommended {
  row: number;
  mean: number;
  deviation: number;
}

// Of one objective; undefined where there is no model yet, since the best value says it all then.
export function recommendedFrom(response: RecommendTrialsResponse): Recommended | undefined {
  const number = response.trials[0]?.handle?.number;
  if (number === undefined || response.basis === RecommendTrialsResponse_Basis.TOLD_VALUES) return undefined;
  return { row: Number(number), mean: response.expected[0].means[0], deviation: response.expected[0].deviations[0] };
}
