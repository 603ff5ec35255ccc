/** AdmissionConfiguration: what plugins of admission are told, each in its own words, in the file or in a file of their own. */
import { dirname, resolve } from "node:path";
import { type Infer, Problems, readConfig, readText, ScopedResourceSelectorRequirement, schema, Toleration, throwAll } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { readYaml } from "#codec/mod.ts";
import type { EventRateLimitConfig } from "../admission/event-rate-limit.ts";
import { type AdmissionChoice, admissionPluginNames } from "../admission/plugins.ts";
import { podSecurityKind, readPodSecurity } from "./pod-security-config.ts";

const { int32, kind, list, raw, string, struct } = schema;
const at = (name: string) => `io.k8s.apiserver.config.v1.${name}`;

const AdmissionPluginConfiguration = struct(at("AdmissionPluginConfiguration"), "What a plugin is told.", {
  name: string(0, { doc: "The plugin." }),
  path: string(0, { doc: "A file of its own." }),
  configuration: raw(0, { doc: "Or here." }),
});
const admissionKind = {
  kind: "AdmissionConfiguration",
  versions: ["apiserver.config.k8s.io/v1", "apiserver.k8s.io/v1alpha1"],
  schema: kind(at("AdmissionConfiguration"), "What plugins are told.", {
    plugins: list(AdmissionPluginConfiguration, 0, { doc: "By plugin." }),
  }),
};

const Limit = struct("io.k8s.eventratelimit.v1alpha1.Limit", "How many events there may be.", {
  type: string(0, { doc: "Server, Namespace, User or SourceAndObject." }),
  qps: int32(0, { doc: "A second, on average." }),
  burst: int32(0, { doc: "At once." }),
  cacheSize: int32(0, { doc: "How many of them are remembered." }),
});
const eventRateKind = {
  kind: "Configuration",
  versions: ["eventratelimit.admission.k8s.io/v1alpha1"],
  schema: kind("io.k8s.eventratelimit.v1alpha1.Configuration", "Limits of events.", { limits: list(Limit, 0, { doc: "All hold." }) }),
};
const tolerationKind = {
  kind: "Configuration",
  versions: ["podtolerationrestriction.admission.k8s.io/v1alpha1"],
  schema: kind("io.k8s.podtolerationrestriction.v1alpha1.Configuration", "Tolerations of pods.", {
    default: list(Toleration, 0, { doc: "Those that pods get." }),
    whitelist: list(Toleration, 0, { doc: "Those that they may have." }),
  }),
};
const LimitedResource = struct("io.k8s.resourcequota.v1.LimitedResource", "What needs a quota.", {
  apiGroup: string(0, { doc: "Its group." }),
  resource: string(0, { doc: "Its name." }),
  matchContains: list(string, 0, { doc: "Parts of the names of what is counted." }),
  matchScopes: list(ScopedResourceSelectorRequirement, 0, { doc: "Which objects." }),
});
const quotaKind = {
  kind: "Configuration",
  versions: ["apiserver.config.k8s.io/v1", "resourcequota.admission.k8s.io/v1beta1", "resourcequota.admission.k8s.io/v1alpha1"],
  schema: kind("io.k8s.resourcequota.v1.ResourceQuotaConfiguration", "What needs a quota.", {
    limitedResources: list(LimitedResource, 0, { doc: "Resources that need one." }),
  }),
};
const webhookKind = {
  kind: "WebhookAdmissionConfiguration",
  versions: ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1alpha1"],
  schema: kind("io.k8s.webhookadmission.v1.WebhookAdmission", "How webhooks are asked.", {
    kubeConfigFile: string(0, { doc: "Whom they are shown." }),
    staticManifestsDir: string(0, { doc: "Where more of them are." }),
  }),
};

type Config = NonNullable<AdmissionChoice["config"]>;
type LimitedResources = NonNullable<Config["resourceQuota"]>;

/** Throws a sentence about the first thing that cannot be used. */
export function readAdmissionConfig(file: string): Config {
  const text = textOf(file);
  if (isLegacySelectors(text)) return { podNodeSelector: selectorsOf(text) };
  const config: Config = {};
  for (const { name = "", path = "", configuration } of readConfig(text, admissionKind).plugins ?? []) {
    const own = configuration !== undefined ? JSON.stringify(configuration) : path ? readText(resolve(dirname(file), path)) : undefined;
    try {
      if (own !== undefined) Object.assign(config, told(name, own));
      else if (!admissionPluginNames.includes(name)) throw new Error("there is no such plugin here");
    } catch (error) {
      throw new Error(`couldn't init admission plugin ${JSON.stringify(name)}: ${messageOf(error)}`, { cause: error });
    }
  }
  return config;
}

