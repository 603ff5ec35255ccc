/** Command lines for the fuzz: verbs, flags, types and names at random from one seed, none of which changes the cluster. */
import type { Random } from "#base/mod.ts";
import type { Command, Node } from "#cli/command.ts";
import { commands } from "#cli/commands.ts";
import type { Flag } from "#cli/input/flags.ts";
import { globalFlags } from "#cli/input/global-flags.ts";

export interface Verb {
  path: string[];
  flags: Flag[];
}

/** Those that serve until they are stopped, and those that upstream's kubectl has not. */
const leftOut = new Set(["proxy", "completion", "options", "help"]);
const ownOnly = (node: Node) => node.group === "Commands of Spoke";
/** They change things and have no dry run: here they meet a namespace without objects. */
const changing = new Set([
  "rollout restart",
  "rollout pause",
  "rollout resume",
  "edit",
  "debug",
  "apply edit-last-applied",
  "apply set-last-applied",
  "certificate approve",
  "certificate deny",
  "create token",
  "auth reconcile",
]);
/** Flags that make a command wait for more, or write where nobody looks. */
const unused = new Set(["watch", "watch-only", "follow", "profile-output", "v", "vmodule", "log-flush-frequency", "wait", "help"]);

export async function verbsOf(): Promise<Verb[]> {
  const found: Verb[] = [];
  const walk = async (nodes: Record<string, Node>, before: string[]): Promise<void> => {
    for (const [name, node] of Object.entries(nodes)) {
      const path = [...before, name];
      if (leftOut.has(path.join(" ")) || node.hidden || ownOnly(node)) continue;
      if (node.load) {
        const command = ((await node.load()) as Record<string, Command>)[node.export ?? "command"];
        found.push({ path, flags: command.flags });
      }
      if (node.sub) await walk(node.sub, path);
    }
  };
  await walk(commands, []);
  return found;
}

const types =
  "pods po deploy deployments.apps deployments.v1.apps svc cm secrets ns nodes sa rs ingress netpol foo deploy.foo pods,svc po,foo all POD Deploy".split(
    " ",
  );
const inPlace = "web cm s x A_B web-0 many default".split(" ");
const slashed = "deploy/web cm/cm pod/x foo/x x/y/z / deploy/ /web ns/default node/sim-1 svc/web secret/s deploy/web,cm/cm".split(" ");
const elsewhere = "nope x A_B zz pod/x deploy/nope foo/x x/y/z".split(" ");
const odd = ["", "-", "--", "=", "a=b", "a-", "a=b=c", "-1", "é", "*", "a,b", "web:80", "80", ":80", "a.b.c"];
const numbers = ["0", "1", "3", "-1", "x", "1.5", "99999999999999999999", "", "0x10", "1e3", "+2"];
const durations = ["1s", "0", "0s", "-1s", "x", "1", "1h1m", "", "500ms"];
const booleans = ["", "=true", "=false", "=T", "=x", "=", "=1", "=FALSE"];
const words = ["a", "", "a=b", "=", "-1", "x/y", "web", "a,b", "a=b,c=d", "nginx:1", "{}", "[]", "cpu=1", "A B"];

/** Values that suit a flag's name, right ones and wrong ones. */
const byName: Record<string, string[]> = {
  output:
    "yaml json name wide kyaml jsonpath={.metadata.name} jsonpath={.x jsonpath go-template={{.kind}} custom-columns=A:.kind custom-columns foo jsonpath-as-json={.kind} JSON".split(
      " ",
    ),
  filename: [
    "examples/bootcamp/app.yml",
    "tests/kubectl/broken.yaml",
    "tests/kubectl/setup.yaml",
    "/nope",
    "-",
    "",
    "tests/kubectl/unknown-field.yaml",
    "examples/bootcamp",
    "tests/kubectl/wrong-type.yaml",
  ],
  kustomize: ["/nope", "examples/bootcamp", "tests"],
  selector: ["a=b", "app=web", "a!=b", "a in (b)", "a in b", "!a", "=", "a=b c"],
  "field-selector": ["metadata.name=x", "status.phase=Running", "a", "a=b", "metadata.name!=x"],
  namespace: ["cli", "default", "nope", "A_B", ""],
  context: ["nope", ""],
  cluster: ["nope", ""],
  user: ["nope", ""],
  kubeconfig: ["/nope", ""],
  server: ["https://127.0.0.1:1", "a b", ""],
  token: ["x"],
  as: ["me", "system:serviceaccount:default:default", ""],
  raw: ["/version", "/nope", "api", ""],
  type: ["json", "merge", "strategic", "foo", "", "ClusterIP", "NodePort"],
  patch: ["{}", "[]", "x", '{"data":{"a":"z"}}', "", '[{"op":"remove","path":"/data/a"}]'],
  for: ["condition=Ready", "delete", "create", "jsonpath={.a}=b", "foo", "", "jsonpath={.a}", "condition=", "condition=a=b"],
  cascade: ["background", "orphan", "foreground", "foo", "true"],
  validate: ["strict", "warn", "ignore", "true", "false", "foo"],
  "sort-by": [".metadata.name", "{.metadata.name}", ".foo", "name", "cpu", "", "{.x"],
  template: ["{{.kind}}", "{{", "{.x}", ""],
  subresource: ["status", "scale", "foo", ""],
  "output-directory": ["/dev/null", "-"],
  image: ["nginx:1", "Bad Image", "", "a/b:c"],
  port: numbers,
  replicas: numbers,
  schedule: ["@hourly", "x", "* * * * *"],
  verb: ["get", "get,list", "foo", "*"],
  resource: ["pods", "foo", "deployments.apps", "pods/log", "*"],
  rule: ["a.b/x=svc:80", "x", "/y*=s:h,tls"],
  tcp: ["80", "80:8080", "x", "a:b", "80:x"],
  hard: ["pods=1", "x", "cpu=a"],
  restart: ["Never", "Always", "OnFailure", "foo"],
  profile: ["general", "foo", "none", "netadmin"],
  "cache-dir": ["/tmp/spoke-fuzz-cache"],
  "request-timeout": ["5s", "x", "0", "-1", "3"],
};

