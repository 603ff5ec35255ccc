import assert from "node:assert/strict";
import { test } from "node:test";
import { type AdmissionChoice, type AdmissionParts, chosenPlugins } from "./plugins.ts";

const parts = { authorizers: [] } as unknown as AdmissionParts;
const names = (choice?: AdmissionChoice) => chosenPlugins(parts, choice).map(({ name }) => name);

test("every plugin can be switched off, and the order stays", () => {
  const all = names();
  assert.equal(all[0], "NamespaceLifecycle");
  assert.equal(all.at(-1), "RBACEscalation");
  assert.deepEqual(
    names({ disable: ["PodSecurity", "LimitRanger"] }),
    all.filter((name) => name !== "PodSecurity" && name !== "LimitRanger"),
  );
});

test("a choice that cannot be carried out is refused", () => {
  assert.throws(() => names({ enable: ["Nothing"] }), /enable-admission-plugins plugin "Nothing" is unknown/);
  assert.throws(() => names({ disable: ["RBACEscalation"] }), /disable-admission-plugins plugin "RBACEscalation" is unknown/);
  assert.throws(
    () => names({ enable: ["LimitRanger"], disable: ["LimitRanger"] }),
    /\[LimitRanger\] in enable-admission-plugins and disable/,
  );
});
