import assert from "node:assert/strict";
import { test } from "node:test";
import { Flags, parseFlags, texts } from "../input/flags.ts";
import { globalFlags } from "../input/global-flags.ts";
import { targetOf } from "./kubeconfig.ts";

const config = {
  clusters: new Map([["c", { server: "https://c" }]]),
  users: new Map([["u", { token: "t" }]]),
  contexts: new Map([["x", { cluster: "c", user: "u" }]]),
  "current-context": "x",
  origins: new Map(),
};

test("a command's own --user binds users, the global one chooses a user of the kubeconfig", () => {
  const place = { env: {}, cwd: "/" };
  const own = [texts("user", "User names to bind."), ...globalFlags.filter(({ name }) => name !== "user")];
  const flags = new Flags(own);
  parseFlags(["--user=bob", "--user", "amy"], own, flags);
  assert.deepEqual(flags.list("user"), ["bob", "amy"]);
  assert.equal(targetOf(config as never, flags, { place, clientFirst: false }).user.token, "t");
  const global = new Flags(globalFlags);
  parseFlags(["--user=bob"], globalFlags, global);
  assert.throws(() => targetOf(config as never, global, { place, clientFirst: false }), /auth info "bob" does not exist/);
});
