/** The audit log as flags describe it: a policy, and where events go. Without both there is none, and it costs nothing. */

import { readText } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import { messageOf } from "#base/mod.ts";
import type { RequestInfo, User } from "../contract.ts";
import type { ServerRequest } from "../request/call.ts";
import type { Flags } from "../settings/flags.ts";
import { reviewClient } from "../settings/review-client.ts";
import { AuditEvent } from "./event.ts";
import { LogFile } from "./log-file.ts";
import { type Judge, readPolicy } from "./policy.ts";
import {
  all,
  type Backend,
  batched,
  blocking,
  type Lost,
  logBackend,
  lostCounter,
  type Mode,
  modes,
  type Opened,
  truncating,
  webhookBackend,
} from "./sinks.ts";

export interface Audit {
  /** Undefined: the policy wants nothing of it recorded. `user`: who sent it; absent: nobody knows. */
  begin(request: ServerRequest, info: RequestInfo, user: User | undefined): AuditEvent | undefined;
  /** Lines for /metrics. */
  lines(): string[];
  close(): Promise<void>;
}

interface Parts {
  clock: Clock;
  random: Random;
  log: Log;
}

type Plugin = "log" | "webhook";
const version = "audit.k8s.io/v1";
/** Of the webhook: more batches than this at once would only make it slower. */
const mostSending = { log: 1, webhook: 50 } as const;

/** Rejects when a flag, the policy or the webhook's file cannot be used. */
export async function openAudit(flags: Flags, parts: Parts): Promise<Audit | undefined> {
  const { clock, random, log } = parts;
  for (const plugin of ["log", "webhook"] as const) checkFlags(flags, plugin);
  const { lost, lines } = lostCounter(log);
  const path = flags["audit-log-path"];
  const webhook = flags["audit-webhook-config-file"];
  const policy = flags["audit-policy-file"];
  if (!policy) {
    if (path || webhook) log.warn("no audit policy file is given: no events will be recorded");
    return undefined;
  }
  const judge = policyOf(policy, log);
  if (!path && !webhook) return undefined;
  const opened: Opened[] = [];
  const closers: (() => Promise<void> | void)[] = [];
  if (path) {
    const file = path === "-" ? { write: (text: string) => void process.stdout.write(text), close() {} } : openFile(path, flags, parts);
    closers.push(() => file.close());
    opened.push(over(logBackend(file, flags["audit-log-format"] as "json" | "legacy"), "log", flags, { clock, lost }));
  }
  if (webhook) {
    const client = await reviewClient({ file: webhook, clock, random });
    closers.push(() => client.close());
    const backend = webhookBackend(client, { clock, random, firstWaitMs: flags["audit-webhook-initial-backoff"] });
    opened.push(over(backend, "webhook", flags, { clock, lost }));
  }
  const { sink, close } = all(opened);
  return {
    ...recorder({ judge, sink, lines, parts }),
    async close() {
      await close();
      for (const end of closers) await end();
    },
  };
}

function recorder({
  judge,
  sink,
  lines,
  parts: { clock, random },
}: {
  judge: Judge;
  sink: Opened["sink"];
  lines(): string[];
  parts: Parts;
}) {
  let events = 0;
  const levels = new Map<string, number>();
  return {
    begin(request: ServerRequest, info: RequestInfo, user: User | undefined): AuditEvent | undefined {
      const ruling = judge(user, info);
      levels.set(ruling.level, (levels.get(ruling.level) ?? 0) + 1);
      if (ruling.level === "None") return undefined;
      const given = [request.headers["audit-id"] ?? []].flat()[0];
      const counted: Opened["sink"] = (event) => {
        events++;
        return sink(event);
      };
      return new AuditEvent({ id: given || random.uuid(), ruling, request, info, user, clock, sink: counted });
    },
    lines: () => [
      "# HELP apiserver_audit_event_total Audit events that were made.",
      "# TYPE apiserver_audit_event_total counter",
      `apiserver_audit_event_total ${events}`,
      "# HELP apiserver_audit_level_total Requests by what the policy wants recorded of them.",
      "# TYPE apiserver_audit_level_total counter",
      ...[...levels].map(([level, count]) => `apiserver_audit_level_total{level="${level}"} ${count}`),
      ...lines(),
    ],
  };
}

