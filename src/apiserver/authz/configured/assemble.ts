/** The authorizers that flags or a file name, in their order; another file takes their place while the server runs. */

import { type PolicyRule, readText } from "#api/mod.ts";
import { type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import type { Authorizer, Decision, RequestInfo, User } from "../../contract.ts";
import type { Flags } from "../../settings/flags.ts";
import { followFile } from "../../settings/follow-file.ts";
import { type ReviewClient, reviewClient } from "../../settings/review-client.ts";
import { Abac } from "../abac.ts";
import { decide } from "../reviews.ts";
import { type Checked, type CheckedWebhook, type PlainType, plainTypes, readAuthorizers } from "./check.ts";
import { WebhookAuthorizer } from "./webhook.ts";

interface Parts {
  flags: Flags;
  /** This server's own. */
  node: Authorizer;
  rbac: Authorizer & Partial<Listing>;
  clock: Clock;
  random: Random;
  log: Log;
}

type Asked = Checked | { type: "ABAC"; file: string };

interface Chain {
  authorizers: readonly Authorizer[];
  listings: readonly Listing[];
  clients: readonly ReviewClient[];
  hasWebhook: boolean;
}

/** Who can tell what a user may do. */
interface Listing {
  rulesFor(user: User, namespace: string): PolicyRule[];
}

const isListing = (one: Authorizer): one is Authorizer & Listing => "rulesFor" in one;

const anything: PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];
const always: Record<"AlwaysAllow" | "AlwaysDeny", Authorizer & Partial<Listing>> = {
  AlwaysAllow: { authorize: () => ({ allowed: true }), rulesFor: () => anything },
  AlwaysDeny: { authorize: () => ({ allowed: false, reason: "Everything is forbidden." }) },
};
/** Questions that are under way when the configuration changes end with it. */
const graceMs = 60_000;

export class ConfiguredAuthorizers implements Authorizer {
  readonly #parts: Parts;
  #chain: Chain = { authorizers: [], listings: [], clients: [], hasWebhook: false };
  #stop: (() => void) | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rejects when flags or file cannot be used. */
  async start(): Promise<void> {
    const { flags, clock } = this.#parts;
    const file = flags["authorization-config"];
    if (flags["authorization-policy-file"] && (file || !flags["authorization-mode"].includes("ABAC")))
      throw new Error("cannot specify --authorization-policy-file without mode ABAC");
    if (!file) {
      this.#chain = await this.#opened(fromFlags(flags));
      return;
    }
    const legacy = [...flags.given].some((name) => name === "authorization-mode" || name.startsWith("authorization-webhook-"));
    if (legacy)
      throw new Error(
        "--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined",
      );
    let text = readText(file);
    const first = readAuthorizers(text);
    // What does not come from outside must stay: its absence would be a mistake more often than a wish.
    const required = first.flatMap(({ type }) => (type === "Webhook" ? [] : [type]));
    this.#chain = await this.#opened(first);
    this.#stop = followFile(file, clock, async () => {
      text = await this.#reload(file, text, required);
    });
  }

  authorize(user: User, info: RequestInfo): Promise<Decision> {
    return decide(this.#chain.authorizers, user, info);
  }

  /** Why nobody can list what a user may do; undefined: it can be listed. */
  get unlisted(): string | undefined {
    return this.#chain.hasWebhook ? "webhook authorizer does not support user rule resolution" : undefined;
  }

  /** What those who are asked know of what a user may do. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    return this.#chain.listings.flatMap((one) => one.rulesFor(user, namespace));
  }

  close(): void {
    this.#stop?.();
    for (const client of this.#chain.clients) client.close();
  }

  async #reload(file: string, before: string, required: readonly PlainType[]): Promise<string> {
    const { log, clock } = this.#parts;
    let text = before;
    try {
      text = readText(file);
      if (text === before) return text;
      const next = await this.#opened(readAuthorizers(text, required));
      const old = this.#chain;
      this.#chain = next;
      clock.after(graceMs, () => old.clients.forEach((client) => void client.close()), { background: true });
      log.info("reloaded authz config", { file });
    } catch (error) {
      log.error("reloading authorization config", { file, error: messageOf(error) });
    }
    return text;
  }

  async #opened(checked: readonly Asked[]): Promise<Chain> {
    const clients: ReviewClient[] = [];
    const authorizers: Authorizer[] = [];
    for (const one of checked) {
      if (one.type === "ABAC") authorizers.push(new Abac(one.file));
      else if (one.type === "Webhook") authorizers.push(await this.#webhook(one.webhook, clients));
      else authorizers.push(one.type === "Node" ? this.#parts.node : one.type === "RBAC" ? this.#parts.rbac : always[one.type]);
    }
    return { authorizers, listings: authorizers.filter(isListing), clients, hasWebhook: clients.length > 0 };
  }

  async #webhook({ file, ...webhook }: CheckedWebhook, clients: ReviewClient[]): Promise<Authorizer> {
    const { clock, random } = this.#parts;
    const client = await reviewClient({ file, clock, random });
    clients.push(client);
    return new WebhookAuthorizer({ ...webhook, client, clock });
  }
}

/** ABAC is for flags alone. */
function fromFlags(flags: Flags): Asked[] {
  const modes = flags["authorization-mode"];
  const file = flags["authorization-webhook-config-file"];
  if (modes.length === 0) throw new Error("at least one authorization-mode must be passed");
  const policies = flags["authorization-policy-file"];
  if (modes.includes("ABAC") && !policies) throw new Error("authorization-mode ABAC's authorization policy file not passed");
  for (const mode of modes)
    if (mode !== "Webhook" && mode !== "ABAC" && !plainTypes.includes(mode as PlainType))
      throw new Error(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`);
  if (modes.includes("Webhook") && !file) throw new Error("authorization-mode Webhook's authorization config file not passed");
  if (file && !modes.includes("Webhook")) throw new Error("cannot specify --authorization-webhook-config-file without mode Webhook");
  if (new Set(modes).size < modes.length)
    throw new Error(`authorization-mode [${modes.map((mode) => JSON.stringify(mode)).join(" ")}] has mode specified more than once`);
  const version = flags["authorization-webhook-version"];
  if (version !== "v1" && version !== "v1beta1")
    throw new Error(`unsupported webhook authorizer version ${JSON.stringify(version)}, supported versions are "v1", "v1beta1"`);
  const webhook: CheckedWebhook = {
    name: "default",
    file: file ?? "",
    version,
    timeoutMs: 30_000,
    allowedMs: flags["authorization-webhook-cache-authorized-ttl"],
    otherMs: flags["authorization-webhook-cache-unauthorized-ttl"],
    conditions: [],
    deniesOnError: false,
  };
  return modes.map((mode) => {
    if (mode === "ABAC") return { type: mode, file: policies! };
    return mode === "Webhook" ? { type: mode, webhook } : { type: mode as PlainType };
  });
}
