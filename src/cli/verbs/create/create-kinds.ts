/** `create KIND NAME` for workloads, services, configuration and small kinds. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, StatusError, usageError } from "../../failure.ts";
import { bool, duration, int, list, parseDuration, text, texts } from "../../input/flags.ts";
import { commandWords, generator, oneName } from "../../input/generate.ts";
import { objectPrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const namespace = generator({
  use: "create namespace NAME [--dry-run=server|client|none]",
  long: "Create a namespace with the specified name.",
  flags: [],
  clusterWide: true,
  build: (_session, name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: {}, status: {} }),
});

export const serviceAccount = generator({
  failure: "failed to create serviceaccount:",
  use: "create serviceaccount NAME [--dry-run=server|client|none]",
  long: "Create a service account with the specified name.",
  flags: [],
  build: (_session, name) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name } }),
});

export const deployment = generator({
  failure: "failed to create deployment:",
  required: ["image"],
  use: "create deployment NAME --image=image -- [COMMAND] [args...]",
  long: "Create a deployment with the specified name.",
  examples: "kubectl create deployment my-dep --image=busybox\nkubectl create deployment my-dep --image=nginx --replicas=3 --port=80",
  flags: [
    list("image", "Image names to run. May be repeated."),
    int("port", "The containerPort that the first container exposes.", -1),
    int("replicas|r", "Number of replicas.", 1),
  ],
  build(session, name) {
    const images = session.flags.list("image");
    const command = commandWords(session);
    if (images.length > 1 && command.length > 0) throw new CliError("cannot specify multiple --image options and command");
    const port = session.flags.int("port");
    const containers = images.map((image) => ({
      name: containerName(image),
      image,
      ...(command.length > 0 ? { command } : {}),
      resources: {} as object,
      ports: undefined as unknown,
    }));
    if (port >= 0) for (const container of containers) container.ports = [{ containerPort: port }];
    const labels = { app: name };
    return {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, labels },
      spec: {
        replicas: session.flags.int("replicas"),
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    };
  },
});

/** `registry/path/nginx:1@sha256:…` gives `nginx`, in letters that a container name may have. */
function containerName(image: string): string {
  const last = image.split("/").at(-1) as string;
  return last.split("@")[0].split(":")[0].replaceAll("_", "-").toLowerCase();
}

export const job = generator({
  failure: "failed to create job:",
  use: "create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
  long: "Create a job with the specified name.",
  flags: [text("image", "Image name to run."), text("from", "The name of the resource to create a Job from (only cronjob is supported).")],
  async build(session, name) {
    const { flags } = session;
    const from = flags.text("from");
    const image = flags.text("image");
    const command = commandWords(session);
    if ((image === "") === (from === "")) throw new CliError("either --image or --from must be specified");
    if (from !== "" && command.length > 0) throw new CliError("cannot specify --from and command");
    if (from === "") {
      return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name },
        spec: {
          template: {
            metadata: {},
            spec: { containers: [{ name, image, ...(command.length > 0 ? { command } : {}), resources: {} }], restartPolicy: "Never" },
          },
        },
        status: {},
      };
    }
    const [type, cron] = from.split("/");
    const resource = await session.resource(type);
    if (!cron || resource.name !== "cronjobs") throw new CliError(`unknown object type ${resource.kind}`);
    const { getObject } = await import("../../objects.ts");
    const source = await getObject(session, { resource, namespace: await session.namespace(), name: cron });
    const { template } = { template: source.spec.jobTemplate };
    return {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name,
        labels: template.metadata?.labels,
        annotations: { "cronjob.kubernetes.io/instantiate": "manual", ...template.metadata?.annotations },
        ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: cron, uid: source.metadata.uid as string, controller: true }],
      },
      spec: template.spec,
      status: {},
    };
  },
});

export const cronJob = generator({
  failure: "failed to create cronjob:",
  required: ["image", "schedule"],
  use: "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  long: "Create a cron job with the specified name.",
  flags: [
    text("image", "Image name to run."),
    text("restart", "Restart policy of the job's pods: OnFailure or Never."),
    text("schedule", "When to run, in cron format."),
  ],
  build(session, name) {
    const { flags } = session;
    const command = commandWords(session);
    const containers = [{ name, image: flags.text("image"), ...(command.length > 0 ? { command } : {}), resources: {} }];
    return {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name },
      spec: {
        schedule: flags.text("schedule"),
        jobTemplate: {
          metadata: { name },
          spec: { template: { metadata: {}, spec: { containers, restartPolicy: flags.text("restart") || "OnFailure" } } },
        },
      },
      status: {},
    };
  },
});