function policyOf(file: string, log: Log): Judge {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new Error(`loading audit policy file: failed to read file path ${JSON.stringify(file)}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return readPolicy(text, (problem) => log.warn("the audit policy says what nobody knows", { file, problem }));
  } catch (error) {
    throw new Error(`loading audit policy file: ${messageOf(error)}: from file ${file}`, { cause: error });
  }
}

function openFile(path: string, flags: Flags, { clock, log }: Parts): LogFile {
  return new LogFile({
    path,
    // As upstream's writer takes it: nothing said is its own default.
    maxSize: flags["audit-log-maxsize"] || 100,
    maxAge: flags["audit-log-maxage"],
    maxBackups: flags["audit-log-maxbackup"],
    compress: flags["audit-log-compress"],
    clock,
    log,
  });
}

function over(backend: Backend, plugin: Plugin, flags: Flags, { clock, lost }: { clock: Clock; lost: Lost }): Opened {
  const fitted = flags[`audit-${plugin}-truncate-enabled`]
    ? truncating(
        backend,
        {
          maxEventSize: flags[`audit-${plugin}-truncate-max-event-size`],
          maxBatchSize: flags[`audit-${plugin}-truncate-max-batch-size`],
        },
        lost,
      )
    : backend;
  const mode = flags[`audit-${plugin}-mode`] as Mode;
  if (mode !== "batch") return blocking(fitted, plugin, mode === "blocking-strict", lost);
  const batching = {
    bufferSize: flags[`audit-${plugin}-batch-buffer-size`],
    maxSize: flags[`audit-${plugin}-batch-max-size`],
    maxWaitMs: flags[`audit-${plugin}-batch-max-wait`],
    ...(flags[`audit-${plugin}-batch-throttle-enable`]
      ? { throttle: { qps: flags[`audit-${plugin}-batch-throttle-qps`], burst: flags[`audit-${plugin}-batch-throttle-burst`] } }
      : {}),
    mostSending: mostSending[plugin],
  };
  return batched(fitted, plugin, batching, { clock, lost });
}

function checkFlags(flags: Flags, plugin: Plugin): void {
  const of = plugin === "log" ? flags["audit-log-path"] : flags["audit-webhook-config-file"];
  if (!of) return;
  const mode = flags[`audit-${plugin}-mode`];
  if (!modes.includes(mode)) throw new Error(`invalid audit ${plugin} mode ${mode}, allowed modes are ${JSON.stringify(modes.join(","))}`);
  const positive = (what: string, value: number) => {
    if (!(value > 0)) throw new Error(`invalid audit ${what} ${value}, must be a positive number`);
  };
  if (mode === "batch") {
    positive(`batch ${plugin} buffer size`, flags[`audit-${plugin}-batch-buffer-size`]);
    positive(`batch ${plugin} max batch size`, flags[`audit-${plugin}-batch-max-size`]);
    if (flags[`audit-${plugin}-batch-throttle-enable`]) {
      positive(`batch ${plugin} throttle QPS`, flags[`audit-${plugin}-batch-throttle-qps`]);
      positive(`batch ${plugin} throttle burst`, flags[`audit-${plugin}-batch-throttle-burst`]);
    }
  }
  const [event, batch] = [flags[`audit-${plugin}-truncate-max-event-size`], flags[`audit-${plugin}-truncate-max-batch-size`]];
  positive(`truncate ${plugin} max event size`, event);
  if (batch < event)
    throw new Error(`invalid audit truncate ${plugin} max batch size ${batch}, must be greater than max event size (${event})`);
  if (flags[`audit-${plugin}-version`] !== version)
    throw new Error(`invalid group version, allowed versions are [${JSON.stringify(version)}]`);
  if (plugin === "webhook") return;
  const format = flags["audit-log-format"];
  if (format !== "json" && format !== "legacy")
    throw new Error(`invalid audit log format ${format}, allowed formats are ${JSON.stringify("legacy,json")}`);
  for (const name of ["maxage", "maxbackup", "maxsize"] as const)
    if (flags[`audit-log-${name}`] < 0) throw new Error(`--audit-log-${name} ${flags[`audit-log-${name}`]} can't be a negative number`);
}
