// Why a trial was chosen: ExplainTrial, drawn. For TPE the two densities along each parameter and the candidates by the ratio of
// both; for a Gaussian process the posterior at the candidates.
import { useEffect, useState } from "preact/hooks";
import { View, type ExplainTrialResponse, type ExplainTrialResponse_Group as Group, type Trial, type Value }
  from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { api, messageOf } from "../api/transport.js";
import { showNumber } from "../data/format.js";
import { ParamColumn } from "../data/param_column.js";
import { choiceLetters, paramAxis, positions, ticksOf, tickTexts, type Axis } from "../plots/axis.js";
import { Figure } from "../plots/figure.js";
import { palette } from "../plots/palette.js";

const WIDTH = 440;
const HEIGHT = 190;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, WIDTH - 12, 12, HEIGHT - 30];
const POINTS = 120; // of a density
const MOST_TRIALS = 5000; // whose values are fetched for the densities

type Values = Map<bigint, Trial>;

const METHODS: Record<string, string> = {
  fixed: "fixed by whoever enqueued it",
  single: "there was only one value",
  startup: "one of the first trials, before there is anything to learn from",
  "warm-start": "good in earlier studies",
  random: "drawn at random",
  qmc: "the next point of a Sobol sequence",
  tpe: "TPE: likely under the better trials, unlikely under the rest",
  "gp-ei": "Gaussian process: the largest expected improvement",
};

function columnOf(name: string, trial: Trial): ParamColumn {
  const column = new ParamColumn(name);
  const distribution = trial.params.find((param) => param.name === name)?.distribution;
  if (distribution !== undefined) column.describe(distribution);
  return column;
}

function numberOf(column: ParamColumn, value: Value | undefined): number {
  if (value === undefined) return NaN;
  return column.kind === "categorical" ? column.code(value) : Number(value.kind.value);
}

function valueIn(column: ParamColumn, trial: Trial | undefined): number {
  return numberOf(column, trial?.params.find((param) => param.name === column.name)?.value);
}

// A kernel density of the values along the axis as it is drawn, with Scott's bandwidth: its shape, not the sampler's own estimate,
// whose bandwidths depend on its options.
function density(places: number[]): number[] {
  const mean = places.reduce((a, b) => a + b, 0) / places.length;
  const deviation = Math.sqrt(places.reduce((sum, place) => sum + (place - mean) ** 2, 0) / Math.max(1, places.length - 1));
  const width = Math.max(0.03 * (RIGHT - LEFT), 1.06 * deviation * places.length ** -0.2);
  return Array.from({ length: POINTS }, (_, k) => {
    const x = LEFT + (k / (POINTS - 1)) * (RIGHT - LEFT);
    return places.reduce((sum, place) => sum + Math.exp(-0.5 * ((x - place) / width) ** 2), 0) / (places.length * width);
  });
}

// How often each choice occurs among the trials, as two bars a choice.
function Bars({ shares, offset, color, top, x }: { shares: number[]; offset: number; color: string; top: number; x(value: number): number }) {
  const width = Math.min(26, Math.max(2, (x(1) - x(0)) * 0.3));
  return (
    <g fill={color} opacity="0.75">
      {shares.map((share, k) => {
        const height = (share / top) * (BOTTOM - TOP) * 0.9;
        return <rect key={k} x={x(k) + offset * width - width / 2} y={BOTTOM - height} width={width} height={height} />;
      })}
    </g>
  );
}

function sharesOf(column: ParamColumn, values: number[]): number[] {
  const shares = column.choices.map(() => 0);
  for (const value of values) shares[value] += 1 / values.length;
  return shares;
}

function XAxis({ axis }: { axis: Axis }) {
  const x = positions(axis, LEFT, RIGHT);
  const colors = palette();
  const ticks = ticksOf(axis, axis.range[0], axis.range[1], RIGHT - LEFT, 70, true);
  const texts = tickTexts(axis, ticks, choiceLetters(axis, RIGHT - LEFT));
  return (
    <g fill={colors.faint} stroke="none" font-size="11" text-anchor="middle">
      <path d={`M${LEFT} ${BOTTOM}H${RIGHT}`} stroke={colors.grid} />
      {ticks.map((tick, k) => <text key={tick} x={x(tick)} y={BOTTOM + 14}>{texts[k]}</text>)}
      <text x={(LEFT + RIGHT) / 2} y={HEIGHT - 3} fill={colors.text}>{axis.label}</text>
    </g>
  );
}