export class Lines {
  #random: Random;
  #verbs: Verb[];
  constructor(verbs: Verb[], random: Random) {
    this.#verbs = verbs;
    this.#random = random;
  }
  next(): string[] {
    const verb = this.#one(this.#verbs);
    const name = verb.path.join(" ");
    const still = changing.has(name);
    const flags = verb.flags.filter((flag) => !unused.has(flag.name) && flag.name !== "dry-run");
    const parts: string[][] = [];
    for (let count = this.#random.int(4); count > 0; count--) parts.push(this.#argument(still));
    for (let count = this.#random.int(5); count > 0; count--) parts.push(this.#flag(flags, still));
    // What is said twice, and what contradicts itself.
    if (parts.length > 0 && this.#chance(0.1)) parts.push(this.#one(parts));
    // First of all flags, so that nothing swallows it or ends flags before it.
    const safe = verb.flags.some((flag) => flag.name === "dry-run") ? [this.#dryRun()] : [];
    return [...verb.path, ...safe, ...this.#shuffled(parts).flat()];
  }

  #dryRun(): string {
    return this.#chance(0.95) ? this.#one(["--dry-run=client", "--dry-run=server"]) : this.#one(["--dry-run=foo", "--dry-run="]);
  }

  #argument(still: boolean): string[] {
    const dice = this.#random.next();
    if (dice < 0.1) return [this.#one(odd)];
    if (still) return dice < 0.5 ? [this.#one(elsewhere)] : [this.#one(types), this.#one(elsewhere)];
    if (dice < 0.35) return [this.#one(slashed)];
    if (dice < 0.5) return [this.#one(inPlace)];
    return dice < 0.65 ? [this.#one(types)] : [this.#one(types), this.#one(inPlace)];
  }

  #flag(own: Flag[], still: boolean): string[] {
    const dice = this.#random.next();
    if (dice < 0.06) return [this.#one(["--nope", "--nope=1", "-Z", "---x", "--=x", "-", "--outp=yaml", "-=a", "-nx=", "--no-headers-x"])];
    if (!still && dice < 0.3) return [this.#one(["-n", "--namespace"]), "cli"];
    const pool = dice < 0.4 || own.length === 0 ? globalFlags.filter((flag) => !unused.has(flag.name)) : own;
    const flag = this.#one(pool);
    if (still && ["namespace", "selector", "all", "all-namespaces", "filename", "kustomize"].includes(flag.name)) return [];
    return this.#withValue(flag);
  }

  #withValue(flag: Flag): string[] {
    const short = flag.short && this.#chance(0.5) ? `-${flag.short}` : `--${flag.name}`;
    if (flag.type === "bool") return [`${short}${this.#chance(0.7) ? "" : this.#one(booleans)}`];
    const value = this.#one(byName[flag.name] ?? (flag.type === "int" ? numbers : flag.type === "duration" ? durations : words));
    const dice = this.#random.next();
    if (dice < 0.05) return [short];
    if (flag.bare !== undefined || dice < 0.5) return [`${short}=${value}`];
    if (short.length === 2 && dice < 0.6) return [`${short}${value}`];
    return [short, value];
  }

  #chance(of: number): boolean {
    return this.#random.next() < of;
  }
  #one<T>(of: readonly T[]): T {
    return of[this.#random.int(of.length)]!;
  }
  #shuffled(of: string[][]): string[][] {
    const left = [...of];
    const result: string[][] = [];
    while (left.length > 0) result.push(...left.splice(this.#random.int(left.length), 1));
    return result;
  }
}
