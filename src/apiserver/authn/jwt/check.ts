/** Judges an authentication configuration in upstream's words, and compiles what it holds. */
import { X509Certificate } from "node:crypto";
import { Problems, throwAll } from "#api/mod.ts";
import { checkDomainPrefixedPath } from "#codec/mod.ts";
import type { AuthenticationSettings, JwtSettings } from "./declaration.ts";
import { type Compiled, claimExpression, claimRule, type Expression, userRule } from "./expressions.ts";

/** The expressions of one issuer, where it has any. */
export interface Mapper {
  username?: Expression;
  groups?: Expression;
  uid?: Expression;
  extra: { key: string; expression: Expression }[];
  claimRules: { expression: Expression; message: string }[];
  userRules: { expression: Expression; message: string }[];
}

const mostIssuers = 64;
type Issuer = NonNullable<JwtSettings["issuer"]>;
type Prefixed = NonNullable<NonNullable<JwtSettings["claimMappings"]>["username"]>;

/** One mapper an issuer. Throws everything that is wrong. `taken`: issuers of service account tokens. */
export function checked({ jwt, anonymous }: AuthenticationSettings, taken: readonly string[], was?: { anonymous: unknown }): Mapper[] {
  const problems = new Problems();
  const mappers: Mapper[] = [];
  if (jwt.length > mostIssuers) problems.tooMany("jwt", jwt.length, mostIssuers);
  else {
    const [urls, discoveries] = [new Set<string>(), new Set<string>()];
    for (const [i, one] of jwt.entries()) {
      const at = `jwt[${i}]`;
      mappers.push(checkOne(one, at, taken, problems));
      const { url = "", discoveryURL = "" } = one.issuer ?? {};
      if (urls.has(url)) problems.duplicate(`${at}.issuer.url`, url);
      urls.add(url);
      if (discoveryURL && discoveries.has(discoveryURL)) problems.duplicate(`${at}.issuer.discoveryURL`, discoveryURL);
      discoveries.add(discoveryURL);
    }
  }
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length)
    problems.invalid("anonymous.conditions", anonymous.conditions, "enabled should be set to true when conditions are defined");
  if (was && JSON.stringify(was.anonymous) !== JSON.stringify(anonymous))
    problems.forbidden("anonymous", "changed from initial configuration file");
  throwAll(problems);
  return mappers;
}

function checkOne(one: JwtSettings, at: string, taken: readonly string[], problems: Problems): Mapper {
  checkIssuer(one.issuer ?? {}, `${at}.issuer`, taken, problems);
  const claimRules = checkClaimRules(one, `${at}.claimValidationRules`, problems);
  const mapped = checkMappings(one, `${at}.claimMappings`, claimRules, problems);
  const userRules = checkUserRules(one, `${at}.userValidationRules`, problems);
  return { ...mapped, claimRules, userRules };
}

function checkIssuer(issuer: Issuer, at: string, taken: readonly string[], problems: Problems): void {
  const {
    url = "",
    discoveryURL = "",
    audiences = [],
    audienceMatchPolicy = "",
    certificateAuthority = "",
    egressSelectorType = "",
  } = issuer;
  if (url === "") problems.required(`${at}.url`);
  else checkUrl(url, `${at}.url`, taken, problems);
  if (discoveryURL !== "") {
    if (url !== "" && url.replace(/\/+$/, "") === discoveryURL.replace(/\/+$/, ""))
      problems.invalid(`${at}.discoveryURL`, discoveryURL, "discoveryURL must be different from URL");
    checkUrl(discoveryURL, `${at}.discoveryURL`, [], problems);
  }
  if (audiences.length === 0) problems.required(`${at}.audiences`, `at least one ${at}.audiences is required`);
  else {
    const seen = new Set<string>();
    for (const [i, audience] of audiences.entries()) {
      if (audience === "") problems.required(`${at}.audiences[${i}]`);
      if (seen.has(audience)) problems.duplicate(`${at}.audiences[${i}]`, audience);
      seen.add(audience);
    }
    if (audiences.length > 1 && audienceMatchPolicy !== "MatchAny")
      problems.invalid(`${at}.audienceMatchPolicy`, audienceMatchPolicy, "audienceMatchPolicy must be MatchAny for multiple audiences");
    if (audiences.length === 1 && audienceMatchPolicy !== "" && audienceMatchPolicy !== "MatchAny")
      problems.invalid(
        `${at}.audienceMatchPolicy`,
        audienceMatchPolicy,
        "audienceMatchPolicy must be empty or MatchAny for single audience",
      );
  }
  if (certificateAuthority !== "" && !isAuthority(certificateAuthority))
    problems.invalid(`${at}.certificateAuthority`, "<omitted>", "data does not contain any valid RSA or ECDSA certificates");
  // There are no egress selectors here, whichever is named.
  if (egressSelectorType !== "")
    problems.invalid(
      `${at}.egressSelectorType`,
      egressSelectorType,
      /^(controlplane|cluster)$/.test(egressSelectorType)
        ? `egress lookup required with egress selector type ${JSON.stringify(egressSelectorType)}`
        : "egress selector must be either controlplane or cluster",
    );
}

function isAuthority(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block));
  } catch {
    return false;
  }
}

