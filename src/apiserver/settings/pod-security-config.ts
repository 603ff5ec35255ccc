/** PodSecurityConfiguration: what holds where a namespace says nothing, and who is not held to anything. */
import { type Infer, Problems, schema, throwAll } from "#api/mod.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "#codec/mod.ts";
import { type PodSecurityConfig, readLevel, readMinor } from "../admission/pod-security.ts";

const { kind, list, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.pod-security-admission.v1.${name}`;

const PodSecurityDefaults = struct(at("PodSecurityDefaults"), "Where a namespace says nothing.", {
  enforce: string(0, { doc: "A level." }),
  "enforce-version": string(0, { doc: "Of which version." }),
  audit: string(0, { doc: "A level." }),
  "audit-version": string(0, { doc: "Of which version." }),
  warn: string(0, { doc: "A level." }),
  "warn-version": string(0, { doc: "Of which version." }),
});
const PodSecurityExemptions = struct(at("PodSecurityExemptions"), "Who is not held to anything.", {
  usernames: list(schema.string, 0, { doc: "Users." }),
  namespaces: list(schema.string, 0, { doc: "Namespaces." }),
  runtimeClasses: list(schema.string, 0, { doc: "Of pods." }),
});
const PodSecurityConfiguration = kind(at("PodSecurityConfiguration"), "Levels and exemptions.", {
  defaults: ref(PodSecurityDefaults, 0, { doc: "Where a namespace says nothing." }),
  exemptions: ref(PodSecurityExemptions, 0, { doc: "Who is not held to anything." }),
});

export const podSecurityKind = {
  kind: "PodSecurityConfiguration",
  versions: ["v1", "v1beta1", "v1alpha1"].map((version) => `pod-security.admission.config.k8s.io/${version}`),
  schema: PodSecurityConfiguration,
};

/** Throws everything that is wrong. */
export function readPodSecurity({ defaults = {}, exemptions = {} }: Infer<typeof PodSecurityConfiguration>): PodSecurityConfig {
  const problems = new Problems();
  const standard = (mode: "enforce" | "warn" | "audit") => {
    const [level, version] = [readLevel(defaults[mode] || "privileged"), readMinor(defaults[`${mode}-version`] || "latest")];
    if (typeof level === "object") problems.invalid(`defaults.${mode}`, defaults[mode], level.why);
    if (typeof version === "object") problems.invalid(`defaults.${mode}-version`, defaults[`${mode}-version`], version.why);
    return { level: typeof level === "object" ? ("restricted" as const) : level, minor: typeof version === "object" ? undefined : version };
  };
  const [enforce, warn, audit] = [standard("enforce"), standard("warn"), standard("audit")];
  const exempt = (name: "namespaces" | "runtimeClasses" | "usernames", check: (value: string) => readonly string[]) => {
    const all = exemptions[name] ?? [];
    for (const [i, value] of all.entries()) {
      const wrong = check(value);
      if (wrong.length > 0) problems.invalid(`exemptions.${name}[${i}]`, value, wrong.join(", "));
      else if (all.indexOf(value) < i) problems.duplicate(`exemptions.${name}[${i}]`, value);
    }
    return new Set(all);
  };
  const [namespaces, runtimeClasses] = [exempt("namespaces", checkDns1123Label), exempt("runtimeClasses", checkDns1123Subdomain)];
  const users = exempt("usernames", (name) => (name === "" ? ["username must not be empty"] : []));
  throwAll(problems);
  return { defaults: { enforce, audit, warn }, exempt: { users, namespaces, runtimeClasses } };
}