function Curve({ heights, top, color }: { heights: number[]; top: number; color: string }) {
  const path = heights.map((height, k) => {
    const x = LEFT + (k / (POINTS - 1)) * (RIGHT - LEFT);
    return `${k === 0 ? "M" : "L"}${x.toFixed(1)} ${(BOTTOM - (height / top) * (BOTTOM - TOP) * 0.9).toFixed(1)}`;
  }).join("");
  return <path d={path} fill="none" stroke={color} stroke-width="2" />;
}

// One path for all trials: there may be thousands, for each of many parameters.
function stems(places: number[], height: number): string {
  return places.map((place) => `M${place.toFixed(1)} ${BOTTOM}v-${height}`).join("");
}

function Tpe({ group, column, axis, trials }: { group: Group; column: ParamColumn; axis: Axis; trials: Values }) {
  const colors = palette();
  const x = positions(axis, LEFT, RIGHT);
  const values = (numbers: bigint[]) => numbers.map((number) => valueIn(column, trials.get(number))).filter((value) => !Number.isNaN(value));
  const chosen = column.kind === "categorical";
  const [better, others] = [values(group.below), values(group.above)];
  const [below, above] = [better.map(x), others.map(x)];
  const shape = (numbers: number[], places: number[]) => (numbers.length === 0 ? [] : chosen ? sharesOf(column, numbers) : density(places));
  const [l, g] = [shape(better, below), shape(others, above)];
  const top = Math.max(1e-12, ...l, ...g);
  const scores = group.candidates.map((candidate) => candidate.logL - candidate.logG);
  const [worst, best] = [Math.min(...scores), Math.max(...scores)];
  return (
    <>
      {chosen && <Bars shares={g} offset={0.5} color={colors.states[1]} top={top} x={x} />}
      {chosen && <Bars shares={l} offset={-0.5} color={colors.states[3]} top={top} x={x} />}
      {!chosen && g.length > 0 && <Curve heights={g} top={top} color={colors.states[1]} />}
      {!chosen && l.length > 0 && <Curve heights={l} top={top} color={colors.states[3]} />}
      {!chosen && <path d={stems(above, 5)} stroke={colors.states[1]} stroke-width="1" opacity="0.6" />}
      {!chosen && <path d={stems(below, 9)} stroke={colors.states[3]} stroke-width="1.5" />}
      {group.candidates.map((candidate, k) => {
        const place = x(numberOf(column, candidate.params.find((param) => param.name === column.name)?.value));
        if (Number.isNaN(place)) return null;
        const y = BOTTOM - 14 - (best === worst ? 0.5 : (scores[k] - worst) / (best - worst)) * (BOTTOM - TOP - 24);
        return (
          <circle key={k} data-testid="candidate" cx={place} cy={y} r={k === group.winner ? 5 : 2.5} opacity={k === group.winner ? 1 : 0.6}
                  fill={k === group.winner ? colors.line : colors.states[4]}>
            <title>{`log l - log g = ${showNumber(scores[k])}`}</title>
          </circle>
        );
      })}
    </>
  );
}

function Gp({ group, column, axis }: { group: Group; column: ParamColumn; axis: Axis }) {
  const colors = palette();
  const x = positions(axis, LEFT, RIGHT);
  const low = Math.min(...group.candidates.map((candidate) => candidate.mean - candidate.deviation));
  const high = Math.max(...group.candidates.map((candidate) => candidate.mean + candidate.deviation));
  const vertical: Axis = { label: "", kind: "linear", range: low < high ? [low, high] : [low - 1, low + 1] };
  const y = positions(vertical, BOTTOM - 6, TOP);
  return (
    <>
      {ticksOf(vertical, vertical.range[0], vertical.range[1], BOTTOM - TOP, 40).map((tick) => (
        <text key={tick} x={LEFT - 4} y={y(tick) + 4} text-anchor="end" font-size="11" fill={colors.faint}>{showNumber(tick)}</text>
      ))}
      {group.candidates.map((candidate, k) => {
        const place = x(numberOf(column, candidate.params.find((param) => param.name === column.name)?.value));
        if (Number.isNaN(place)) return null;
        const color = k === group.winner ? colors.line : colors.states[3];
        return (
          <g key={k} data-testid="candidate" opacity={k === group.winner ? 1 : 0.5}>
            <title>{`mean ${showNumber(candidate.mean)}, deviation ${showNumber(candidate.deviation)}, log EI ${showNumber(candidate.logEi)}`}</title>
            <path d={`M${place.toFixed(1)} ${y(candidate.mean - candidate.deviation).toFixed(1)}V${y(candidate.mean + candidate.deviation).toFixed(1)}`}
                  stroke={color} stroke-width="1.5" />
            <circle cx={place} cy={y(candidate.mean)} r={k === group.winner ? 5 : 2.5} fill={color} />
          </g>
        );
      })}
    </>
  );
}