function checkUrl(text: string, at: string, taken: readonly string[], problems: Problems): void {
  if (taken.includes(text)) problems.invalid(at, text, `URL must not overlap with disallowed issuers: [${[...taken].sort().join(" ")}]`);
  const url = URL.parse(text);
  if (url?.protocol !== "https:") problems.invalid(at, text, "URL scheme must be https");
  if (!url) return;
  if (url.username !== "" || url.password !== "") problems.invalid(at, text, "URL must not contain a username or password");
  if (url.search !== "") problems.invalid(at, text, "URL must not contain a query");
  if (url.hash !== "") problems.invalid(at, text, "URL must not contain a fragment");
}

function checkClaimRules({ claimValidationRules = [] }: JwtSettings, at: string, problems: Problems): Mapper["claimRules"] {
  const [claims, sources] = [new Set<string>(), new Set<string>()];
  const made: Mapper["claimRules"] = [];
  for (const [i, { claim = "", requiredValue = "", expression = "", message = "" }] of claimValidationRules.entries()) {
    const here = `${at}[${i}]`;
    if (claim && expression) problems.invalid(here, claim, "claim and expression can't both be set");
    else if (!claim && !expression) problems.required(here, "claim or expression is required");
    else if (claim) {
      if (message) problems.invalid(`${here}.message`, message, "may not be specified when claim is set");
      if (claims.has(claim)) problems.duplicate(`${here}.claim`, claim);
      claims.add(claim);
    } else {
      if (requiredValue) problems.invalid(`${here}.requiredValue`, requiredValue, "may not be specified when expression is set");
      if (sources.has(expression)) {
        problems.duplicate(`${here}.expression`, expression);
        continue;
      }
      sources.add(expression);
      const compiled = noted(claimRule(expression), `${here}.expression`, expression, problems);
      if (compiled) made.push({ expression: compiled, message });
    }
  }
  return made;
}

function checkMappings(
  { claimMappings: mappings = {} }: JwtSettings,
  at: string,
  rules: Mapper["claimRules"],
  problems: Problems,
): Pick<Mapper, "username" | "groups" | "uid" | "extra"> {
  const username = checkPrefixed(mappings.username ?? {}, `${at}.username`, true, problems);
  const groups = checkPrefixed(mappings.groups ?? {}, `${at}.groups`, false, problems);
  const { claim = "", expression = "" } = mappings.uid ?? {};
  let uid: Expression | undefined;
  if (claim && expression) problems.invalid(`${at}.uid`, "", "claim and expression can't both be set");
  else if (expression) uid = noted(claimExpression(expression), `${at}.uid.expression`, expression, problems);
  const extra = checkExtra(mappings.extra ?? [], `${at}.extra`, problems);
  const reads = (one: Expression | undefined, field: string) => one?.program.mentions("claims", field) ?? false;
  const looks = [username, ...extra.map((each) => each.expression), ...rules.map((each) => each.expression)];
  if (reads(username, "email") && !looks.some((one) => reads(one, "email_verified")))
    problems.invalid(
      `${at}.username.expression`,
      username!.source,
      "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression",
    );
  return { username, groups, uid, extra };
}

function checkPrefixed(mapping: Prefixed, at: string, isRequired: boolean, problems: Problems): Expression | undefined {
  const { claim = "", expression = "", prefix } = mapping;
  if (claim && expression) problems.invalid(at, "", "claim and expression can't both be set");
  else if (!claim && !expression && isRequired) problems.required(at, "claim or expression is required");
  else if (expression) {
    if (prefix !== undefined) problems.invalid(`${at}.prefix`, prefix, "may not be specified when expression is set");
    return noted(claimExpression(expression), `${at}.expression`, expression, problems);
  } else if (claim && prefix === undefined)
    problems.required(`${at}.prefix`, "prefix is required when claim is set. It can be set to an empty string to disable prefixing");
  return undefined;
}

function checkExtra(mappings: readonly { key?: string; valueExpression?: string }[], at: string, problems: Problems): Mapper["extra"] {
  const seen = new Set<string>();
  const made: Mapper["extra"] = [];
  for (const [i, { key = "", valueExpression = "" }] of mappings.entries()) {
    const here = `${at}[${i}]`;
    if (key === "") problems.required(`${here}.key`);
    else for (const { value, text } of checkDomainPrefixedPath(key)) problems.invalid(`${here}.key`, value, text);
    if (key !== key.toLowerCase()) problems.invalid(`${here}.key`, key, "must be lowercase");
    if (/^([^/]*\.)?(kubernetes|k8s)\.io\//.test(key))
      problems.invalid(`${here}.key`, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
    if (seen.has(key)) {
      problems.duplicate(`${here}.key`, key);
      continue;
    }
    seen.add(key);
    if (valueExpression === "") {
      problems.required(`${here}.valueExpression`);
      continue;
    }
    const expression = noted(claimExpression(valueExpression), `${here}.valueExpression`, valueExpression, problems);
    if (expression) made.push({ key, expression });
  }
  return made;
}

function checkUserRules({ userValidationRules = [] }: JwtSettings, at: string, problems: Problems): Mapper["userRules"] {
  const seen = new Set<string>();
  const made: Mapper["userRules"] = [];
  for (const [i, { expression = "", message = "" }] of userValidationRules.entries()) {
    const here = `${at}[${i}].expression`;
    if (expression === "") problems.required(here);
    else if (seen.has(expression)) problems.duplicate(here, expression);
    else {
      const compiled = noted(userRule(expression), here, expression, problems);
      if (compiled) made.push({ expression: compiled, message });
    }
    seen.add(expression);
  }
  return made;
}

function noted({ ok, issues }: Compiled, at: string, source: string, problems: Problems): Expression | undefined {
  if (issues !== undefined) problems.invalid(at, source, issues);
  return ok;
}
