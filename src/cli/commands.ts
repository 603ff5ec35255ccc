/** The tree of commands: names and one-liners only; a verb's file is loaded when it runs. */
import type { Node } from "./command.ts";

const beginner = "Basic Commands (Beginner)";
const intermediate = "Basic Commands (Intermediate)";
const deploy = "Deploy Commands";
const cluster = "Cluster Management Commands";
const trouble = "Troubleshooting and Debugging Commands";
const advanced = "Advanced Commands";
const settings = "Settings Commands";
const other = "Other Commands";
/** Under a heading of their own: upstream's kubectl has none of them. */
const spokes = "Commands of Spoke";

const create = () => import("./verbs/create/create.ts");
const createWorkloads = () => import("./verbs/create/workloads.ts");
const createPolicies = () => import("./verbs/create/policies.ts");
const createData = () => import("./verbs/create/data.ts");
const createServices = () => import("./verbs/create/services.ts");
const rbac = () => import("./verbs/create/create-rbac.ts");
const set = () => import("./verbs/change/set.ts");
const setEnv = () => import("./verbs/change/set-env.ts");
const rollout = () => import("./verbs/rollout/rollout.ts");
const config = () => import("./verbs/config/config.ts");
const auth = () => import("./verbs/auth/auth.ts");
const small = () => import("./verbs/small.ts");
const drain = () => import("./verbs/nodes/drain.ts");
const clusterInfo = () => import("./verbs/cluster/cluster-info.ts");

