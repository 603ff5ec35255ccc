import assert from "node:assert/strict";
import { test } from "node:test";
import { checked, type Mapper } from "./check.ts";
import type { AuthenticationSettings, JwtSettings } from "./declaration.ts";
import { claimsBinding, evaluate, textsOf } from "./expressions.ts";

type Part = Partial<JwtSettings>;
const one = (more: Part = {}): JwtSettings => ({
  issuer: { url: "https://issuer", audiences: ["a"] },
  claimMappings: { username: { claim: "sub", prefix: "" } },
  ...more,
});
const issuer = (more: object): Part => ({ issuer: { url: "https://issuer", audiences: ["a"], ...more } });
const mappings = (more: object): Part => ({ claimMappings: { username: { claim: "sub", prefix: "" }, ...more } });
const problem = (settings: Partial<AuthenticationSettings>, ...rest: [{ anonymous: unknown }?]): string => {
  try {
    checked({ jwt: [one()], ...settings }, ["https://own"], ...rest);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

test("what is wrong with a configuration is said in upstream's words", () => {
  const table: [Part, string][] = [
    [{}, ""],
    [issuer({ url: "" }), "issuer.url: Required value"],
    [issuer({ url: "http://issuer" }), 'issuer.url: Invalid value: "http://issuer": URL scheme must be https'],
    [issuer({ url: "https://u:p@issuer" }), 'issuer.url: Invalid value: "https://u:p@issuer": URL must not contain a username or password'],
    [issuer({ url: "https://issuer?a=b" }), 'issuer.url: Invalid value: "https://issuer?a=b": URL must not contain a query'],
    [
      issuer({ url: "https://own" }),
      'issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://own]',
    ],
    [
      issuer({ discoveryURL: "https://issuer/" }),
      'issuer.discoveryURL: Invalid value: "https://issuer/": discoveryURL must be different from URL',
    ],
    [issuer({ audiences: [] }), "issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required"],
    [issuer({ audiences: ["a", "a"], audienceMatchPolicy: "MatchAny" }), 'issuer.audiences[1]: Duplicate value: "a"'],
    [
      issuer({ audiences: ["a", "b"] }),
      'issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
    ],
    [
      issuer({ certificateAuthority: "x" }),
      'issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    ],
    [{ claimMappings: {} }, "claimMappings.username: Required value: claim or expression is required"],
    [
      mappings({ username: { claim: "sub" } }),
      "claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing",
    ],
    [
      mappings({ groups: { expression: "claims.g", prefix: "x" } }),
      'claimMappings.groups.prefix: Invalid value: "x": may not be specified when expression is set',
    ],
    [
      mappings({ uid: { claim: "a", expression: "claims.a" } }),
      'claimMappings.uid: Invalid value: "": claim and expression can\'t both be set',
    ],
    [
      mappings({ extra: [{ key: "Example.org/A", valueExpression: "''" }] }),
      'claimMappings.extra[0].key: Invalid value: "Example.org/A": must be lowercase',
    ],
    [
      mappings({ extra: [{ key: "a.k8s.io/b", valueExpression: "''" }] }),
      'claimMappings.extra[0].key: Invalid value: "a.k8s.io/b": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
    ],
    [{ claimValidationRules: [{}] }, "claimValidationRules[0]: Required value: claim or expression is required"],
    [
      { claimValidationRules: [{ expression: "claims.x" }] },
      'claimValidationRules[0].expression: Invalid value: "claims.x": must evaluate to bool',
    ],
    [
      { userValidationRules: [{ expression: "user.name == ''" }] },
      "userValidationRules[0].expression: Invalid value: \"user.name == ''\": compilation failed: ERROR: <input>:1:5: undefined field 'name'\n | user.name == ''\n | ....^",
    ],
  ];
  for (const [part, words] of table) {
    const said = problem({ jwt: [one(part)] });
    const wanted = words && `jwt[0].${words}`;
    assert.ok(said === wanted || (wanted !== "" && said.includes(wanted)), `${said}\n${wanted}`);
  }
  assert.equal(problem({ jwt: [one(), one()] }), 'jwt[1].issuer.url: Duplicate value: "https://issuer"');
  assert.equal(problem({ jwt: Array.from({ length: 65 }, () => one()) }), "jwt: Too many: 65: must have at most 64 items");
  assert.match(problem({ anonymous: { enabled: false, conditions: [{ path: "/a" }] } }), /enabled should be set to true when conditions/);
  assert.equal(problem({}, { anonymous: { enabled: true } }), "anonymous: Forbidden: changed from initial configuration file");
});

test("whoever is called by an email must look at whether it is verified", () => {
  const by = (expression: string, more: Part = {}) => problem({ jwt: [one({ ...mappings({ username: { expression } }), ...more })] });
  const all = (rule: string): Part => ({ claimValidationRules: [{ expression: rule }] });
  for (const expression of ["claims.email", "claims.?email.orValue('')", "[claims].map(c, claims.email)[0]"])
    assert.match(by(expression), /claims.email_verified must be used/, expression);
  assert.equal(by("claims.email_verified ? claims.email : claims.sub"), "");
  assert.equal(by("has(claims.email_verified) ? claims.email : ''"), "");
  assert.equal(by("claims.sub"), "");
  assert.equal(by("claims.email", all("claims.?email_verified.orValue(true) == true")), "");
});

test("claims are seen as Go reads JSON, and names that CEL cannot spell by their spelling", () => {
  const claims = { n: 1, "a.b": { "c-d": ["x", 2] }, in: "word", list: ["a", "", "b"], none: null };
  const made = (expression: string) => {
    const [{ username }] = checked({ jwt: [one(mappings({ username: { expression } }))] }, []) as [Mapper];
    return evaluate(username!, claimsBinding(claims));
  };
  assert.equal(made("type(claims.n) == double && claims.a__dot__b.c__dash__d[0] == 'x' && claims.__in__ == 'word'"), true);
  assert.equal(made("claims.a__dot__b == {'c-d': [dyn('x'), dyn(2.0)]} && 'list' in claims && size(claims) == 5"), true);
  assert.deepEqual(textsOf(made("claims.list")), ["a", "b"]);
  assert.deepEqual([textsOf(made("claims.none")), textsOf(made("''")), textsOf(made("'a'"))], [[], [], ["a"]]);
  assert.equal(textsOf(made("[1]")), undefined);
  assert.throws(() => made("claims.absent"), { message: "expression 'claims.absent' resulted in error: no such key: absent" });
});
