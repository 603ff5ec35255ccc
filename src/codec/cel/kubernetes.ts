/** The environment of Kubernetes v1.36: the language, and the libraries that its API server brings. */
import type { FunctionDeclaration } from "./declare.ts";
import { type Environment, type EnvironmentParts, makeEnvironment } from "./environment.ts";
import { standard } from "./functions/standard.ts";
import { addresses } from "./libraries/addresses.ts";
import { authorization } from "./libraries/authorizer.ts";
import { namedFormats } from "./libraries/formats.ts";
import { lists } from "./libraries/lists.ts";
import { patterns } from "./libraries/patterns.ts";
import { quantities } from "./libraries/quantities.ts";
import { stringLibrary } from "./libraries/strings.ts";
import { urls } from "./libraries/urls.ts";
import { versions } from "./libraries/versions.ts";

export interface EnvironmentOptions extends Pick<EnvironmentParts, "variables" | "objectType" | "binds"> {
  /** Besides Kubernetes' own. */
  functions?: readonly FunctionDeclaration[];
}

export const everyFunction: readonly FunctionDeclaration[] = [
  ...standard,
  ...stringLibrary,
  ...lists,
  ...patterns,
  ...urls,
  ...quantities,
  ...addresses,
  ...namedFormats,
  ...versions,
  ...authorization,
];

/** One list for one set of extra functions: environments find functions by it. */
const extended = new WeakMap<readonly FunctionDeclaration[], readonly FunctionDeclaration[]>();

export function environment({ variables, objectType, functions, binds }: EnvironmentOptions): Environment {
  let all = functions ? extended.get(functions) : everyFunction;
  if (!all) extended.set(functions!, (all = [...everyFunction, ...functions!]));
  return makeEnvironment({ variables, objectType, functions: all, isHomogeneous: true, binds });
}