export const commands: Record<string, Node> = {
  create: {
    short: "Create a resource from a file or from stdin",
    group: beginner,
    load: create,
    sub: {
      clusterrole: { short: "Create a cluster role", load: rbac, export: "clusterRole" },
      clusterrolebinding: {
        short: "Create a cluster role binding for a particular cluster role",
        load: rbac,
        export: "clusterRoleBinding",
      },
      configmap: {
        short: "Create a config map from a local file, directory or literal value",
        aliases: ["cm"],
        load: createData,
        export: "configMap",
      },
      cronjob: { short: "Create a cron job with the specified name", aliases: ["cj"], load: createWorkloads, export: "cronJob" },
      deployment: {
        short: "Create a deployment with the specified name",
        aliases: ["deploy"],
        load: createWorkloads,
        export: "deployment",
      },
      ingress: { short: "Create an ingress with the specified name", aliases: ["ing"], load: createPolicies, export: "ingress" },
      job: { short: "Create a job with the specified name", load: createWorkloads, export: "job" },
      namespace: { short: "Create a namespace with the specified name", aliases: ["ns"], load: createPolicies, export: "namespace" },
      poddisruptionbudget: {
        short: "Create a pod disruption budget with the specified name",
        aliases: ["pdb"],
        load: createPolicies,
        export: "podDisruptionBudget",
      },
      priorityclass: {
        short: "Create a priority class with the specified name",
        aliases: ["pc"],
        load: createPolicies,
        export: "priorityClass",
      },
      quota: { short: "Create a quota with the specified name", aliases: ["resourcequota"], load: createPolicies, export: "quota" },
      role: { short: "Create a role with single rule", load: rbac, export: "role" },
      rolebinding: { short: "Create a role binding for a particular role or cluster role", load: rbac, export: "roleBinding" },
      secret: {
        alone: "stderr",
        usage: "(docker-registry | generic | tls)",
        short: "Create a secret using a specified subcommand",
        sub: {
          "docker-registry": { short: "Create a secret for use with a Docker registry", load: createData, export: "secretDockerRegistry" },
          generic: { short: "Create a secret from a local file, directory, or literal value", load: createData, export: "secretGeneric" },
          tls: { short: "Create a TLS secret", load: createData, export: "secretTls" },
        },
      },
      service: {
        alone: "stderr",
        usage: "[flags]",
        showAliases: true,
        short: "Create a service using a specified subcommand",
        aliases: ["svc"],
        sub: {
          clusterip: { short: "Create a ClusterIP service", load: createServices, export: "serviceClusterIp" },
          externalname: { short: "Create an ExternalName service", load: createServices, export: "serviceExternalName" },
          loadbalancer: { short: "Create a LoadBalancer service", load: createServices, export: "serviceLoadBalancer" },
          nodeport: { short: "Create a NodePort service", load: createServices, export: "serviceNodePort" },
        },
      },
      serviceaccount: {
        short: "Create a service account with the specified name",
        aliases: ["sa"],
        load: createPolicies,
        export: "serviceAccount",
      },
      token: { short: "Request a service account token", load: createPolicies, export: "token" },
    },
  },
  expose: {
    short: "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    group: beginner,
    load: () => import("./verbs/expose.ts"),
  },
  run: { short: "Run a particular image on the cluster", group: beginner, load: () => import("./verbs/run.ts") },
  set: {
    alone: "stderr",
    short: "Set specific features on objects",
    group: beginner,
    sub: {
      env: { short: "Update environment variables on a pod template", load: setEnv, export: "env" },
      image: { short: "Update the image of a pod template", load: set, export: "image" },
      resources: { short: "Update resource requests/limits on objects with pod templates", load: set, export: "resources" },
      selector: { short: "Set the selector on a resource", load: set, export: "selector" },
      serviceaccount: { short: "Update the service account of a resource", aliases: ["sa"], load: set, export: "serviceAccount" },
      subject: {
        short: "Update the user, group, or service account in a role binding or cluster role binding",
        load: set,
        export: "subject",
      },
    },
  },
  explain: { short: "Get documentation for a resource", group: intermediate, load: () => import("./verbs/explain.ts") },
  get: { short: "Display one or many resources", group: intermediate, load: () => import("./verbs/get/get.ts") },
  edit: { short: "Edit a resource on the server", group: intermediate, load: () => import("./verbs/change/edit.ts") },
  delete: {
    short: "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    group: intermediate,
    load: () => import("./verbs/delete.ts"),
  },
  rollout: {
    alone: "stdout",
    short: "Manage the rollout of a resource",
    group: deploy,
    sub: {
      history: { short: "View rollout history", load: rollout, export: "history" },
      pause: { short: "Mark the provided resource as paused", load: rollout, export: "pause" },
      restart: { short: "Restart a resource", load: rollout, export: "restart" },
      resume: { short: "Resume a paused resource", load: rollout, export: "resume" },
      status: { short: "Show the status of the rollout", load: () => import("./verbs/rollout/rollout-status.ts") },
      undo: { short: "Undo a previous rollout", load: rollout, export: "undo" },
    },
  },
  scale: {
    short: "Set a new size for a deployment, replica set, or replication controller",
    group: deploy,
    load: () => import("./verbs/change/scale.ts"),
  },
  autoscale: {
    short: "Auto-scale a deployment, replica set, stateful set, or replication controller",
    group: deploy,
    load: small,
    export: "autoscale",
  },
  certificate: {
    short: "Modify certificate resources",
    group: cluster,
    sub: {
      approve: { short: "Approve a certificate signing request", load: small, export: "certificateApprove" },
      deny: { short: "Deny a certificate signing request", load: small, export: "certificateDeny" },
    },
  },
  "cluster-info": {
    short: "Display cluster information",
    group: cluster,
    aliases: ["clusterinfo"],
    load: clusterInfo,
    anyArguments: true,
    sub: {
      dump: {
        short: "Dump relevant information for debugging and diagnosis",
        load: () => import("./verbs/cluster/cluster-dump.ts"),
        export: "dump",
      },
    },
  },
  top: {
    alone: "stderr",
    usage: "[flags]",
    short: "Display resource (CPU/memory) usage",
    group: cluster,
    sub: {
      node: {
        short: "Display resource (CPU/memory) usage of nodes",
        aliases: ["nodes", "no"],
        load: () => import("./verbs/nodes/top.ts"),
        export: "node",
      },
      pod: {
        short: "Display resource (CPU/memory) usage of pods",
        aliases: ["pods", "po"],
        load: () => import("./verbs/nodes/top.ts"),
        export: "pod",
      },
    },
  },
  cordon: { short: "Mark node as unschedulable", group: cluster, load: drain, export: "cordon" },
  uncordon: { short: "Mark node as schedulable", group: cluster, load: drain, export: "uncordon" },
  drain: { short: "Drain node in preparation for maintenance", group: cluster, load: drain, export: "drain" },
  taint: { short: "Update the taints on one or more nodes", group: cluster, load: () => import("./verbs/nodes/taint.ts") },
  describe: {
    short: "Show details of a specific resource or group of resources",
    group: trouble,
    load: () => import("./verbs/describe.ts"),
  },
  logs: {
    short: "Print the logs for a container in a pod",
    group: trouble,
    load: () => import("./verbs/streams/logs.ts"),
  },
  attach: { short: "Attach to a running container", group: trouble, load: () => import("./verbs/streams/exec.ts"), export: "attach" },
  exec: { short: "Execute a command in a container", group: trouble, load: () => import("./verbs/streams/exec.ts"), export: "exec" },
  "port-forward": {
    short: "Forward one or more local ports to a pod",
    group: trouble,
    load: () => import("./verbs/streams/port-forward.ts"),
  },
  proxy: { short: "Run a proxy to the Kubernetes API server", group: trouble, load: () => import("./verbs/streams/proxy.ts") },
  cp: { short: "Copy files and directories to and from containers", group: trouble, load: () => import("./verbs/cp/cp.ts") },
  auth: {
    alone: "stderr",
    usage: "[flags]",
    short: "Inspect authorization",
    group: trouble,
    sub: {
      "can-i": { short: "Check whether an action is allowed", load: auth, export: "canI" },
      reconcile: {
        short: "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
        load: () => import("./verbs/auth/reconcile.ts"),
        export: "reconcile",
      },
      whoami: { short: "Experimental: Check self subject attributes", load: auth, export: "whoami" },
    },
  },
  debug: {
    short: "Create debugging sessions for troubleshooting workloads and nodes",
    group: trouble,
    load: () => import("./verbs/debug/debug.ts"),
  },
  neat: { short: "Print objects as somebody would write them", group: spokes, load: () => import("./verbs/neat.ts") },
  tree: { short: "Show an object with everything that it owns", group: spokes, load: () => import("./verbs/tree.ts") },
  why: { short: "Tell why objects are not as they were asked to be", group: spokes, load: () => import("./verbs/why.ts") },
  events: { short: "List events", group: trouble, load: () => import("./verbs/cluster/events.ts") },
  diff: {
    short: "Diff the live version against a would-be applied version",
    group: advanced,
    load: () => import("./verbs/change/diff.ts"),
  },
  apply: {
    short: "Apply a configuration to a resource by file name or stdin",
    group: advanced,
    load: () => import("./verbs/apply/apply.ts"),
    sub: {
      "edit-last-applied": {
        short: "Edit latest last-applied-configuration annotations of a resource/object",
        load: () => import("./verbs/apply/apply-edit.ts"),
        export: "editLast",
      },
      "set-last-applied": {
        short: "Set the last-applied-configuration annotation on a live object to match the contents of a file",
        load: () => import("./verbs/apply/apply-last.ts"),
        export: "setLast",
      },
      "view-last-applied": {
        short: "View the latest last-applied-configuration annotations of a resource/object",
        load: () => import("./verbs/apply/apply-last.ts"),
        export: "viewLast",
      },
    },
  },
  patch: { short: "Update fields of a resource", group: advanced, load: () => import("./verbs/change/patch.ts") },
  replace: { short: "Replace a resource by file name or stdin", group: advanced, load: () => import("./verbs/change/replace.ts") },
  wait: { short: "Wait for a specific condition on one or many resources", group: advanced, load: () => import("./verbs/wait.ts") },
  kustomize: { short: "Build a kustomization target from a directory or URL", group: advanced, load: () => import("./verbs/kustomize.ts") },
  label: { short: "Update the labels on a resource", group: settings, load: () => import("./verbs/change/label.ts"), export: "label" },
  annotate: {
    short: "Update the annotations on a resource",
    group: settings,
    load: () => import("./verbs/change/label.ts"),
    export: "annotate",
  },
  completion: {
    short: "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
    group: settings,
    load: () => import("./verbs/completion.ts"),
  },
  "api-resources": {
    short: "Print the supported API resources on the server",
    group: other,
    load: () => import("./verbs/cluster/api-resources.ts"),
  },
  "api-versions": {
    short: 'Print the supported API versions on the server, in the form of "group/version"',
    group: other,
    load: small,
    export: "apiVersions",
  },
  config: {
    alone: "stderr",
    short: "Modify kubeconfig files",
    group: other,
    sub: {
      "current-context": { short: "Display the current-context", load: config, export: "currentContext" },
      "delete-cluster": { short: "Delete the specified cluster from the kubeconfig", load: config, export: "deleteCluster" },
      "delete-context": { short: "Delete the specified context from the kubeconfig", load: config, export: "deleteContext" },
      "delete-user": { short: "Delete the specified user from the kubeconfig", load: config, export: "deleteUser" },
      "get-clusters": { short: "Display clusters defined in the kubeconfig", load: config, export: "getClusters" },
      "get-contexts": { short: "Describe one or many contexts", load: config, export: "getContexts" },
      "get-users": { short: "Display users defined in the kubeconfig", load: config, export: "getUsers" },
      "rename-context": { short: "Rename a context from the kubeconfig file", load: config, export: "renameContext" },
      set: { short: "Set an individual value in a kubeconfig file", load: config, export: "set" },
      "set-cluster": { short: "Set a cluster entry in kubeconfig", load: config, export: "setCluster" },
      "set-context": { short: "Set a context entry in kubeconfig", load: config, export: "setContext" },
      "set-credentials": { short: "Set a user entry in kubeconfig", load: config, export: "setCredentials" },
      unset: { short: "Unset an individual value in a kubeconfig file", load: config, export: "unset" },
      "use-context": { short: "Set the current-context in a kubeconfig file", aliases: ["use"], load: config, export: "useContext" },
      view: {
        short: "Display merged kubeconfig settings or a specified kubeconfig file",
        load: () => import("./verbs/config/view.ts"),
        export: "view",
      },
    },
  },
  kuberc: {
    alone: "stderr",
    short: "Manage kuberc configuration files",
    group: other,
    sub: {
      set: { short: "Set values in the kuberc configuration", load: () => import("./verbs/kuberc.ts"), export: "set" },
      view: { short: "Display the current kuberc configuration", load: () => import("./verbs/kuberc.ts"), export: "view" },
    },
  },
  plugin: {
    alone: "stderr",
    usage: "[flags]",
    short: "Provides utilities for interacting with plugins",
    group: other,
    sub: { list: { short: "List all visible plugin executables on a user's PATH", load: () => import("./verbs/plugin-list.ts") } },
  },
  version: { short: "Print the client and server version information", group: other, load: () => import("./verbs/cluster/version.ts") },
  options: { short: "Print the list of flags inherited by all commands", group: "", load: small, export: "options" },
};

export const groups = [beginner, intermediate, deploy, cluster, trouble, advanced, settings, other, spokes];
