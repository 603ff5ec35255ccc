/** What the server knows of ConfigMap: defaults, what a write may set, what is refused, what tables show. */
import { checkConfigKey } from "#codec/mod.ts";
import { base64Size, maxData, namespacedMeta, validateImmutable } from "../checks/config-data.ts";
import { subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ConfigMap } from "./config-map.ts";

export const configMapRules = rules<ConfigMap>({
  names: subdomainName,
  counts: false,
  check: {
    create: validateConfigMap,
    update(next, old, problems) {
      validateImmutable(next, old, ["data", "binaryData"], problems);
      validateObjectMeta(next.metadata, namespacedMeta, problems);
      validateConfigMap(next, problems);
    },
  },
  cells: (o, now) => [nameOf(o), Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length, ageOf(o, now)],
});

function validateConfigMap({ data = {}, binaryData = {} }: AnyObject, problems: Problems): void {
  let size = 0;
  for (const [key, value] of Object.entries<string>(data)) {
    problems.invalids(`data[${key}]`, key, checkConfigKey(key));
    if (Object.hasOwn(binaryData, key)) problems.invalid(`data[${key}]`, key, "duplicate of key present in binaryData");
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries<string>(binaryData)) {
    problems.invalids(`binaryData[${key}]`, key, checkConfigKey(key));
    size += base64Size(value);
  }
  if (size > maxData) problems.tooLong("", maxData);
}