export const priorityClass = generator({
  failure: "failed to create priorityclass:",
  use: "create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
  long: "Create a priority class with the specified name, value, globalDefault and description.",
  flags: [
    int("value", "The value of this priority class."),
    bool("global-default", "Whether pods without a class get this one."),
    text("description", "What this class is for."),
    text("preemption-policy", "PreemptLowerPriority or Never.", "PreemptLowerPriority"),
  ],
  clusterWide: true,
  build(session, name) {
    const { flags } = session;
    if (!flags.given("value")) throw new CliError('required flag(s) "value" not set');
    return {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value: flags.int("value"),
      ...(flags.bool("global-default") ? { globalDefault: true } : {}),
      ...(flags.text("description") ? { description: flags.text("description") } : {}),
      preemptionPolicy: flags.text("preemption-policy"),
    };
  },
});

export const podDisruptionBudget = generator({
  failure: "failed to create poddisruptionbudgets:",
  use: "create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
  long: "Create a pod disruption budget with the specified name, selector, and desired minimum available pods.",
  flags: [
    text("min-available", "The minimum number or percentage of available pods."),
    text("max-unavailable", "The maximum number or percentage of unavailable pods."),
    text("selector", "A label selector for the budget. Only equality-based selector requirements are supported."),
  ],
  async build(session, name) {
    const { flags } = session;
    const [least, most, selector] = [flags.text("min-available"), flags.text("max-unavailable"), flags.text("selector")];
    if (selector === "") throw new CliError("a selector must be specified");
    if (least === "" && most === "") throw new CliError("one of min-available or max-unavailable must be specified");
    if (least !== "" && most !== "") throw new CliError("min-available and max-unavailable cannot be both specified");
    const amount = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);
    return {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name },
      spec: { ...(least !== "" ? { minAvailable: amount(least) } : { maxUnavailable: amount(most) }), selector: selectorOf(selector) },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
  },
});

function selectorOf(selector: string): object {
  return { matchLabels: Object.fromEntries(selector.split(",").map((part) => part.split(/==?/) as [string, string])) };
}

export const quota = generator({
  failure: "failed to create quota:",
  use: "create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]",
  long: "Create a resource quota with the specified name, hard limits, and optional scopes.",
  flags: [
    text("hard", "Comma-separated resource=quantity pairs that define a hard limit."),
    text("scopes", "Comma-separated scopes that the quota is limited to."),
  ],
  build(session, name) {
    const { flags } = session;
    const hard = Object.fromEntries(
      flags.text("hard") === ""
        ? []
        : flags
            .text("hard")
            .split(",")
            .map((pair) => {
              const parts = pair.split("=");
              if (parts.length !== 2) throw new CliError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
              return parts as [string, string];
            }),
    );
    const scopes = flags.text("scopes") === "" ? undefined : flags.text("scopes").split(",");
    return {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name },
      spec: { ...(Object.keys(hard).length > 0 ? { hard } : {}), ...(scopes ? { scopes } : {}) },
      status: {},
    };
  },
});

