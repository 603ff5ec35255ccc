/**
 * `authorizer.group("apps").resource("deployments").check("create").allowed()`. Who decides may take its time, and an
 * evaluation does not wait: it is cut off by `Undecided`, and run again when the answer is there.
 */
import { checkDns1123Label, checkDns1123Subdomain } from "../../names.ts";
import { declare, member } from "../declare.ts";
import { boolType, objectOf, stringType } from "../types.ts";
import { CelObject, Fault } from "../value.ts";

export const authorizerType = objectOf("kubernetes.authorization.Authorizer");
const pathCheckType = objectOf("kubernetes.authorization.PathCheck");
const groupCheckType = objectOf("kubernetes.authorization.GroupCheck");
export const resourceCheckType = objectOf("kubernetes.authorization.ResourceCheck");
const decisionType = objectOf("kubernetes.authorization.Decision");

/** What is asked; of a path when `path` is there. */
export interface Question {
  /** Undefined: who makes the request. */
  serviceAccount?: { namespace: string; name: string };
  verb: string;
  path?: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  fieldSelector: string;
  labelSelector: string;
}

export interface Answer {
  allowed: boolean;
  reason: string;
  error?: string;
}

export type Ask = (question: Question) => Answer | Promise<Answer>;

/** Ends an evaluation until the answer has come. */
export class Undecided extends Fault {
  readonly until: Promise<unknown>;
  constructor(until: Promise<unknown>) {
    super("undecided", true);
    this.until = until;
  }
}

/** Asks each question once. */
export class Decider {
  readonly #ask: Ask;
  readonly #answers = new Map<string, Answer>();
  constructor(ask: Ask) {
    this.#ask = ask;
  }
  answer(question: Question): Answer {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key);
    if (known) return known;
    const failed = (error: unknown) => keep({ allowed: false, reason: "", error: (error as Error).message });
    const answer = this.#ask(question);
    const keep = (answer: Answer) => {
      this.#answers.set(key, answer);
      return answer;
    };
    if (answer instanceof Promise) throw new Undecided(answer.then(keep, failed));
    return keep(answer);
  }
}

const nothing: Question = {
  verb: "",
  group: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  fieldSelector: "",
  labelSelector: "",
};

/** What is asked so far, on its way to a decision. */
class Check extends CelObject {
  readonly typeName: string;
  readonly decider: Decider;
  readonly question: Question;
  constructor(typeName: string, decider: Decider, question: Question) {
    super();
    this.typeName = typeName;
    this.decider = decider;
    this.question = question;
  }
  equals(other: unknown): boolean {
    return other === this;
  }
}

class Decision extends CelObject {
  readonly typeName = decisionType.name;
  readonly answer: Answer;
  constructor(answer: Answer) {
    super();
    this.answer = answer;
  }
  equals(other: unknown): boolean {
    return other === this;
  }
}

/** The variable `authorizer`. */
export const authorizerValue = (decider: Decider): CelObject => new Check(authorizerType.name, decider, nothing);

/** The variable `authorizer.requestResource`. */
export function requestResourceValue(
  decider: Decider,
  of: Pick<Question, "group" | "resource" | "subresource" | "namespace" | "name">,
): CelObject {
  return new Check(resourceCheckType.name, decider, { ...nothing, ...of });
}

const next = (from: Check, { name }: { name: string }, more: Partial<Question>) =>
  new Check(name, from.decider, { ...from.question, ...more });
const required = (what: string, value: string) => {
  if (value.trim() === "") throw new Fault(`${what} must not be empty`);
  return value;
};

function serviceAccount(from: Check, namespace: string, name: string): Check {
  if (checkDns1123Subdomain(name).length > 0) throw new Fault("Invalid service account name");
  if (checkDns1123Label(namespace).length > 0) throw new Fault("Invalid service account namespace");
  return next(from, authorizerType, { serviceAccount: { namespace, name } });
}

const check = (from: Check, verb: string) => new Decision(from.decider.answer({ ...from.question, verb }));
const S = stringType;
const onResource = (name: "subresource" | "namespace" | "name" | "fieldSelector" | "labelSelector", id: string) =>
  declare(
    name,
    member(id, [resourceCheckType, S], resourceCheckType, (from: Check, value: string) => next(from, resourceCheckType, { [name]: value })),
  );

export const authorization = [
  declare(
    "path",
    member("authorizer_path", [authorizerType, S], pathCheckType, (from: Check, path: string) =>
      next(from, pathCheckType, { path: required("path", path) }),
    ),
  ),
  declare(
    "group",
    member("authorizer_group", [authorizerType, S], groupCheckType, (from: Check, group: string) => next(from, groupCheckType, { group })),
  ),
  declare("serviceAccount", member("authorizer_serviceaccount", [authorizerType, S, S], authorizerType, serviceAccount)),
  declare(
    "resource",
    member("groupcheck_resource", [groupCheckType, S], resourceCheckType, (from: Check, resource: string) =>
      next(from, resourceCheckType, { resource: required("resource", resource) }),
    ),
  ),
  onResource("subresource", "resourcecheck_subresource"),
  onResource("namespace", "resourcecheck_namespace"),
  onResource("name", "resourcecheck_name"),
  onResource("fieldSelector", "authorizer_fieldselector"),
  onResource("labelSelector", "authorizer_labelselector"),
  declare(
    "check",
    member("pathcheck_check", [pathCheckType, S], decisionType, check),
    member("resourcecheck_check", [resourceCheckType, S], decisionType, check),
  ),
  declare(
    "errored",
    member("decision_errored", [decisionType], boolType, ({ answer }: Decision) => answer.error !== undefined),
  ),
  declare(
    "error",
    member("decision_error", [decisionType], S, ({ answer }: Decision) => answer.error ?? ""),
  ),
  declare(
    "allowed",
    member("decision_allowed", [decisionType], boolType, ({ answer }: Decision) => answer.allowed),
  ),
  declare(
    "reason",
    member("decision_reason", [decisionType], S, ({ answer }: Decision) => answer.reason),
  ),
];
