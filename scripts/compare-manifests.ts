/**
 * Counts how much of what our server answers to manifests equals a peer's: each is sent as a dry run to both, and code, message,
 * causes, warnings and object are compared.
 *
 *     node scripts/compare-manifests.ts FOLDER OURS PEER [--vary] [--kind KIND] [--show N] [--out FILE]
 *
 * FOLDER holds YAML or JSON (tests/manifests is one), OURS and PEER are kubeconfigs. --vary sends every object also in each of
 * its variations. Both servers need the service account default/default; the peer without controllers gets it by `kubectl create`.
 */
import { collectionOf, manifestsOf } from "./compare/asking.ts";
import { headOf } from "./compare/head.ts";
import { variationsOf } from "./compare/variations.ts";

const { folder, comparison, flags } = headOf("compare-manifests.ts", { vary: undefined });

function* requests(place: string) {
  for (const { file, object, served } of manifestsOf(place, flags.kind)) {
    const path = `${collectionOf(served, object)}?dryRun=All&fieldManager=compare`;
    const variations = flags.vary ? variationsOf(object, served.schema) : [{ what: file, object }];
    const kind = `${served.kind}.${served.group || "core"}`;
    for (const one of variations) yield { kind, what: one.what, ours: { path, body: JSON.stringify(one.object) } };
  }
}

await comparison.run(requests(folder));
comparison.report(flags);
process.exit(0);
