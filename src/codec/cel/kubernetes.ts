/** The environment of Kubernetes v1.36: the language, and the libraries that its API server brings. */
import type { FunctionDeclaration } from "./declare.ts";
import { type Environment, type EnvironmentParts, makeEnvironment } from "./environment.ts";
import { standard } from "./functions/standard.ts";
import { stringLibrary } from "./libraries/strings.ts";

export interface EnvironmentOptions extends Pick<EnvironmentParts, "variables" | "objectType"> {
  /** Besides Kubernetes' own. */
  functions?: readonly FunctionDeclaration[];
}

export const everyFunction: readonly FunctionDeclaration[] = [...standard, ...stringLibrary];

export function environment({ variables, objectType, functions }: EnvironmentOptions): Environment {
  return makeEnvironment({
    variables,
    objectType,
    functions: functions ? [...everyFunction, ...functions] : everyFunction,
    isHomogeneous: true,
  });
}