export const ingress = generator({
  failure: "failed to create ingress:",
  use: "create ingress NAME --rule=host/path=service:port[,tls[=secret]] ",
  long: "Create an ingress with the specified name.",
  flags: [
    texts("annotation", "Annotation to insert in the ingress object, in the format annotation=value."),
    text("class", "Ingress class to be used."),
    text("default-backend", "Default service for backend, in format of svcname:port."),
    texts("rule", "Rule in format host/path=service:port[,tls=secretname]. Paths ending in * match by prefix."),
  ],
  build(session, name) {
    const { flags } = session;
    const rules = flags.list("rule");
    if (rules.length === 0 && flags.text("default-backend") === "")
      throw new CliError(
        "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
      );
    const byHost = new Map<string, object[]>();
    const tls = new Map<string, string[]>();
    for (const rule of rules) {
      const match =
        /^(?<host>[\w\-*.]*)(?<path>\/[^=]*)?=(?<service>[^:=,]+):(?<port>[^,]+)(?:,(?<tls>tls(?:=(?<secret>[\w\-.]*))?))?$/.exec(
          rule,
        )?.groups;
      if (!match) throw new CliError(`rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
      const path = match.path ?? "/";
      const entry = {
        path: path.endsWith("*") ? path.slice(0, -1) : path,
        pathType: path.endsWith("*") ? "Prefix" : "Exact",
        backend: { service: { name: match.service, port: portOf(match.port) } },
      };
      byHost.set(match.host, [...(byHost.get(match.host) ?? []), entry]);
      if (match.tls) tls.set(match.secret ?? "", [...(tls.get(match.secret ?? "") ?? []), ...(match.host ? [match.host] : [])]);
    }
    const backend = flags.text("default-backend").split(":");
    const annotations = Object.fromEntries(
      flags.list("annotation").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
    return {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: {
        ...(flags.text("class") ? { ingressClassName: flags.text("class") } : {}),
        ...(backend.length === 2 ? { defaultBackend: { service: { name: backend[0], port: portOf(backend[1]) } } } : {}),
        ...(byHost.size > 0 ? { rules: [...byHost].map(([host, paths]) => ({ ...(host ? { host } : {}), http: { paths } })) } : {}),
        ...(tls.size > 0
          ? {
              tls: [...tls].map(([secretName, hosts]) => ({
                ...(hosts.length > 0 ? { hosts: [...new Set(hosts)] } : {}),
                ...(secretName ? { secretName } : {}),
              })),
            }
          : {}),
      },
      status: { loadBalancer: {} },
    };
  },
});

function portOf(port: string): object {
  return /^\d+$/.test(port) ? { number: Number(port) } : { name: port };
}

const sourceFlags = [
  texts("from-file", "A file, or key=file, or a directory whose files become keys. May be repeated."),
  texts("from-literal", "key=value. May be repeated."),
  texts("from-env-file", "A file of key=val lines. May be repeated."),
  bool("append-hash", "Append a hash of the content to the name."),
];

interface Content {
  key: string;
  bytes: Buffer;
}

/** What --from-file, --from-literal and --from-env-file say, in order; keys must not repeat. */
function contents(session: Session, kind: "configmap" | "secret"): Content[] {
  const { flags, io } = session;
  const found: Content[] = [];
  const add = (key: string, bytes: Buffer) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key))
      throw new CliError(
        `${JSON.stringify(key)} is not a valid key name for a ${kind === "configmap" ? "ConfigMap" : "Secret"}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    if (found.some((item) => item.key === key))
      throw new CliError(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in ${kind === "configmap" ? "Data for ConfigMap" : "Data for Secret"} ${JSON.stringify(session.args[0])}`.replace(
          /in Data for (ConfigMap|Secret)/,
          kind === "configmap" ? "in Data for ConfigMap" : "in Data for Secret",
        ),
      );
    found.push({ key, bytes });
  };
  if (flags.list("from-env-file").length > 0 && (flags.list("from-file").length > 0 || flags.list("from-literal").length > 0))
    throw new CliError("from-env-file cannot be combined with from-file or from-literal");
  for (const source of flags.list("from-literal")) {
    const at = source.indexOf("=");
    if (at <= 0) throw new CliError(`invalid literal source ${source}, expected key=value`);
    const value = source.slice(at + 1);
    add(source.slice(0, at), Buffer.from(/^(["']).*\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value));
  }
  for (const source of flags.list("from-file")) {
    const at = source.indexOf("=");
    const file = at < 0 ? source : source.slice(at + 1);
    const path = resolve(io.cwd, file);
    if (at === 0) throw new CliError(`key name for file path ${source.slice(1)} missing`);
    if (at > 0 && file === "") throw new CliError(`file path for key name ${source.slice(0, at)} missing`);
    if (!existsSync(path)) throw new CliError(`error reading ${file}: no such file or directory`);
    if (!statSync(path).isDirectory()) {
      add(at < 0 ? basename(file) : source.slice(0, at), readFileSync(path));
      continue;
    }
    if (at > 0) throw new CliError("cannot give a key name for a directory path");
    for (const entry of readdirSync(path).sort())
      if (statSync(join(path, entry)).isFile() && /^[-._a-zA-Z0-9]+$/.test(entry)) add(entry, readFileSync(join(path, entry)));
  }
  for (const file of flags.list("from-env-file")) {
    const path = resolve(io.cwd, file);
    if (!existsSync(path)) throw new CliError(`error reading ${file}: no such file or directory`);
    for (const raw of readFileSync(path, "utf8").split("\n")) {
      const line = raw.trimStart().replace(/\r$/, "");
      if (line === "" || line.startsWith("#")) continue;
      const at = line.indexOf("=");
      const key = at < 0 ? line : line.slice(0, at);
      add(key, Buffer.from(at < 0 ? (io.env[key] ?? "") : line.slice(at + 1)));
    }
  }
  return found;
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes);
}

async function hashed(object: KObject, append: boolean): Promise<KObject> {
  if (!append) return object;
  const { createHash } = await import("node:crypto");
  const { goJson } = await import("#codec/go-json.ts");
  const { kind, data, binaryData, type } = object;
  const text =
    kind === "ConfigMap"
      ? goJson({ kind, name: object.metadata.name, data: data ?? "", ...(binaryData ? { binaryData } : {}) })
      : goJson({ kind, type: type ?? "", name: object.metadata.name, data: data ?? "" });
  const hex = createHash("sha256").update(text).digest("hex").slice(0, 10);
  const readable = [...hex].map((digit) => ({ 0: "g", 1: "h", 3: "k", a: "m", e: "t" })[digit] ?? digit).join("");
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${readable}` } };
}

export const configMap = generator({
  failure: "failed to create configmap:",
  use: "create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
  long: "Create a config map from files, directories, or literal values.\n\n A single config map may hold several key and value pairs.",
  examples: "kubectl create configmap my-config --from-file=path/to/bar\nkubectl create configmap my-config --from-literal=key1=config1",
  flags: sourceFlags,
  build(session, name) {
    const found = contents(session, "configmap");
    const data = Object.fromEntries(found.filter(({ bytes }) => isText(bytes)).map(({ key, bytes }) => [key, bytes.toString("utf8")]));
    const binaryData = Object.fromEntries(
      found.filter(({ bytes }) => !isText(bytes)).map(({ key, bytes }) => [key, bytes.toString("base64")]),
    );
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...(Object.keys(binaryData).length > 0 ? { binaryData } : {}),
    };
    return hashed(object, session.flags.bool("append-hash"));
  },
});

export const secretGeneric = generator({
  failure: "failed to create secret",
  use: "create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
  long: "Create a secret from files, directories, or literal values.",
  flags: [...sourceFlags, text("type", "The type of secret to create.")],
  build(session, name) {
    const data = Object.fromEntries(contents(session, "secret").map(({ key, bytes }) => [key, bytes.toString("base64")]));
    const type = session.flags.text("type");
    const object = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...(type ? { type } : {}),
    };
    return hashed(object, session.flags.bool("append-hash"));
  },
});

export const secretTls = generator({
  failure: "failed to create secret",
  use: "create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
  long: "Create a TLS secret from a public and private key pair.",
  flags: [
    text("cert", "Path to PEM encoded public key certificate."),
    text("key", "Path to private key associated with given certificate."),
    bool("append-hash", "Append a hash of the content to the name."),
  ],
  async build(session, name) {
    const { flags, io } = session;
    if (!flags.text("cert") || !flags.text("key")) throw new CliError("key and cert must be specified");
    const read = (file: string) => {
      try {
        return readFileSync(resolve(io.cwd, file));
      } catch {
        throw new CliError(`open ${file}: no such file or directory`);
      }
    };
    const [cert, key] = [read(flags.text("cert")), read(flags.text("key"))];
    const { createPrivateKey, X509Certificate } = await import("node:crypto");
    try {
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error("private key does not match public key");
    } catch (error) {
      throw new CliError(`tls: ${(error as Error).message}`);
    }
    const object = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      data: { "tls.crt": cert.toString("base64"), "tls.key": key.toString("base64") },
      type: "kubernetes.io/tls",
    };
    return hashed(object, flags.bool("append-hash"));
  },
});

