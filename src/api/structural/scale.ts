/** The scale of a custom kind: numbers that stand where its definition says. */
import { goPrint, setKey } from "#codec/mod.ts";
import type { CustomResourceSubresourceScale } from "../apiextensions/custom-resource-definition.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject, ScaleRules } from "../rules.ts";

interface Found {
  value: unknown;
  /** What is in the way. */
  problem?: string;
}

const stepsOf = (path: string): string[] => path.replace(/^\./, "").split(".");

/** Nothing is found below null. */
function find(object: AnyObject, path: string): Found {
  let value: unknown = object;
  const steps = stepsOf(path);
  for (const [i, step] of steps.entries()) {
    if (value === null || value === undefined) return { value: undefined };
    if (typeof value !== "object" || Array.isArray(value))
      return { value: undefined, problem: wrong(steps.slice(0, i + 1), value, "map[string]interface{}") };
    value = Object.hasOwn(value, step) ? (value as AnyObject)[step] : undefined;
  }
  return { value };
}

const wrong = (steps: readonly string[], value: unknown, wanted: string) =>
  `.${steps.join(".")} accessor error: ${goPrint(value)} is of the type ${goTypeOf(value)}, expected ${wanted}`;

function goTypeOf(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int64" : "float64";
  const names: Partial<Record<string, string>> = { bigint: "int64", boolean: "bool", object: "map[string]interface {}" };
  return names[typeof value] ?? "string";
}

function wholeNumber(object: AnyObject, path: string): { number: number | undefined; problem?: string } {
  const { value, problem } = find(object, path);
  if (problem) return { number: undefined, problem };
  if (value === undefined) return { number: undefined };
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return { number: Number(value) };
  return { number: undefined, problem: wrong(stepsOf(path), value, "int64") };
}

const mostReplicas = 2 ** 31 - 1;

function checkNumber(object: AnyObject, path: string, problems: Problems): void {
  const { number = 0, problem } = wholeNumber(object, path);
  if (problem) problems.invalid(path, 0, problem);
  else if (number < 0) problems.invalid(path, number, "should be a non-negative integer");
  else if (number > mostReplicas) problems.invalid(path, number, `should be less than or equal to ${mostReplicas}`);
}

export function checkScaleSpec({ specReplicasPath = "" }: CustomResourceSubresourceScale, object: AnyObject, problems: Problems): void {
  checkNumber(object, specReplicasPath, problems);
}

export function checkScaleStatus(scale: CustomResourceSubresourceScale, object: AnyObject, problems: Problems): void {
  checkNumber(object, scale.statusReplicasPath ?? "", problems);
  const { labelSelectorPath: path } = scale;
  if (!path) return;
  const { value, problem } = find(object, path);
  const told = problem ?? (value === undefined || typeof value === "string" ? undefined : wrong(stepsOf(path), value, "string"));
  if (told) problems.invalid(path, "", told);
}

export function scaleRules({
  specReplicasPath = "",
  statusReplicasPath = "",
  labelSelectorPath,
}: CustomResourceSubresourceScale): ScaleRules {
  return {
    read(object) {
      const wanted = wholeNumber(object, specReplicasPath);
      const selector = labelSelectorPath ? find(object, labelSelectorPath).value : undefined;
      return {
        replicas: wanted.number,
        missing:
          wanted.problem ??
          (wanted.number === undefined ? `the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist` : undefined),
        current: wholeNumber(object, statusReplicasPath).number ?? 0,
        selector: typeof selector === "string" && selector !== "" ? selector : undefined,
      };
    },
    write(object, replicas) {
      const steps = stepsOf(specReplicasPath);
      let at = object;
      for (const step of steps.slice(0, -1)) {
        if (typeof at[step] !== "object" || at[step] === null) setKey(at, step, {});
        at = at[step];
      }
      setKey(at, steps.at(-1)!, replicas);
    },
  };
}
