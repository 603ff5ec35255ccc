/** CEL in admission: which variables an expression of a policy or webhook sees, and what is refused when one is written. */
import {
  authorizerType,
  boolType,
  type Compiled,
  compile,
  dynType,
  type Environment,
  environment,
  intType,
  isIdentifier,
  jsonPatchFunctions,
  listOf,
  mapOf,
  nullType,
  type ObjectType,
  objectOf,
  type Program,
  resourceCheckType,
  stringType,
  type Type,
  timestampType,
  typeName,
} from "#codec/cel/mod.ts";
import type { AnyObject } from "../../rules.ts";
import { qualifiedName } from "../primitives.ts";
import type { Problems } from "../problems.ts";

const strings = listOf(stringType);
const object = (name: string, fields: Record<string, Type>) =>
  objectOf(`kubernetes.${name}`, (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined));
const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, stringType]));

const kindType = object("GroupVersionKind", texts("group", "version", "kind"));
const resourceType = object("GroupVersionResource", texts("group", "version", "resource"));
const userType = object("UserInfo", { ...texts("username", "uid"), groups: strings, extra: mapOf(stringType, strings) });

/** The variable `request`: an AdmissionRequest without its objects, which are variables of their own. */
const requestType = object("AdmissionRequest", {
  kind: kindType,
  resource: resourceType,
  requestKind: kindType,
  requestResource: resourceType,
  ...texts("subResource", "requestSubResource", "name", "namespace", "operation"),
  userInfo: userType,
  dryRun: boolType,
  options: dynType,
});

/** The variable `namespaceObject`. */
const namespaceType = object("Namespace", {
  metadata: object("NamespaceMetadata", {
    ...texts("name", "generateName", "namespace", "UID", "resourceVersion"),
    labels: mapOf(stringType, stringType),
    annotations: mapOf(stringType, stringType),
    creationTimestamp: timestampType,
    deletionTimestamp: timestampType,
    deletionGracePeriodSeconds: intType,
    generation: intType,
    finalizers: strings,
  }),
  spec: object("NamespaceSpec", { finalizers: strings }),
  status: object("NamespaceStatus", {
    conditions: listOf(
      object("NamespaceCondition", { ...texts("status", "type", "message", "reason"), lastTransitionTime: timestampType }),
    ),
    phase: stringType,
  }),
});

export interface ExpressionScope {
  hasParams: boolean;
  /** Message expressions may not ask what is allowed. */
  hasAuthorizer: boolean;
  /** Types by which a mutation writes what it changes. */
  patches?: (name: string) => ObjectType | undefined;
  /** What `variables.x` is; absent: there are none. Grows while a policy's variables are compiled, each with those before it. */
  variables?: ReadonlyMap<string, Type>;
}

export function admissionEnvironment({ hasParams, hasAuthorizer, patches, variables }: ExpressionScope): Environment {
  return environment({
    variables: {
      object: dynType,
      oldObject: dynType,
      namespaceObject: namespaceType,
      request: requestType,
      ...(hasParams && { params: dynType }),
      ...(hasAuthorizer && { authorizer: authorizerType, "authorizer.requestResource": resourceCheckType }),
      ...(variables && { variables: objectOf("kubernetes.variables", (name) => variables.get(name)) }),
    },
    objectType: patches,
    functions: patches ? jsonPatchFunctions : undefined,
  });
}

export type Expression = { program: Program; error?: undefined } | { program?: undefined; error: string; isInternal: boolean };

/** `returns`: what it may evaluate to; absent: anything. */
export function compileExpression(source: string, env: Environment, returns?: readonly Type[]): Expression {
  const { ok, issues }: Compiled = compile(source, env);
  if (!ok) {
    const isInternal = issues.startsWith("program instantiation failed");
    return { error: isInternal ? issues : `compilation failed: ${issues}`, isInternal };
  }
  const type = typeName(ok.resultType);
  if (!returns || returns.some((each) => typeName(each) === type)) return { program: ok };
  const names = returns.map(typeName);
  const expected = names.length === 1 ? names[0] : `one of [${names.join(" ")}]`;
  return { error: `must evaluate to ${expected} but got ${type}`, isInternal: false };
}

/** A variable's type as later expressions see it: what is no value of JSON's is anything to them. */
export function variableType({ program }: Expression): Type {
  const known = (type: Type): Type => {
    if (type.kind === "list" || type.kind === "map") return { ...type, params: type.params.map(known) };
    return ["opaque", "struct", "type", "param", "error"].includes(type.kind) ? dynType : type;
  };
  return program ? known(program.resultType) : dynType;
}

export const condition = [boolType];
export const message = [stringType];
export const annotation = [stringType, nullType];

/** Notes what is wrong with an expression; `shown` is the value that the complaint names. */
export function checkExpression(compiled: Expression, shown: string, path: string, problems: Problems): void {
  if (compiled.error === undefined) return;
  if (compiled.isInternal) problems.internal(path, compiled.error);
  else problems.invalid(path, shown, compiled.error);
}

const mostConditions = 64;

/** `matchConditions` of a policy or a webhook. */
export function checkMatchConditions(conditions: readonly AnyObject[], hasParams: boolean, path: string, problems: Problems): void {
  if (conditions.length > mostConditions) problems.tooMany(path, conditions.length, mostConditions);
  const env = admissionEnvironment({ hasParams, hasAuthorizer: true });
  const names = new Set<string>();
  for (const [i, { name = "", expression = "" }] of conditions.entries()) {
    const at = `${path}[${i}]`;
    const source = expression.trim();
    if (source === "") problems.required(`${at}.expression`);
    else checkExpression(compileExpression(source, env, condition), source, `${at}.expression`, problems);
    if (name === "") problems.required(`${at}.name`);
    else qualifiedName(name, `${at}.name`, problems);
    if (names.has(name)) problems.duplicate(`${at}.name`, name);
    if (name !== "") names.add(name);
  }
}

/** `variables` of a policy, each compiled with those before it; what comes back is what later expressions see. */
export function checkVariables(variables: readonly AnyObject[], hasParams: boolean, problems: Problems): ReadonlyMap<string, Type> {
  const types = new Map<string, Type>();
  const env = admissionEnvironment({ hasParams, hasAuthorizer: true, variables: types });
  for (const [i, { name = "", expression = "" }] of variables.entries()) {
    const at = `spec.variables[${i}]`;
    if (name.trim() === "") problems.required(`${at}.name`, "name is not specified");
    else if (!isIdentifier(name)) problems.invalid(`${at}.name`, name, "must be a valid CEL identifier");
    if (expression.trim() === "") problems.required(`${at}.expression`, "expression is not specified");
    else {
      const compiled = compileExpression(expression, env);
      checkExpression(compiled, expression, `${at}.expression`, problems);
      types.set(name, variableType(compiled));
    }
  }
  return types;
}
