/**
 * Command lines made by tables: verb × kind × form of output × flags. Like `cases.txt` they change nothing; the namespace "kinds" holds
 * `kinds.yaml` and `widget.yaml`. `scripts/compare-kubectl.ts` runs all of them, the e2e test a part.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A kind as users write it, and an object of it. */
const namespaced: Record<string, string> = {
  configmaps: "settings",
  secrets: "opaque",
  serviceaccounts: "robot",
  pods: "alone",
  replicationcontrollers: "old",
  deployments: "idle",
  replicasets: "bare",
  statefulsets: "db",
  daemonsets: "agent",
  jobs: "once",
  cronjobs: "nightly",
  services: "db",
  endpointslices: "by-hand",
  ingresses: "front",
  networkpolicies: "closed",
  horizontalpodautoscalers: "idle",
  poddisruptionbudgets: "db",
  persistentvolumeclaims: "claim",
  resourcequotas: "quota",
  limitranges: "limits",
  roles: "reader",
  rolebindings: "readers",
  leases: "turn",
  "widgets.example.com": "one",
};
const clusterWide: Record<string, string> = {
  nodes: "sim-1",
  namespaces: "kinds",
  persistentvolumes: "disk",
  storageclasses: "slow",
  csidrivers: "none.example.com",
  clusterroles: "kinds-reader",
  clusterrolebindings: "kinds-readers",
  priorityclasses: "urgent",
  runtimeclasses: "sandboxed",
  ingressclasses: "front",
  customresourcedefinitions: "widgets.example.com",
  apiservices: "v1.apps",
  flowschemas: "exempt",
  prioritylevelconfigurations: "exempt",
  servicecidrs: "kubernetes",
};
const kinds = Object.entries({ ...namespaced, ...clusterWide });
const within = (kind: string) => (kind in namespaced ? ["-n", "kinds"] : []);

const forms = [
  [],
  ["-o", "wide"],
  ["-o", "yaml"],
  ["-o", "json"],
  ["-o", "name"],
  ["--show-labels"],
  ["--no-headers", "--show-kind"],
  ["-L", "app,none"],
  ["-o", "custom-columns=NAME:.metadata.name,APP:.metadata.labels.app"],
  ["-o", "jsonpath={.metadata.name}{range .items[*]}{.metadata.name}{end}"],
  ["-o", "go-template={{.kind}} {{.metadata.name}}"],
];

/** One object, and all of its kind that carry the label. */
function gets(): string[][] {
  return kinds.flatMap(([kind, name]) =>
    forms.flatMap((form) => [
      ["get", kind, name, ...within(kind), ...form],
      ["get", kind, "-l", "app", ...within(kind), ...form],
    ]),
  );
}

function looks(): string[][] {
  return kinds.flatMap(([kind, name]) => [
    ["describe", kind, name, ...within(kind)],
    ["describe", kind, "-l", "app=none", ...within(kind)],
    ["explain", kind],
    ["explain", `${kind}.metadata.name`],
    ["explain", `${kind}.spec`],
    ["explain", kind, "--output=plaintext-openapiv2"],
    ["get", kind, "--sort-by=.metadata.uid", ...within(kind), "-l", "app=none"],
    ["get", kind, name, "nope", ...within(kind)],
    ["get", `${kind}/${name}`, "-A"],
    ["get", kind, name, ...within(kind), "-o", "yaml", "--show-managed-fields"],
    ["auth", "can-i", "get", kind, ...within(kind)],
    ["auth", "can-i", "delete", `${kind}/${name}`, "--as=nobody", ...within(kind)],
    ["events", "--for", `${kind}/${name}`, "-n", "kinds"],
    ["wait", "--for=jsonpath={.metadata.name}=" + name, `${kind}/${name}`, ...within(kind), "--timeout=1s"],
    ["get", kind, name, ...within(kind), "--subresource=status", "-o", "name"],
    ["get", kind, name, ...within(kind), "--subresource=scale"],
  ]);
}