function ParamExplained({ group, name, trial, trials, file }: { group: Group; name: string; trial: Trial; trials: Values; file: string }) {
  const column = columnOf(name, trial);
  const colors = palette();
  if (!column.declared) return null;
  // Values of other trials may be of an earlier, smaller space: their choices get codes of their own.
  for (const other of trials.values()) valueIn(column, other);
  const axis = paramAxis(column, 0);
  const chosen = positions(axis, LEFT, RIGHT)(valueIn(column, trial));
  const csv = () => [["candidate", name, "log_l", "log_g", "mean", "deviation", "log_ei", "winner"], ...group.candidates.map((candidate, k) => [
    k, column.show(numberOf(column, candidate.params.find((param) => param.name === name)?.value)), candidate.logL, candidate.logG,
    candidate.mean, candidate.deviation, candidate.logEi, k === group.winner ? 1 : 0])];
  return (
    <Figure id={`explain-${name}`} title={name} marks={group.candidates.length} file={file} csv={csv}>
      <svg class="drawing" xmlns="http://www.w3.org/2000/svg" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} font-family="system-ui, sans-serif" role="img"
           aria-label={`How ${name} was chosen`}>
        <XAxis axis={axis} />
        {!Number.isNaN(chosen) && <path d={`M${chosen.toFixed(1)} ${TOP}V${BOTTOM}`} stroke={colors.line} stroke-dasharray="4 3" />}
        {group.method === "gp-ei" ? <Gp group={group} column={column} axis={axis} />
          : <Tpe group={group} column={column} axis={axis} trials={trials} />}
      </svg>
    </Figure>
  );
}

function GroupExplained({ group, trial, trials, file }: { group: Group; trial: Trial; trials: Values; file: string }) {
  const drawn = group.candidates.length > 0 || group.below.length > 0;
  return (
    <section class="group" data-testid="explained-group" data-method={group.method}>
      <p><strong>{group.parameters.join(", ")}</strong>: {METHODS[group.method] ?? group.method}.</p>
      {group.below.length + group.above.length > 0 && (
        <p class="note">
          Blue: the {group.below.length} better trials; grey: the {group.above.length} others (kernel densities, or shares of choices). Dots: {group.candidates.length} candidates,
          higher is more promising; red: the winner.
        </p>
      )}
      {group.method === "gp-ei" && <p class="note">The posterior (mean and deviation) at {group.candidates.length} candidates; red: the winner.</p>}
      {drawn && (
        <div class="plots">
          {group.parameters.map((name) => <ParamExplained key={name} group={group} name={name} trial={trial} trials={trials} file={file} />)}
        </div>
      )}
      {group.model.length > 0 && (
        <details><summary>The model</summary>
          <dl>{group.model.map((figure) => <><dt>{figure.name}</dt><dd>{showNumber(figure.value)}</dd></>)}</dl>
        </details>
      )}
    </section>
  );
}

async function trialsBefore(study: string, groups: Group[]): Promise<Values> {
  const wanted = new Set(groups.flatMap((group) => [...group.below, ...group.above]));
  const found: Values = new Map();
  let pageToken = "";
  for (let read = 0; wanted.size > found.size && read < MOST_TRIALS;) {
    const page = await api.listTrials({ study, pageSize: 1000, pageToken, view: View.BASIC });
    for (const trial of page.trials) {
      const number = trial.handle?.number ?? -1n;
      if (wanted.has(number)) found.set(number, trial);
    }
    read += page.trials.length;
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  return found;
}

export function Explanation({ study, trial }: { study: string; trial: Trial }) {
  const [answer, setAnswer] = useState<{ explained: ExplainTrialResponse; trials: Values } | undefined>(undefined);
  const [refused, setRefused] = useState("");
  const number = trial.handle?.number ?? 0n;
  useEffect(() => {
    let current = true;
    void (async () => {
      try {
        const explained = await api.explainTrial({ study, number });
        const trials = await trialsBefore(study, explained.groups);
        if (current) setAnswer({ explained, trials });
      } catch (error) {
        if (current) setRefused(messageOf(error));
      }
    })();
    return () => {
      current = false;
    };
  }, [study, number]);
  return (
    <section class="plot wide" data-testid="explanation">
      <figcaption><h2>Why it was chosen</h2></figcaption>
      {refused !== "" && <p class="note" data-testid="not-explained">{refused}</p>}
      {answer?.explained.groups.map((group, k) => (
        <GroupExplained key={k} group={group} trial={answer.explained.trial ?? trial} trials={answer.trials} file={`${study}-${number}`} />
      ))}
    </section>
  );
}
