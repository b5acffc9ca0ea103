// What the colours of trials stand for.
import { STATE_NAMES } from "../data/study_data.js";
import { palette } from "./palette.js";

// Items of a list.
export function States({ states }: { states: readonly number[] }) {
  return <>{states.map((state) => <li key={state}><i style={{ background: palette().states[state] }} />{STATE_NAMES[state]}</li>)}</>;
}