function dryChanges(): string[][] {
  return kinds.flatMap(([kind, name]) => {
    const at = [`${kind}/${name}`, ...within(kind)];
    const dry = ["client", "server"].map((where) => `--dry-run=${where}`);
    return [
      ...dry.flatMap((where) => [
        ["label", ...at, "x=y", where],
        ["annotate", ...at, "x=y", "note-", where, "-o", "name"],
        ["delete", ...at, where],
        ["patch", ...at, "--type=merge", "-p", '{"metadata":{"labels":{"x":"y"}}}', where],
      ]),
      ["label", ...at, "app=other", "--dry-run=client"],
      ["label", ...at, "bad=/=x"],
      ["label", ...at, "--list"],
      ["scale", ...at, "--replicas=3", "--dry-run=server"],
      ["autoscale", ...at, "--max=3", "--dry-run=client"],
      ["expose", ...at, "--port=80", "--dry-run=client"],
      ["set", "image", ...at, "main=new:1", "--dry-run=client"],
      ["set", "env", ...at, "A=b", "--dry-run=server", "-o", "name"],
      ["set", "resources", ...at, "--limits=cpu=1", "--dry-run=client"],
      ["set", "serviceaccount", ...at, "robot", "--dry-run=client"],
      ["rollout", "history", ...at],
      ["rollout", "status", ...at, "--watch=false"],
      ["rollout", "undo", ...at, "--dry-run=client"],
      ["apply", "view-last-applied", ...at],
      ["delete", kind, "nope", ...within(kind), "--ignore-not-found"],
      ["patch", ...at, "--type=json", "-p", '[{"op":"test","path":"/metadata/name","value":"other"}]', "--dry-run=server"],
    ];
  });
}

const generators = [
  "clusterrole x --verb=get,list --resource=pods,deployments.apps",
  "clusterrolebinding x --clusterrole=view --user=a --group=b --serviceaccount=c:d",
  "configmap x --from-literal=a=b --from-file=tests/kubectl/broken.yaml",
  "configmap x --from-env-file=tests/kubectl/settings.env",
  "cronjob x --image=i --schedule=@daily --restart=Never -- a b",
  "deployment x --image=i --replicas=2 --port=80",
  "ingress x --rule=a.b/*=s:80 --annotation=k=v",
  "job x --image=i -- a b",
  "job x --from=cronjob/nightly",
  "namespace x",
  "poddisruptionbudget x --selector=a=b --max-unavailable=10%",
  "priorityclass x --value=5 --global-default=true --preemption-policy=Never",
  "quota x --hard=pods=1,cpu=2 --scopes=Terminating",
  "role x --verb=* --resource=pods/log --resource-name=y",
  "rolebinding x --role=r --user=a",
  "secret docker-registry x --docker-username=a --docker-password=b",
  "secret generic x --from-literal=a=b --type=own",
  "secret tls x --cert=none --key=none",
  "service clusterip x --tcp=80 --clusterip=None",
  "service externalname x --external-name=a.b",
  "service loadbalancer x --tcp=80:8080",
  "service nodeport x --tcp=80:http --node-port=31000",
  "serviceaccount x",
  "token robot --duration=1m --bound-object-kind=Foo",
].map((line) => line.split(" "));

function creations(): string[][] {
  const ways = [["-o", "yaml"], ["-o", "json"], ["-o", "name"], [], ["-o", "foo"], ["--save-config", "-o", "yaml"]];
  const safe = generators.filter(([name]) => name !== "token");
  return [
    ...safe.flatMap(([first, ...more]) => {
      const cut = more.indexOf("--");
      const [own, after] = cut < 0 ? [more, []] : [more.slice(0, cut), more.slice(cut)];
      return ways.map((way) => ["create", first!, ...own, "-n", "kinds", "--dry-run=client", ...way, ...after]);
    }),
    ...safe.map(([first, ...more]) => ["create", first!, "-n", "kinds", "--dry-run=server", ...more]),
    ["create", ...generators.at(-1)!, "-n", "kinds"],
    ...safe.map(([first]) => ["create", first!]),
  ];
}

const shortNames =
  "po rc deploy rs sts ds cj svc ep ing netpol hpa pdb pvc quota limits sa cm no ns pv sc pc crd csr all things wd widget POD Pods deploy.apps deployments.v1.apps deploy.v1.nope nope".split(
    " ",
  );

/** Files in every way that takes them. */
function files(): string[][] {
  const places = [
    "kinds.yaml",
    "broken.yaml",
    "unknown-field.yaml",
    "wrong-type.yaml",
    "conflict.yaml",
    "large.json",
    "roles.yaml",
    "widget.yaml",
  ];
  const verbs = [
    ["get"],
    ["describe"],
    ["apply", "--dry-run=client"],
    ["apply", "--dry-run=server"],
    ["apply", "--dry-run=server", "--server-side"],
    ["create", "--dry-run=client"],
    ["create", "--dry-run=server"],
    ["delete", "--dry-run=client"],
    ["replace", "--dry-run=server"],
    ["label", "x=y", "--dry-run=client"],
    ["label", "x=y", "--local", "-o", "name"],
    ["set", "image", "*=new:1", "--local", "-o", "name"],
    ["diff"],
    ["apply", "--dry-run=client", "--validate=false", "-o", "name"],
    ["create", "--dry-run=client", "--validate=warn", "-o", "jsonpath={.metadata.name}"],
  ];
  return verbs.flatMap((verb) => places.map((place) => [...verb, "-f", `tests/kubectl/${place}`]));
}

