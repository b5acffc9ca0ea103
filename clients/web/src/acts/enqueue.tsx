// A form made from the search space: parameters that are filled in are fixed, the rest are sampled when the trial is asked for.
import { useState } from "preact/hooks";
import { create } from "@bufbuild/protobuf";
import { ParamSchema, ValueSchema, type Param, type Parameter, type Study, type Value } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { api } from "../api/transport.js";
import { choiceText, keyOf } from "../data/param_column.js";
import { Act } from "./act.js";
import { requestId } from "./request.js";

// What is entered by parameter, as text: a number, or the index of a choice. Absent: left to the sampler.
type Entries = ReadonlyMap<string, string>;

function valueOf(parameter: Parameter, entry: string): Value | undefined {
  const kind = parameter.distribution?.kind;
  if (entry.trim() === "" || kind === undefined) return undefined;
  switch (kind.case) {
    case "categorical": return kind.value.choices[Number(entry)];
    case "float": return create(ValueSchema, { kind: { case: "doubleValue", value: Number(entry) } });
    case "int": {
      if (!/^\s*[-+]?\d+\s*$/.test(entry)) throw new RangeError(`${parameter.name} must be a whole number, not ${entry}`);
      return create(ValueSchema, { kind: { case: "intValue", value: BigInt(entry) } });
    }
    default: return undefined;
  }
}

// A parameter can be fixed unless a parent is fixed to a value that makes it inactive.
function isPossible(parameter: Parameter, parameters: readonly Parameter[], entries: Entries): boolean {
  const condition = parameter.when;
  if (condition === undefined) return true;
  const parent = parameters.find((candidate) => candidate.name === condition.parent);
  if (parent === undefined || !isPossible(parent, parameters, entries)) return false;
  const entry = entries.get(parent.name);
  if (entry === undefined || entry.trim() === "") return true;
  try {
    const value = valueOf(parent, entry);
    return value === undefined || condition.values.some((wanted) => keyOf(wanted) === keyOf(value));
  } catch {
    return true;
  }
}

function hint(parameter: Parameter): string {
  const kind = parameter.distribution?.kind;
  if (kind?.case !== "float" && kind?.case !== "int") return "sampled";
  const { low, high, log, step } = kind.value;
  return `${low} to ${high}${log ? ", log" : ""}${step === undefined ? "" : `, step ${step}`}`;
}

function Field(props: { parameter: Parameter; entry: string; onChange(entry: string): void }) {
  const { parameter, entry, onChange } = props;
  const kind = parameter.distribution?.kind;
  const testId = `enqueue-${parameter.name}`;
  return (
    <label class="field">
      <span>{parameter.name}</span>
      {kind?.case === "categorical" ? (
        <select data-testid={testId} value={entry} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">sampled</option>
          {kind.value.choices.map((choice, k) => <option key={k} value={String(k)}>{choiceText(choice)}</option>)}
        </select>
      ) : (
        <input data-testid={testId} inputMode="decimal" value={entry} placeholder={hint(parameter)}
               onInput={(event) => onChange(event.currentTarget.value)} />
      )}
    </label>
  );
}

export function Enqueue({ study, onError }: { study: Study; onError(message: string): void }) {
  const [open, setOpen] = useState(false);
  const [entries, setEntries] = useState<Entries>(new Map());
  const [done, setDone] = useState("");
  const parameters = study.space?.parameters ?? [];
  if (!open) return <button type="button" data-testid="act-enqueue" onClick={() => setOpen(true)}>Enqueue…</button>;
  const enqueue = async () => {
    const params: Param[] = [];
    for (const parameter of parameters) {
      if (!isPossible(parameter, parameters, entries)) continue;
      const entry = entries.get(parameter.name) ?? "";
      const value = valueOf(parameter, entry);
      if (value?.kind.case === "doubleValue" && parameter.distribution?.kind.case === "float" && Number.isNaN(value.kind.value)) {
        throw new RangeError(`${parameter.name} must be a number, not ${entry}`);
      }
      if (value !== undefined) params.push(create(ParamSchema, { name: parameter.name, value }));
    }
    const answer = await api.enqueue({ requestId: requestId(), study: study.name, studyUid: study.uid, params });
    setDone(`Trial ${answer.trial?.handle?.number ?? ""} waits.`);
    setEntries(new Map());
  };
  return (
    <form class="enqueue" data-testid="enqueue-form" onSubmit={(event) => event.preventDefault()}
          onKeyDown={(event) => { if (event.key === "Escape") setOpen(false); }}>
      <h2>Enqueue a trial</h2>
      <p class="note">{parameters.length === 0 ? "This study is define-by-run: everything is sampled as the trial runs."
        : "Parameters that you leave empty are sampled when a worker asks for the trial."}</p>
      <div class="fields">
        {parameters.filter((parameter) => isPossible(parameter, parameters, entries)).map((parameter) => (
          <Field key={parameter.name} parameter={parameter} entry={entries.get(parameter.name) ?? ""}
                 onChange={(entry) => { setEntries(new Map(entries).set(parameter.name, entry)); setDone(""); }} />
        ))}
      </div>
      <Act text="Enqueue" testId="enqueue-submit" act={enqueue} onError={onError} />
      <button type="button" class="quiet" data-testid="enqueue-close" onClick={() => setOpen(false)}>Close</button>
      <span role="status" data-testid="enqueue-done">{done}</span>
    </form>
  );
}