export const secretDockerRegistry = generator({
  failure: "failed to create secret",
  use: "create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]",
  long: "Create a secret for use with Docker registries.",
  flags: [
    text("docker-username", "User name at the registry."),
    text("docker-password", "Password at the registry."),
    text("docker-email", "Email at the registry."),
    text("docker-server", "Server location of the registry.", "https://index.docker.io/v1/"),
    texts("from-file", "A docker config file to use as it is."),
    bool("append-hash", "Append a hash of the content to the name."),
  ],
  build(session, name) {
    const { flags, io } = session;
    const [file] = flags.list("from-file");
    let config: Buffer;
    if (file) config = readFileSync(resolve(io.cwd, file.slice(file.indexOf("=") + 1)));
    else {
      const [username, password, email] = [flags.text("docker-username"), flags.text("docker-password"), flags.text("docker-email")];
      if (!username || !password)
        throw new CliError("either --from-file or the combination of --docker-username, --docker-password and --docker-server is required");
      const auth = { username, password, ...(email ? { email } : {}), auth: Buffer.from(`${username}:${password}`).toString("base64") };
      config = Buffer.from(JSON.stringify({ auths: { [flags.text("docker-server")]: auth } }));
    }
    return hashed(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name },
        data: { ".dockerconfigjson": config.toString("base64") },
        type: "kubernetes.io/dockerconfigjson",
      },
      flags.bool("append-hash"),
    );
  },
});

const tcpFlag = list("tcp", "Port pairs can be specified as '<port>:<targetPort>'.");

