/** `create namespace`, accounts, tokens, priorities, budgets, quotas and ingresses. */
import type { Command } from "../../command.ts";
import { CliError, StatusError, usageError } from "../../failure.ts";
import { bool, duration, int, list, parseDuration, text, texts } from "../../input/flags.ts";
import { generator, oneName } from "../../input/generate.ts";
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
    await session.target();
    if (name === "") throw usageError("service account name is required", session.command);
    if (flags.duration("duration") < 0) throw new CliError("--duration must be greater than or equal to 0");
    const kind = flags.text("bound-object-kind");
    for (const flag of ["bound-object-name", "bound-object-uid"])
      if (!kind && flags.text(flag)) throw new CliError(`--${flag} can only be set if --bound-object-kind is provided`);
    if (kind && !["Node", "Pod", "Secret"].includes(kind)) throw new CliError("supported --bound-object-kind values are Node, Pod, Secret");
    if (kind && !flags.text("bound-object-name")) throw new CliError("--bound-object-name is required if --bound-object-kind is provided");
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
    const printer = await objectPrinter(session, [], { typed: true });
    if (printer) return session.out(printer(answer));
    session.line(String(answer.status?.token ?? ""));
  },
};
