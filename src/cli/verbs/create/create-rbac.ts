/** `create role`, `rolebinding` and their cluster-wide sisters. */

import { unmatched } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { list, text, texts } from "../../input/flags.ts";
import { generator } from "../../input/generate.ts";
import type { KObject } from "../../print/values.ts";

const ruleFlags = [
  list("verb", "Verb that applies to the resources contained in the rule"),
  list("resource", "Resource that the rule applies to"),
  texts("resource-name", "Name of one object that the rule applies to; may be repeated."),
];

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const standardVerbs = new Set(
  "* get delete list create update patch watch proxy deletecollection use bind escalate impersonate".split(" "),
);
const urlVerbs = new Set("* get post put delete patch head options".split(" "));
const rbacKinds = ["roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"];
/** Verbs that mean something for a few resources only, some of which the server does not list. */
const specialVerbs: Record<string, readonly string[]> = {
  use: ["podsecuritypolicies.policy", "podsecuritypolicies.extensions"],
  bind: rbacKinds,
  escalate: rbacKinds,
  impersonate: ["users", "serviceaccounts", "groups", "userextras.authentication.k8s.io"],
};

function checkVerbs(session: Session): void {
  if (session.flags.list("resource").length === 0) return;
  for (const verb of session.flags.list("verb"))
    if (!standardVerbs.has(verb)) session.err(`Warning: '${verb}' is not a standard resource verb\n`);
}

function checkUrls(urls: readonly string[], verbs: readonly string[]): void {
  if (urls.length === 0) return;
  const odd = verbs.find((verb) => !urlVerbs.has(verb));
  if (odd !== undefined) throw new CliError(`invalid verb: '${odd}' for nonResourceURL`);
  for (const url of urls) {
    if (url === "*") continue;
    if (!url.startsWith("/")) throw new CliError("nonResourceURL should start with /");
    if (url.slice(0, -1).includes("*")) throw new CliError("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
}

/** By its name in the server's lists; a special verb names its resources itself. */
async function resourceOf(session: Session, word: string, verbs: readonly string[]): Promise<{ name: string; group: string }> {
  const dot = word.indexOf(".");
  const [name, group] = dot < 0 ? [word, ""] : [word.slice(0, dot), word.slice(dot + 1)];
  if (name === "") throw new CliError("resource must be specified if apiGroup/subresource specified");
  if (name === "*") return { name, group };
  const found = (await session.mapper()).resourceOf(word) ?? (await session.freshMapper()).resourceOf(word);
  const resource = found ? { name: found.name, group: found.group } : { name, group };
  let known = found !== undefined;
  for (const verb of verbs) {
    const meant = specialVerbs[verb];
    if (!meant) continue;
    if (!meant.includes(resource.group ? `${resource.name}.${resource.group}` : resource.name))
      throw new CliError(`can not perform '${verb}' on '${resource.name}' in group '${resource.group}'`);
    known = true;
  }
  if (!known) throw unmatched(word);
  return resource;
}

/** One rule for each API group that the resources belong to. */
async function resourceRules(session: Session): Promise<Rule[]> {
  const { flags } = session;
  const verbs = [...new Set(flags.list("verb"))];
  const resourceNames = flags.list("resource-name");
  const groups = new Map<string, string[]>();
  const words = flags.list("resource");
  // A bare star stands for all that is named beside it.
  for (const word of words.includes("*") ? ["*"] : words) {
    const [full, subresource] = word.split("/");
    const resource = await resourceOf(session, full ?? "", verbs);
    const name = subresource ? `${resource.name}/${subresource}` : resource.name;
    groups.set(resource.group, [...new Set([...(groups.get(resource.group) ?? []), name])]);
  }
  return [...groups].map(([group, resources]) => ({
    apiGroups: [group],
    resources,
    ...(resourceNames.length > 0 ? { resourceNames } : {}),
    verbs: verbs.includes("*") ? ["*"] : verbs,
  }));
}

export const role = generator({
  use: "create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]",
  long: "Create a role with single rule.",
  flags: ruleFlags,
  async build(session, name) {
    const { flags } = session;
    if (flags.list("verb").length === 0) throw new CliError("at least one verb must be specified");
    if (flags.list("resource").length === 0) throw new CliError("at least one resource must be specified");
    checkVerbs(session);
    return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name }, rules: await resourceRules(session) };
  },
});