function servicePorts(session: Session, nodePort?: number): object[] {
  return session.flags.list("tcp").map((spec) => {
    const [port, target = port] = spec.split(":");
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535)
      throw new CliError(`invalid port format: ${JSON.stringify(spec)}`.replace("invalid port format", "invalid port value"));
    return {
      name: spec.replace(":", "-"),
      port: Number(port),
      protocol: "TCP",
      targetPort: /^\d+$/.test(target) ? Number(target) : target,
      ...(nodePort ? { nodePort } : {}),
    };
  });
}

function service(name: string, spec: object): KObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: { app: name } },
    spec: { selector: { app: name }, ...spec },
    status: { loadBalancer: {} },
  };
}

function needPorts(session: Session, ports: object[]): object[] {
  if (ports.length === 0) throw new CliError("at least one tcp port specifier must be provided");
  return ports;
}

export const serviceClusterIp = generator({
  failure: "failed to create ClusterIP service:",
  use: "create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]",
  long: "Create a ClusterIP service with the specified name.",
  flags: [tcpFlag, text("clusterip", "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).")],
  build(session, name) {
    const clusterIP = session.flags.text("clusterip");
    const ports = servicePorts(session);
    if (clusterIP === "None") return service(name, { type: "ClusterIP", clusterIP, ...(ports.length > 0 ? { ports } : {}) });
    return service(name, { type: "ClusterIP", ports: needPorts(session, ports), ...(clusterIP ? { clusterIP } : {}) });
  },
});
export const serviceNodePort = generator({
  failure: "failed to create NodePort service:",
  use: "create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
  long: "Create a NodePort service with the specified name.",
  flags: [tcpFlag, int("node-port", "Port used to expose the service on each node in a cluster.")],
  build: (session, name) =>
    service(name, { type: "NodePort", ports: needPorts(session, servicePorts(session, session.flags.int("node-port"))) }),
});
export const serviceLoadBalancer = generator({
  failure: "failed to create LoadBalancer service:",
  use: "create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
  long: "Create a LoadBalancer service with the specified name.",
  flags: [tcpFlag],
  build: (session, name) => service(name, { type: "LoadBalancer", ports: needPorts(session, servicePorts(session)) }),
});
export const serviceExternalName = generator({
  failure: "failed to create ExternalName service:",
  required: ["external-name"],
  use: "create service externalname NAME --external-name external.name [--dry-run=server|client|none]",
  long: "Create an ExternalName service with the specified name.",
  flags: [tcpFlag, text("external-name", "External name of service")],
  build(session, name) {
    const ports = servicePorts(session);
    return service(name, {
      type: "ExternalName",
      externalName: session.flags.text("external-name"),
      ...(ports.length > 0 ? { ports } : {}),
    });
  },
});

export const token: Command = {
  use: "create token SERVICE_ACCOUNT_NAME",
  long: "Request a service account token.",
  flags: [
    ...printFlags,
    list("audience", "Audience of the requested token. May be repeated."),
    duration("duration", "Requested lifetime of the issued token."),
    text("bound-object-kind", "Kind of an object to bind the token to: Node, Pod, Secret."),
    text("bound-object-name", "Name of the object to bind the token to."),
    text("bound-object-uid", "UID of the object to bind the token to."),
  ],
  async run(session) {
    const { flags } = session;
    const name = oneName(session);
    if (name === "") throw usageError("service account name is required", session.command);
    if (flags.duration("duration") < 0) throw new CliError("--duration must be greater than or equal to 0");
    const kind = flags.text("bound-object-kind");
    const seconds = Math.round((parseDuration(flags.text("duration")) ?? 0) / 1000);
    const rest = await session.rest();
    const request = rest.json<KObject>({
      method: "POST",
      path: `/api/v1/namespaces/${await session.namespace()}/serviceaccounts/${name}/token`,
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: {},
        spec: {
          audiences: flags.list("audience"),
          ...(seconds > 0 ? { expirationSeconds: seconds } : {}),
          ...(kind
            ? {
                boundObjectRef: {
                  kind,
                  apiVersion: "v1",
                  name: flags.text("bound-object-name"),
                  uid: flags.text("bound-object-uid") || undefined,
                },
              }
            : {}),
        },
      },
    });
    const answer = await request.catch((error: unknown) =>
      Promise.reject(error instanceof StatusError ? new CliError(`failed to create token: ${error.message}`) : error),
    );
    const printer = await objectPrinter(session);
    if (printer) return session.out(printer(answer));
    session.line(String(answer.status?.token ?? ""));
  },
};
