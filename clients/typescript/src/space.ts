// Search spaces: float, int and categorical parameters, each optionally only where another has one of some values.
import { create } from "@bufbuild/protobuf";
import { InvalidArgument } from "./errors.js";
import {
  ParameterSchema, ValueSchema, type Distribution, type Param, type Parameter, type Value,
} from "./gen/parzen/v1/parzen_pb.js";
import { DistributionSchema } from "./gen/parzen/v1/parzen_pb.js";

// JavaScript has one kind of number: the choice 1 is an int, and `double(1)` the double 1.0.
export class Double {
  constructor(readonly value: number) {}
}
export const double = (value: number): Double => new Double(value);

export type Choice = null | boolean | number | string | Double;
// What a trial is given.
export type ParamValue = null | boolean | number | string;

export interface When {
  when?: Record<string, Choice[]>;
  default?: Choice;
}

export interface ParameterDefinition extends When {
  distribution: Distribution;
}

export interface NumberOptions extends When {
  log?: boolean;
  step?: number;
}

function whole(value: number, what: string): bigint {
  if (!Number.isSafeInteger(value)) throw new InvalidArgument(`${what}: is ${value}; accepted: a whole number within +-2^53`, "INVALID_ARGUMENT", "BAD_FIELD");
  return BigInt(value);
}

export function floatDistribution(low: number, high: number, options: { log?: boolean; step?: number } = {}): Distribution {
  return create(DistributionSchema, { kind: { case: "float", value: { low, high, log: options.log ?? false, step: options.step } } });
}

export function intDistribution(low: number, high: number, options: { log?: boolean; step?: number } = {}): Distribution {
  return create(DistributionSchema, { kind: { case: "int", value: {
    low: whole(low, "low"), high: whole(high, "high"), log: options.log ?? false,
    step: options.step === undefined ? undefined : whole(options.step, "step"),
  } } });
}

export function categoricalDistribution(choices: readonly Choice[]): Distribution {
  return create(DistributionSchema, { kind: { case: "categorical", value: { choices: choices.map(toValue) } } });
}

export function float(low: number, high: number, options: NumberOptions = {}): ParameterDefinition {
  return { distribution: floatDistribution(low, high, options), when: options.when, default: options.default };
}

export function int(low: number, high: number, options: NumberOptions = {}): ParameterDefinition {
  return { distribution: intDistribution(low, high, options), when: options.when, default: options.default };
}

export function categorical(choices: readonly Choice[], options: When = {}): ParameterDefinition {
  return { distribution: categoricalDistribution(choices), ...options };
}

export function toValue(choice: Choice): Value {
  if (choice === null) return create(ValueSchema, { kind: { case: "nullValue", value: 0 } });
  if (choice instanceof Double) return create(ValueSchema, { kind: { case: "doubleValue", value: choice.value } });
  switch (typeof choice) {
    case "boolean": return create(ValueSchema, { kind: { case: "boolValue", value: choice } });
    case "string": return create(ValueSchema, { kind: { case: "stringValue", value: choice } });
    default:
      return Number.isSafeInteger(choice) && !Object.is(choice, -0)
        ? create(ValueSchema, { kind: { case: "intValue", value: BigInt(choice) } })
        : create(ValueSchema, { kind: { case: "doubleValue", value: choice } });
  }
}

export function fromValue(value: Value | undefined): ParamValue {
  const kind = value?.kind;
  switch (kind?.case) {
    case "boolValue":
    case "doubleValue":
    case "stringValue": return kind.value;
    case "intValue": return Number(kind.value);
    default: return null;
  }
}

// A value for a parameter with this distribution: a number for a float is a double even if it is whole, and a number among choices
// is the choice that equals it.
export function valueFor(distribution: Distribution | undefined, choice: Choice): Value {
  const kind = distribution?.kind;
  if (kind?.case === "float" && typeof choice === "number") return toValue(new Double(choice));
  if (kind?.case === "categorical" && typeof choice === "number") {
    const found = kind.value.choices.find((candidate) => typeof fromValue(candidate) === "number" && fromValue(candidate) === choice);
    if (found !== undefined) return found;
  }
  return toValue(choice);
}

export function toParameters(space: Record<string, ParameterDefinition>): Parameter[] {
  return Object.entries(space).map(([name, definition]) => {
    const conditions = Object.entries(definition.when ?? {});
    if (conditions.length > 1) {
      throw new InvalidArgument(`${name}: has ${conditions.length} parents; accepted: one`, "INVALID_ARGUMENT", "BAD_FIELD");
    }
    const [parent, values] = conditions[0] ?? [];
    const parentDistribution = parent === undefined ? undefined : space[parent]?.distribution;
    return create(ParameterSchema, {
      name,
      distribution: definition.distribution,
      when: parent === undefined ? undefined : { parent, values: values.map((value) => valueFor(parentDistribution, value)) },
      defaultValue: definition.default === undefined ? undefined : valueFor(definition.distribution, definition.default),
    });
  });
}

export function toParams(params: readonly Param[]): Record<string, ParamValue> {
  return Object.fromEntries(params.map((param) => [param.name, fromValue(param.value)]));
}
