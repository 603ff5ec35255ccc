/** Who the claims of a verified token stand for, and whether the rules let them in. */
import { messageOf } from "#base/mod.ts";
import type { User } from "../../contract.ts";
import type { Mapper } from "./check.ts";
import type { JwtSettings } from "./declaration.ts";
import { claimsBinding, type Expression, evaluate, textsOf, userBinding } from "./expressions.ts";
import type { Claims } from "./verifier.ts";

type Mappings = NonNullable<JwtSettings["claimMappings"]>;
type Bindings = ReturnType<typeof claimsBinding>;

const credentialId = "authentication.kubernetes.io/credential-id";

/** Throws why the claims make no user. The groups are those of the token alone. */
export function userOf(claims: Claims, { claimMappings = {}, claimValidationRules = [] }: JwtSettings, mapper: Mapper): User {
  const bindings = claimsBinding(claims);
  const name = nameOf(claims, claimMappings.username ?? {}, mapper.username, bindings);
  const groups = groupsOf(claims, claimMappings.groups ?? {}, mapper.groups, bindings);
  const uid = uidOf(claims, claimMappings.uid ?? {}, mapper.uid, bindings);
  const extra = extraOf(claims, mapper, bindings);
  const user: User = { name, groups, ...(uid ? { uid } : {}), ...(Object.keys(extra).length > 0 ? { extra } : {}) };
  for (const { claim, requiredValue = "" } of claimValidationRules) if (claim) checkRequired(claims, claim, requiredValue);
  inContext("oidc: error evaluating claim validation expression", () => checkRules(mapper.claimRules, bindings));
  inContext("oidc: error evaluating user info validation rule", () => checkRules(mapper.userRules, userBinding(user)));
  return user;
}

function nameOf(claims: Claims, { claim = "", prefix = "" }: NonNullable<Mappings["username"]>, by: Expression | undefined, on: Bindings) {
  if (by) {
    const value = inContext("oidc: error evaluating username claim expression", () => {
      const made = evaluate(by, on);
      if (typeof made !== "string") throw new Error("username claim expression must return a string");
      return made;
    });
    if (value === "") throw new Error("oidc: empty username via CEL expression is not allowed");
    return value;
  }
  const name = inContext(`oidc: parse username claims ${JSON.stringify(claim)}`, () => textClaim(claims, claim));
  if (claim === "email" && "email_verified" in claims) {
    const { email_verified: verified } = claims;
    if (typeof verified !== "boolean" && verified !== null)
      throw new Error(`oidc: parse 'email_verified' claim: ${notOfType(verified, "bool")}`);
    if (!verified) throw new Error("oidc: email not verified");
  }
  return prefix + name;
}

function groupsOf(claims: Claims, { claim = "", prefix = "" }: NonNullable<Mappings["groups"]>, by: Expression | undefined, on: Bindings) {
  if (claim !== "" && claim in claims) {
    const value = claims[claim];
    const list = value === null ? [] : typeof value === "string" ? [value] : value;
    if (!Array.isArray(list) || !list.every((each) => typeof each === "string"))
      throw new Error(`oidc: parse groups claim ${JSON.stringify(claim)}: ${notOfType(value, "string")}`);
    return list.map((each) => prefix + each);
  }
  if (!by) return [];
  return inContext("oidc: error evaluating group claim expression", () => textsMade(evaluate(by, on)));
}

function uidOf(claims: Claims, { claim = "" }: NonNullable<Mappings["uid"]>, by: Expression | undefined, on: Bindings): string {
  if (claim !== "") return inContext(`oidc: parse uid claim ${JSON.stringify(claim)}`, () => textClaim(claims, claim));
  if (!by) return "";
  return inContext("oidc: error evaluating uid claim expression", () => {
    const made = evaluate(by, on);
    if (typeof made !== "string") throw new Error("uid claim expression must return a string");
    return made;
  });
}

function extraOf({ jti }: Claims, { extra: mappings }: Mapper, on: Bindings): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  if (typeof jti === "string" && jti !== "") extra[credentialId] = [`JTI=${jti}`];
  for (const { key, expression } of mappings) {
    const made = evaluate(expression, on);
    const values = inContext(`oidc: error evaluating extra claim expression: ${expression.source}`, () => textsMade(made));
    if (values.length > 0) extra[key] = values;
  }
  return extra;
}

function checkRequired(claims: Claims, claim: string, wanted: string): void {
  if (!(claim in claims)) throw new Error(`oidc: required claim ${claim} not present in ID token`);
  const value = inContext(`oidc: parse claim ${claim}`, () => textClaim(claims, claim));
  if (value !== wanted) throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${wanted}`);
}

function checkRules(rules: Mapper["claimRules"], bindings: Record<string, unknown>): void {
  const made = rules.map((rule) => ({ ...rule, value: evaluate(rule.expression, bindings) }));
  for (const { expression, message, value } of made) {
    if (typeof value !== "boolean") throw new Error("validation expression must return a boolean");
    if (!value) throw new Error(`validation expression '${expression.source}' failed: ${message}`);
  }
}

function textsMade(value: unknown): string[] {
  const texts = textsOf(value);
  if (!texts) throw new Error("expression must return a string or a list of strings");
  return texts;
}

function textClaim(claims: Claims, name: string): string {
  if (!Object.hasOwn(claims, name)) throw new Error("claim not present");
  const value = claims[name];
  // Go reads a null as what was there: nothing.
  if (value === null) return "";
  if (typeof value !== "string") throw new Error(notOfType(value, "string"));
  return value;
}

function notOfType(value: unknown, type: string): string {
  const was = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${was} into Go value of type ${type}`;
}

function inContext<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
