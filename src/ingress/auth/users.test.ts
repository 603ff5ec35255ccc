import assert from "node:assert/strict";
import { test } from "node:test";
import { isPassword } from "./crypt.ts";
import { Passwords, usersOf } from "./users.ts";

/** Made by `openssl passwd` and by hand of RFC 2307's; the last word is longer than any block of the hashes. */
const long = "a much longer password than thirty-two bytes of text, and more than sixty-four bytes too";
const kept: [password: string, kept: string][] = [
  ["a", "$1$r8yue/2X$xNRJE4SlOhIEmclNJjjUD/"],
  ["secret", "$apr1$EvpWXM3R$OHhIBgHq8G5eyI3kTP45d0"],
  [long, "$apr1$fr/KsSg2$ofnhZRhWMKS043pqYiuoC0"],
  ["a", "$5$UvG2FfHg/8uqVQNB$45NdZbwgJ6vz/uxUzJPhx7HPhJmEokf6Wgo4hB3bEdD"],
  [long, "$5$JCosDbpR26JAu76Z$7CZvpmsGDxLaqG9w9l09NgN4EjDegm10sp.Mg7Xlbd/"],
  ["a", "$6$Np2/fRSlGy34gZyI$q9CxTVFPTZBDrXO5YOtQanK4iL7VS4QMcfwL0jYNVd2/ZALxE0y1vlkdRza/Q3emL/tVcv5aQcPoW1EvGswAh0"],
  ["secret", "$6$K8yTKZUU0kmiqZ1l$BTFJSI5ZDDuQh7lWLgYiyt.rqEC4f.AHlgvy/WwXIKvoGLM3L/RwUNNLg/XP2hx.fvxoS9lxLnolvwBE5arN.0"],
  ["password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="],
  ["", "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
  ["secret", "{PLAIN}secret"],
];
for (const [password, text] of kept)
  test(`${JSON.stringify(password.slice(0, 10))} is the password of ${text.slice(0, 12)}…, and nothing else is`, () => {
    assert.equal(isPassword(password, text), true);
    assert.equal(isPassword(`${password}x`, text), false);
  });

test("what is kept in an unknown way, or with too many rounds, is nobody's password", () => {
  for (const text of ["secret", "", "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "$6$rounds=999999$salt$x"])
    assert.equal(isPassword("secret", text), false);
});

const aSecret = (data: Record<string, string>) => ({
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
});

test("a Secret brings its users as a file, or a key each", () => {
  const file = usersOf(aSecret({ auth: "# ours\nann:{PLAIN}a:remark\n\nbob:$2y$05$x\n" }), "auth-file");
  assert.deepEqual(
    [...file.kept],
    [
      ["ann", "{PLAIN}a"],
      ["bob", "$2y$05$x"],
    ],
  );
  assert.match(file.problems.join(), /^passwords of bob: only/);
  assert.deepEqual([...usersOf(aSecret({ ann: "{PLAIN}a\n" }), "auth-map").kept], [["ann", "{PLAIN}a"]]);
  assert.deepEqual(usersOf(aSecret({ users: "x" }), "auth-file").problems, ["it has no key auth"]);
  assert.deepEqual(usersOf(aSecret({ auth: "" }), "auth-file").problems, ["it has no users"]);
  assert.deepEqual(usersOf(undefined, "auth-file").problems, ["there is none"]);
});

test("a request names a user and the password, and a new password counts at once", () => {
  const passwords = new Passwords();
  const users = (kept: string) => usersOf(aSecret({ ann: kept }), "auth-map");
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  const lets = (text: string | undefined, kept = "{PLAIN}a:b") => passwords.lets(users(kept), text);
  for (const good of [basic("ann:a:b"), basic("ann:a:b").replace("Basic", "bAsIc")]) assert.equal(lets(good), true, good);
  for (const bad of [
    undefined,
    "",
    "Bearer x",
    "Basic",
    "Basic %%%",
    basic("ann"),
    basic("ann:a"),
    basic("bob:a:b"),
    basic(`ann:${"x".repeat(2000)}`),
  ])
    assert.equal(lets(bad), false, bad ?? "none");
  assert.equal(lets(basic("ann:a:b"), "{PLAIN}c"), false);
  assert.equal(lets(basic("ann:c"), "{PLAIN}c"), true);
});