/** What a shell is offered: of every command its flags and its first argument, and names at many places. */
function completions(): string[][] {
  const table = readFileSync(join(import.meta.dirname, "help.txt"), "utf8");
  const commands = [...table.matchAll(/^== (.*)$/gm)].map(([, name]) => name!.split(" "));
  const ask = (...words: string[]) => ["__completeNoDesc", ...words];
  const named = ["get", "describe", "delete", "edit", "label", "annotate", "patch"];
  return [
    ...commands.flatMap((words) => [ask(...words, "-n", "kinds", ""), ask(...words, "--"), ask(...words, "-n", "kinds", "x", "")]),
    ...named.flatMap((verb) => kinds.slice(0, 12).map(([kind, name]) => ask(verb, kind, ...within(kind), name.slice(0, 1)))),
    ...kinds.map(([kind]) => ask("get", ...within(kind), `${kind}/`)),
    ...["logs", "exec", "attach", "port-forward"].flatMap((verb) => [
      ask(verb, "-n", "kinds", "a"),
      ask(verb, "-n", "kinds", "deployments/"),
      ask(verb, "-n", "kinds", "alone", ""),
      ask(verb, "-n", "kinds", "alone", "-c", ""),
      ask(verb, "-n", "kinds", "alone", "--container="),
    ]),
    ...["get", "-n", "--namespace=", "--context=", "--cluster=", "--user="].map((word) =>
      word.endsWith("=") ? ask("get", "pods", word) : ask("get", "pods", word, ""),
    ),
    ask("get", "pods,dep"),
    ask("get", "-o", ""),
    ask("get", "pods", "-o", "j"),
    ask("cp", "-n", "kinds", ""),
    ask("cp", "kinds/"),
    ask("debug", "-n", "kinds", "a"),
    ask("explain", "dep"),
    ask("apply", "-f", ""),
    ask("apply", "-k", ""),
    ask("apply", "--dry-run="),
    ask("create", "secret", ""),
    ask("create", "deployment", "x", "--image="),
    ask("wait", "--for", ""),
    ask("get", "pods", "--subresource", ""),
  ];
}

const generals = [
  "get ns kinds",
  "get cm settings -n kinds -o name",
  "api-versions",
  "auth whoami",
  "version --client",
  "explain cm.data",
].map((line) => line.split(" "));
const globals = [
  "--as=me",
  "--as=me --as-group=a --as-group=b",
  "--as-uid=1",
  "--as=me --as-user-extra=a=b",
  "--request-timeout=5s",
  "--request-timeout=x",
  "--server=https://127.0.0.1:1",
  "--server=nonsense",
  "--token=x",
  "--username=a",
  "--client-certificate=/nope",
  "--client-key=/nope",
  "--certificate-authority=/nope",
  "--insecure-skip-tls-verify",
  "--tls-server-name=other",
  "--match-server-version",
  "--warnings-as-errors",
  "--disable-compression",
  "--kubeconfig=/nope",
  "--context=nope",
  "--cluster=nope",
  "--user=nope",
  "--profile=nope",
  "--nope",
  "--v=nope",
].map((line) => line.split(" "));

function globalFlags(): string[][] {
  return generals.flatMap((line) => globals.map((flags) => [...line, ...flags]));
}

export interface Section {
  name: string;
  lines: string[][];
}

/** All of the tables' lines. */
export function sections(): Section[] {
  const names = shortNames.flatMap((name) => [
    ["get", name, "-n", "kinds"],
    ["get", name, "-n", "kinds", "-o", "name"],
    ["explain", name],
  ]);
  return [
    { name: "get", lines: gets() },
    { name: "looking", lines: looks() },
    { name: "dry changes", lines: dryChanges() },
    { name: "create", lines: creations() },
    { name: "names of kinds", lines: names },
    { name: "files", lines: files() },
    { name: "completion", lines: completions() },
    { name: "global flags", lines: globalFlags() },
  ];
}

/** Those of `cases.txt`, whatever the version that they are for. */
export function writtenLines(root: string): string[][] {
  return readFileSync(join(root, "tests/kubectl/cases.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/^1\.\d+: /, "").split(" "));
}
