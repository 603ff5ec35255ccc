/** `auth can-i` and `auth whoami`: what the server lets this user do, and who it thinks that is. */
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, Exit, isForbidden, isNotFound } from "../../failure.ts";
import { bool, text } from "../../input/flags.ts";
import { objectPrinter, printFlags } from "../../print/printers.ts";
import { alignRows } from "../../print/tab-writer.ts";
import type { KObject } from "../../print/values.ts";
import { ruleKey } from "../../rules.ts";

const verbs = new Set([
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
  "use",
  "bind",
  "impersonate",
  "escalate",
  "approve",
  "sign",
  "attest",
  "*",
]);

export const canI: Command = {
  use: "auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
  long: "Check whether an action is allowed.\n\n VERB is a Kubernetes API verb or an HTTP verb; a NONRESOURCEURL starts with '/'.",
  examples: "kubectl auth can-i create pods --all-namespaces\nkubectl auth can-i list deployments.apps\nkubectl auth can-i --list",
  flags: [
    bool("all-namespaces|A", "If true, check the specified action in all namespaces."),
    bool("list", "If true, prints all allowed actions."),
    bool("no-headers", "If true, prints allowed actions without headers"),
    bool("quiet|q", "If true, suppress output and just return the exit code."),
    text("subresource", "SubResource such as pod/log or deployment/scale"),
  ],
  async run(session) {
    const { flags, args } = session;
    if (flags.bool("list")) {
      if (args.length > 0) throw new CliError("list option must be specified with no arguments");
      await session.clientTarget();
      if (flags.bool("quiet") || flags.bool("all-namespaces") || flags.text("subresource"))
        throw new CliError("list option can't be specified with neither quiet, all-namespaces nor subresource options");
      return list(session);
    }
    if (args.length !== 2)
      throw new CliError(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      );
    const [verb, target] = args;
    const quiet = flags.bool("quiet");
    const spec: Record<string, unknown> = {};
    const everywhere = flags.bool("all-namespaces");
    if (target.startsWith("/")) {
      await session.clientTarget();
      if (flags.text("subresource")) throw new CliError("--subresource can not be used with NonResourceURL");
      if (!["get", "post", "put", "patch", "delete", "head", "options", "*"].includes(verb))
        session.err(`Warning: verb '${verb}' is not a known verb\n\n`);
      spec.nonResourceAttributes = { path: target, verb };
    } else {
      const [type, name] = target.split("/");
      const found = type === "*" ? undefined : ((await session.mapper()).find(type) ?? (await session.freshMapper()).find(type));
      if (!found && type !== "*") {
        const [resource, ...group] = type.split(".");
        session.err(
          group.length > 0
            ? `Warning: the server doesn't have a resource type '${resource}' in group '${group.join(".")}'\n\n`
            : `Warning: the server doesn't have a resource type '${resource}'\n\n`,
        );
      }
      if (found && !found.namespaced && !everywhere)
        session.err(`Warning: resource '${found.name}' is not namespace scoped${found.group ? ` in group '${found.group}'` : ""}\n\n`);
      if (!verbs.has(verb) && !everywhere) session.err(`Warning: verb '${verb}' is not a known verb\n\n`);
      const namespace = everywhere ? "" : await session.namespace();
      spec.resourceAttributes = {
        namespace,
        verb,
        group: found?.group ?? type.split(".").slice(1).join("."),
        resource: found?.name ?? type.split(".")[0],
        subresource: flags.text("subresource") || undefined,
        name,
      };
    }
    if (flags.bool("no-headers")) throw new CliError("--no-headers cannot be set without --list specified");
    const rest = await session.rest();
    const answer = await rest.json<KObject>({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec },
    });
    const { allowed, reason, evaluationError } = answer.status;
    if (!quiet)
      session.line(
        `${allowed ? "yes" : "no"}${!allowed && reason ? ` - ${reason}` : ""}${!allowed && evaluationError ? ` - ${evaluationError}` : ""}`,
      );
    if (!allowed) throw new Exit(1);
  },
};

interface Rules {
  resourceRules: { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[];
  nonResourceRules: { verbs: string[]; nonResourceURLs?: string[] }[];
  incomplete?: boolean;
  evaluationError?: string;
}

async function list(session: Session): Promise<void> {
  const rest = await session.rest();
  const answer = await rest.json<{ status: Rules }>({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace: await session.namespace() } },
  });
  const { resourceRules = [], nonResourceRules = [], incomplete, evaluationError } = answer.status;
  if (incomplete) session.err(`warning: the list may be incomplete${evaluationError ? `: ${evaluationError}` : ""}\n`);
  const bracket = (values: string[] | undefined) => `[${(values ?? []).join(" ")}]`;
  const rows: { key: string; cells: string[] }[] = [];
  for (const rule of resourceRules) {
    for (const group of rule.apiGroups ?? [""]) {
      for (const resource of rule.resources ?? []) {
        const [base, ...sub] = resource.split("/");
        const shown = group === "" ? resource : `${base}.${group}${sub.length > 0 ? `/${sub.join("/")}` : ""}`;
        rows.push({
          key: ruleKey({ verbs: rule.verbs, group, resource, name: rule.resourceNames?.join(" ") }),
          cells: [shown, "[]", bracket(rule.resourceNames), bracket(rule.verbs)],
        });
      }
    }
  }
  for (const rule of nonResourceRules)
    for (const url of rule.nonResourceURLs ?? [])
      rows.push({ key: ruleKey({ verbs: rule.verbs, url }), cells: ["", bracket([url]), "[]", bracket(rule.verbs)] });
  const head = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"];
  const cells = rows.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map((row) => row.cells);
  session.out(alignRows(session.flags.bool("no-headers") ? cells : [head, ...cells]));
}

export const whoami: Command = {
  use: "auth whoami",
  long: "Experimental: Check who you are and your attributes (groups, extra).",
  flags: printFlags,
  async run(session) {
    const rest = await session.rest();
    // A template alone asks for no other form than the table.
    const printer = session.flags.given("output") ? await objectPrinter(session, [], { typed: true }) : undefined;
    const answer = await rest
      .json<KObject>({
        method: "POST",
        path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview", metadata: {} },
      })
      .catch((error: unknown) => {
        if (isForbidden(error))
          throw new CliError("the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it");
        if (isNotFound(error)) throw new CliError("the selfsubjectreviews API is not enabled in the cluster");
        throw error;
      });
    if (printer) return session.out(printer(answer));
    const { userInfo } = answer.status;
    const rows = [["ATTRIBUTE", "VALUE"]];
    if (userInfo.username) rows.push(["Username", userInfo.username]);
    if (userInfo.uid) rows.push(["UID", userInfo.uid]);
    if (userInfo.groups?.length) rows.push(["Groups", `[${userInfo.groups.join(" ")}]`]);
    for (const key of Object.keys(userInfo.extra ?? {}).sort()) rows.push([`Extra: ${key}`, `[${userInfo.extra[key].join(" ")}]`]);
    session.out(alignRows(rows));
  },
};