export const clusterRole = generator({
  use: "create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]",
  long: "Create a cluster role.",
  flags: [
    ...ruleFlags,
    list("non-resource-url", "A partial URL that the rule applies to."),
    text("aggregation-rule", "A label selector for the cluster roles to combine.", "", { unquoted: true }),
  ],
  clusterWide: true,
  async build(session, name) {
    const { flags } = session;
    const head = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name } };
    const aggregate = flags.text("aggregation-rule");
    if (aggregate) {
      if (["verb", "resource", "non-resource-url", "resource-name"].some((name) => flags.list(name).length > 0))
        throw new CliError("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames");
      return {
        ...head,
        aggregationRule: {
          clusterRoleSelectors: [{ matchLabels: Object.fromEntries(aggregate.split(",").map((pair) => pair.split("="))) }],
        },
        rules: null,
      } as KObject;
    }
    if (flags.list("verb").length === 0) throw new CliError("at least one verb must be specified");
    const urls = flags.list("non-resource-url");
    if (flags.list("resource").length === 0 && urls.length === 0) throw new CliError("one of resource or nonResourceURL must be specified");
    checkVerbs(session);
    checkUrls(urls, flags.list("verb"));
    return {
      ...head,
      rules: [...(await resourceRules(session)), ...(urls.length > 0 ? [{ nonResourceURLs: urls, verbs: flags.list("verb") }] : [])],
    };
  },
});

const bindingFlags = [
  texts("user", "User names to bind to the role; may be repeated."),
  texts("group", "Groups to bind to the role; may be repeated."),
  texts("serviceaccount", "Service accounts to bind to the role, in the format <namespace>:<name>; may be repeated."),
];

/** The global --user names a kubeconfig user; here it names a subject, as upstream has it. */
function subjects(session: Session): object[] {
  const { flags } = session;
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    ...flags.list("user").map((name) => ({ kind: "User", apiGroup, name })),
    ...flags.list("group").map((name) => ({ kind: "Group", apiGroup, name })),
    ...flags.list("serviceaccount").map((account) => {
      const parts = account.split(":");
      if (parts.length !== 2 || parts.includes("")) throw new CliError("serviceaccount must be <namespace>:<name>");
      return { kind: "ServiceAccount", name: parts[1], namespace: parts[0] };
    }),
  ];
}

function binding(kind: string, name: string, at: { roleKind: string; roleName: string; subjects: object[] }): KObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: at.roleKind, name: at.roleName },
    ...(at.subjects.length > 0 ? { subjects: at.subjects } : {}),
  };
}

export const roleBinding = generator({
  failure: "failed to create rolebinding:",
  use: "create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
  long: "Create a role binding for a particular role or cluster role.",
  flags: [
    ...bindingFlags,
    text("role", "Role this RoleBinding should reference"),
    text("clusterrole", "ClusterRole this RoleBinding should reference"),
  ],
  build(session, name) {
    const [role_, cluster] = [session.flags.text("role"), session.flags.text("clusterrole")];
    if ((role_ === "") === (cluster === "")) throw new CliError("exactly one of clusterrole or role must be specified");
    return binding("RoleBinding", name, {
      roleKind: role_ ? "Role" : "ClusterRole",
      roleName: role_ || cluster,
      subjects: subjects(session),
    });
  },
});

export const clusterRoleBinding = generator({
  failure: "failed to create clusterrolebinding:",
  required: ["clusterrole"],
  use: "create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
  long: "Create a cluster role binding for a particular cluster role.",
  flags: [...bindingFlags, text("clusterrole", "ClusterRole this ClusterRoleBinding should reference")],
  clusterWide: true,
  build(session, name) {
    const cluster = session.flags.text("clusterrole");
    return binding("ClusterRoleBinding", name, { roleKind: "ClusterRole", roleName: cluster, subjects: subjects(session) });
  },
});
