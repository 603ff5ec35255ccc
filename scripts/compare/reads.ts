/** Everything that reading one object can ask: forms, tables, selectors, versions, pages and the options that are refused. */
import type { Served } from "#api/mod.ts";
import type { Request } from "./asking.ts";

interface Read {
  what: string;
  ours: Request;
}

const json = "application/json";
const as = (kind: string, version = "v1") => `${json};as=${kind};v=${version};g=meta.k8s.io`;

const forms: Readonly<Record<string, string>> = {
  json,
  table: as("Table"),
  "table or json": `${as("Table")},${json}`,
  "table v1beta1": as("Table", "v1beta1"),
  "table of another version": as("Table", "v2"),
  metadata: as("PartialObjectMetadata"),
  "list of metadata": as("PartialObjectMetadataList"),
  "of no such kind": as("Bogus"),
  yaml: "application/yaml",
  html: "text/html",
  anything: "*/*",
  "nothing that is known": "application/bogus",
};

const tables = ["None", "Metadata", "Object", "Bogus", ""];

/** Of one object. */
const objectQueries = [
  ...["resourceVersion=0", "resourceVersion=1", "resourceVersion=bogus", "resourceVersion=-1", "resourceVersionMatch=Exact"],
  ...["bogus=1", "labelSelector=a%3Db", "fieldSelector=a%3Db", "limit=1", "watch=true&timeoutSeconds=1", "pretty=bogus"],
];

const labelSelectors = [
  ...["a=b", "a==b", "a!=b", "a", "!a", "a in (b,c)", "a notin (b)", "a in ()", "a>1", "a<x", "", ",", "=b", "a=b=c", "a in b", "!a=b"],
  ...["-a=b", `${"a".repeat(64)}=b`, `a=${"b".repeat(64)}`, "a/b/c=d", "a = b , c", "a in (b", "a=b c"],
];

const fieldSelectors = [
  ...["metadata.name={name}", "metadata.name==other", "metadata.name!={name}", "metadata.namespace=default", "metadata.namespace=other"],
  ...["spec.nodeName=", "status.phase=Running", "spec.bogus=1", "metadata.labels=a", "metadata.name", "metadata.name>1", "=a", "a", ","],
  ...["metadata.name=a\\b", "metadata.name=a\\=b", "metadata.name=a,metadata.name=b", "type=Opaque", "involvedObject.kind=Pod", "reason=x"],
  ...["spec.unschedulable=false", "spec.signerName=a", "status.successful=0", "status.replicas=0", "spec.serviceAccountName=a"],
];

/** Each beside a selector of the object, so that what else is there does not count. */
const listQueries = [
  ...["limit=1", "limit=0", "limit=-1", "limit=bogus", "limit=500", "continue=bogus", "continue=", "limit=1&continue=bogus"],
  ...["resourceVersion=0", "resourceVersion=1", "resourceVersion=bogus", "resourceVersion=-1", "resourceVersion="],
  ...["Exact", "NotOlderThan", "Bogus", ""].flatMap((match) =>
    ["", "0", "1", "bogus"].map((version) => `resourceVersionMatch=${match}&resourceVersion=${version}`),
  ),
  ...["resourceVersionMatch=Exact", "resourceVersionMatch=NotOlderThan", "resourceVersionMatch=NotOlderThan&resourceVersion=0&limit=1"],
  ...[
    "resourceVersionMatch=Exact&resourceVersion=1&limit=1",
    "continue=bogus&resourceVersion=1",
    "continue=bogus&resourceVersionMatch=Exact",
  ],
  ...["continue=bogus&resourceVersion=1&resourceVersionMatch=Exact", "sendInitialEvents=true", "sendInitialEvents=bogus"],
  ...[
    "allowWatchBookmarks=bogus",
    "allowWatchBookmarks=true",
    "timeoutSeconds=bogus",
    "timeoutSeconds=1",
    "watch=bogus&timeoutSeconds=1",
    "watch=false",
  ],
  ...["pretty=true", "bogus=1", "shardSelector=x"],
];

/** Those that end at once: they are refused, or have nothing to say. */
const watchQueries = [
  ...["sendInitialEvents=true", "sendInitialEvents=false", "sendInitialEvents=bogus", "allowWatchBookmarks=bogus", "timeoutSeconds=bogus"],
  ...["sendInitialEvents=true&resourceVersionMatch=Exact", "sendInitialEvents=true&resourceVersionMatch=Bogus"],
  ...["resourceVersionMatch=NotOlderThan", "resourceVersionMatch=Exact&resourceVersion=1", "resourceVersion=bogus", "resourceVersion=-1"],
  ...["continue=bogus", "limit=bogus", "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=bogus"],
];

/** `collection`: the path of those beside it. */
export function* readsOf(served: Served, collection: string, name: string): Generator<Read> {
  const get = (what: string, path: string, accept = json): Read => ({ what, ours: { method: "GET", path, accept } });
  const encoded = encodeURIComponent;
  const [own, chosen] = [`${collection}/${name}`, `fieldSelector=${encoded(`metadata.name=${name}`)}`];
  for (const [form, accept] of Object.entries(forms)) {
    yield get(`object as ${form}`, own, accept);
    yield get(`list as ${form}`, `${collection}?${chosen}`, accept);
    yield get(`absent as ${form}`, `${collection}/absent`, accept);
  }
  for (const include of tables) {
    yield get(`table of object with ${include}`, `${own}?includeObject=${include}`, as("Table"));
    yield get(`table of list with ${include}`, `${collection}?${chosen}&includeObject=${include}`, as("Table"));
  }
  for (const query of objectQueries) yield get(`object ${query}`, `${own}?${query}`);
  for (const query of listQueries) yield get(`list ${query}`, `${collection}?${chosen}&${query}`);
  for (const query of watchQueries)
    yield get(`watch ${query}`, `${collection}?watch=true&fieldSelector=metadata.name%3Dabsent&timeoutSeconds=1&${query}`);
  for (const selector of labelSelectors) yield get(`labels ${selector}`, `${collection}?${chosen}&labelSelector=${encoded(selector)}`);
  for (const raw of fieldSelectors) {
    const selector = raw.replace("{name}", name);
    yield get(`fields ${selector}`, `${collection}?fieldSelector=${encoded(selector)}&labelSelector=none%3Dsuch`);
    yield get(`fields ${selector} of it`, `${collection}?fieldSelector=${encoded(`${selector},metadata.name=${name}`)}`);
  }
  for (const { name: subresource } of served.subresources)
    if (subresource === "status" || subresource === "scale") yield get(subresource, `${own}/${subresource}`);
}
