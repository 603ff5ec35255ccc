import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen } from "./controller-names.ts";

const some = ["deployment-controller", "ttl-controller", "bootstrap-signer-controller", "service-lb-controller"];

test("a star means what is on by default, names and aliases turn on and off, and the first word about one counts", () => {
  const table: [words: string[], runs: string[]][] = [
    [["*"], ["deployment-controller", "ttl-controller"]],
    [["*", "-ttl"], ["deployment-controller"]],
    [["-ttl-controller", "*", "ttl"], ["deployment-controller"]],
    [["deployment"], ["deployment-controller"]],
    [
      ["*", "bootstrapsigner"],
      ["deployment-controller", "ttl-controller", "bootstrap-signer-controller"],
    ],
    [
      ["*", "-service", "-clusterrole-aggregation"],
      ["deployment-controller", "ttl-controller"],
    ],
    [[], []],
  ];
  for (const [words, runs] of table) assert.deepEqual(some.filter(chosen(words)), runs, words.join());
});

test("a word that names nothing is refused, and a controller that is not there", () => {
  assert.throws(() => chosen(["*", "-nothing"]), { message: '"nothing" is not in the list of known controllers' });
  assert.throws(() => chosen(["selinux-warning-controller"]), {
    message: "--controllers: selinux-warning-controller is not there yet",
  });
  assert.throws(() => chosen(["storage-version-migrator-controller"]), {
    message: "--controllers: storage-version-migrator-controller is of StorageVersionMigrator, which is off",
  });
  assert.throws(() => chosen(["service"]), { message: "--controllers: service-lb-controller is of a cloud, and there is none" });
});
