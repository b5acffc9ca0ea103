// What a study was created with.
import { SamplerConfigSchema, type Parameter, type Study } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { toJsonString } from "@bufbuild/protobuf";
import { choiceText } from "../data/param_column.js";

const MOST_CHOICES = 50;

function describeDistribution(parameter: Parameter): string {
  const kind = parameter.distribution?.kind;
  switch (kind?.case) {
    case "categorical": {
      const { choices } = kind.value;
      const more = choices.length > MOST_CHOICES ? `, and ${choices.length - MOST_CHOICES} more` : "";
      return choices.slice(0, MOST_CHOICES).map(choiceText).join(", ") + more;
    }
    case "float":
    case "int": {
      const { low, high, log, step } = kind.value;
      return `${low} to ${high}${log ? ", log" : ""}${step === undefined ? "" : `, step ${step}`}`;
    }
    default: return "";
  }
}

export function Definition({ study }: { study: Study }) {
  const facts: [string, string][] = [
    ["Directions", study.directions.map((direction, k) => `${direction === 2 ? "maximize" : "minimize"} ${study.metricNames[k] ?? ""}`.trim()).join(", ")],
    ["Sampler", study.sampler === undefined ? "auto" : `${study.sampler.kind.case ?? "auto"} ${toJsonString(SamplerConfigSchema, study.sampler)}`],
    ["Most trials", study.maxTrials === undefined ? "no limit" : String(study.maxTrials)],
    ["Retries", String(study.maxRetries ?? 3)],
    ["Points", study.spaceSize === undefined ? "infinitely many, or more than a million" : `${study.spaceSize}${study.allowRepeats === true ? ", may repeat" : ""}`],
    ["Revision", String(study.revision)],
    ["Uid", String(study.uid)],
  ];
  const parameters = study.space?.parameters ?? [];
  return (
    <section id="definition" class="plot" data-testid="definition">
      <figcaption><h2>Definition</h2></figcaption>
      {parameters.length === 0 ? <p class="note">Define-by-run: parameters appear as they are suggested.</p> : (
        <div class="tablebox" tabIndex={0} role="region" aria-label="Search space">
          <table>
            <thead><tr><th>Parameter</th><th>Kind</th><th>Values</th><th>If</th></tr></thead>
            <tbody>
              {parameters.map((parameter) => (
                <tr key={parameter.name} data-testid="parameter">
                  <td class="long">{parameter.name}</td><td>{parameter.distribution?.kind.case}</td>
                  <td class="long values">{describeDistribution(parameter)}</td>
                  <td class="long">{parameter.when === undefined ? "" : `${parameter.when.parent}: ${parameter.when.values.map(choiceText).join(", ")}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <dl>{facts.map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>
      {study.userAttrs.length > 0 && (
        <dl data-testid="study-attributes">
          {study.userAttrs.map((attribute) => <><dt>{attribute.key}</dt><dd class="code">{attribute.json}</dd></>)}
        </dl>
      )}
    </section>
  );
}