function textOf(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    throw new Error(`unable to read admission control configuration from ${JSON.stringify(file)} [${messageOf(error)}]`, { cause: error });
  }
}

function told(plugin: string, text: string): Config {
  switch (plugin) {
    case "PodSecurity":
      return { podSecurity: readPodSecurity(readConfig(text, podSecurityKind)) };
    case "EventRateLimit":
      return { eventRateLimit: eventLimits(readConfig(text, eventRateKind)) };
    case "PodNodeSelector":
      return { podNodeSelector: selectorsOf(text) };
    case "PodTolerationRestriction": {
      const { default: usual, whitelist } = readConfig(text, tolerationKind);
      return { podTolerationRestriction: { ...(usual ? { default: usual } : {}), ...(whitelist ? { whitelist } : {}) } };
    }
    case "ResourceQuota": {
      const { limitedResources = [] } = readConfig(text, ofKind(text, quotaKind, "ResourceQuotaConfiguration"));
      return { resourceQuota: limitedOf(limitedResources) };
    }
    case "MutatingAdmissionWebhook":
    case "ValidatingAdmissionWebhook": {
      const { kubeConfigFile = "", staticManifestsDir = "" } = readConfig(text, ofKind(text, webhookKind, "WebhookAdmission"));
      if (kubeConfigFile) throw new Error("kubeConfigFile: webhooks are shown no credentials here");
      if (staticManifestsDir) throw new Error("staticManifestsDir: the gate ManifestBasedAdmissionControlConfig is off");
      return {};
    }
    default:
      throw new Error(admissionPluginNames.includes(plugin) ? "it reads no configuration" : "there is no such plugin here");
  }
}

function limitedOf(all: readonly Infer<typeof LimitedResource>[]): LimitedResources {
  const problems = new Problems();
  for (const [i, { resource }] of all.entries()) if (!resource) problems.required(`limitedResources[${i}].resource`);
  throwAll(problems);
  return all.map(({ apiGroup, resource = "", matchContains = [], matchScopes = [] }) => ({
    id: apiGroup ? `${resource}.${apiGroup}` : resource,
    matchContains,
    matchScopes,
  }));
}

/** Versions call the same kind by two names. */
function ofKind<K extends { kind: string }>(text: string, of: K, also: string): K {
  const { kind: said } = (readYaml(text).value ?? {}) as { kind?: string };
  return said === also ? { ...of, kind: also } : of;
}

function eventLimits({ limits = [] }: Infer<typeof eventRateKind.schema>): EventRateLimitConfig {
  const problems = new Problems();
  const types = ["Server", "Namespace", "User", "SourceAndObject"];
  if (limits.length === 0) problems.invalid("limits", null, "must not be empty");
  const checked = limits.map(({ type = "", qps = 0, burst = 0, cacheSize = 0 }, i) => {
    if (!types.includes(type)) problems.notSupported(`limits[${i}].type`, type, types);
    if (burst <= 0) problems.invalid(`limits[${i}].burst`, burst, "must be positive");
    if (qps <= 0) problems.invalid(`limits[${i}].qps`, qps, "must be positive");
    if (type !== "Server" && cacheSize < 0) problems.invalid(`limits[${i}].cacheSize`, cacheSize, "must not be negative");
    return { type: type as EventRateLimitConfig["limits"][number]["type"], qps, burst, ...(cacheSize > 0 ? { cacheSize } : {}) };
  });
  throwAll(problems);
  return { limits: checked };
}

const member = "podNodeSelectorPluginConfig";

/** As it was before there was an AdmissionConfiguration: the plugin's own, as the whole file. */
function isLegacySelectors(text: string): boolean {
  const { value } = readYaml(text);
  return typeof value === "object" && value !== null && !("kind" in value) && member in value;
}

function selectorsOf(text: string): Record<string, string> {
  const { value } = readYaml(text);
  const { [member]: selectors = {}, ...rest } = (value ?? {}) as { [member]?: unknown };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`strict decoding error: unknown field ${JSON.stringify(unknown)}`);
  const isMap = typeof selectors === "object" && selectors !== null && Object.values(selectors).every((one) => typeof one === "string");
  if (!isMap) throw new Error(`${member}: texts by namespace are needed`);
  return selectors as Record<string, string>;
}
