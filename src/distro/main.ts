/** The program: finds the subcommand and loads only what it needs. */

type Load = () => Promise<{ command: (words: string[]) => Promise<number> }>;

/** Name, what it is for, and where it is. An empty text keeps it out of the help. */
const commands: Record<string, [text: string, load: Load]> = {
  up: [
    "start the cluster, or change it: --nodes N, --simulated-nodes N, --name, --uplink, --proxy-mode, --port, --boot",
    () => import("./commands/up.ts"),
  ],
  status: ["what runs: processes, nodes, versions", () => import("./commands/status.ts")],
  down: ["stop everything and keep all state", () => import("./commands/down.ts")],
  destroy: ["stop everything and remove all of it", () => import("./commands/destroy.ts")],
  kubectl: ["kubectl: everything after it is kubectl's", () => import("./commands/kubectl.ts")],
  kubeconfig: ["the administrator's kubeconfig, for another machine or a container's host", () => import("./kubeconfig/command.ts")],
  image: ["image samples | load FILE… | list | rm NAME…: images of the nodes", () => import("./commands/image.ts")],
  logs: ["logs [PROCESS] [-f]: what Spoke's own processes wrote", () => import("./commands/logs.ts")],
  user: [
    "user add NAME | list | remove NAME: people of the cluster, each with a namespace and a context",
    () => import("./commands/user.ts"),
  ],
  certs: [
    "certs list | rotate service-account: certificates and keys, when they end, and another key for tokens",
    () => import("./certs/command.ts"),
  ],
  token: ["token create | list | delete: what machines join by", () => import("./commands/token.ts")],
  backup: ["backup FILE: all that the cluster remembers, while it runs", () => import("./commands/backup.ts")],
  restore: ["restore FILE: the cluster as it was", () => import("./commands/restore.ts")],
  migrate: [
    "migrate etcd | embedded: the objects of a stopped cluster move between its store and etcd",
    () => import("./migration/command.ts"),
  ],
  trust: ["browsers believe certificates of Ingresses (--remove: not any more)", () => import("./commands/trust.ts")],
  doctor: ["what this machine has and lacks, and what to do about it", () => import("./commands/doctor.ts")],
  server: ["make this machine the first of a cluster over several", () => import("./commands/server.ts")],
  agent: ["make this machine a node: --server https://… --token …", () => import("./commands/agent.ts")],
  install: ["install [up|server|agent]: the same, and start it with the machine, by systemd", () => import("./commands/install.ts")],
  uninstall: ["do not start it with the machine any more", () => import("./commands/uninstall.ts")],
  upgrade: ["what runs starts again as the version that is installed now", () => import("./program/upgrade.ts")],
  test: ["run the tests of this checkout", () => import("./commands/test.ts")],
  apiserver: ["the API server alone, over etcd, by upstream's flags", () => import("./commands/apiserver.ts")],
  controllers: ["the controllers alone, over any API server, by upstream's flags", () => import("./commands/controllers.ts")],
  scheduler: ["the scheduler alone, over any API server, by upstream's flags", () => import("./commands/scheduler.ts")],
  etcd: [
    "etcd members | remove NAME | reset: of a cluster's own etcd; without a word: the store alone, behind etcd's API",
    () => import("./commands/etcd.ts"),
  ],
  envtest: ["envtest DIR: kube-apiserver, etcd and kubectl for tests that use envtest", () => import("./commands/envtest.ts")],
  run: ["", () => import("./commands/run.ts")],
  contained: ["", () => import("./contained/command.ts")],
};

let [name = "help", ...words] = process.argv.slice(2);
/** Somebody was told how it ended. */
let concluded = false;

// `spoke help up` is `spoke up --help`.
if (name === "help" && words[0] && commands[words[0]]) [name, ...words] = [words[0], "--help"];
if (name === "help" || name === "--help" || name === "-h") help(process.stdout, 0);
else if (!commands[name]) {
  process.stderr.write(`spoke: there is no command ${JSON.stringify(name)}\n\n`);
  help(process.stderr, 1);
} else {
  // A reader that went away (`| head`) is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) if (isOneOff(name)) process.once(signal, () => interrupted(signal));
  // A promise that nothing keeps alive any more ends a program without a word: it gets one.
  process.once("exit", (code) => {
    if (!concluded)
      process.stderr.write(`spoke ${name}: ended before its work was done (exit code ${code}); nothing is lost: run it again\n`);
  });
  try {
    const { command } = await commands[name][1]();
    leave(await command(words));
  } catch (error) {
    if (error instanceof Error && error.name === "HelpWanted") {
      process.stdout.write(error.message);
      leave(0);
    } else {
      process.stderr.write(`spoke ${name}: ${describe(error)}\n`);
      leave(1);
    }
  }
}

/** Those that are done when their work is; the others handle signals themselves. */
function isOneOff(command: string): boolean {
  return !["run", "kubectl", "logs", "test", "apiserver", "controllers", "scheduler", "etcd"].includes(command);
}

function interrupted(signal: NodeJS.Signals): void {
  concluded = true;
  process.stderr.write(`\nspoke ${name}: interrupted (${signal}); what it had begun stays as it is: run it again, or spoke destroy\n`);
  process.exit(128 + (signal === "SIGINT" ? 2 : signal === "SIGTERM" ? 15 : 1));
}

function help(to: NodeJS.WriteStream, code: number): void {
  const width = Math.max(...Object.keys(commands).map((word) => word.length));
  const lines = Object.entries(commands).flatMap(([word, [text]]) => (text ? [`  ${word.padEnd(width)}  ${text}`] : []));
  to.write(
    `Spoke: Kubernetes v1.36 in one small program\n\nusage: spoke <command> [options]      spoke <command> --help tells of each\n\n${lines.join("\n")}\n`,
  );
  process.exitCode = code;
}

/** The chain of causes on one line; the stack only when asked for. */
function describe(error: unknown): string {
  if (process.env.SPOKE_STACK && error instanceof Error) return error.stack ?? error.message;
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error && messages.length < 8; at = at.cause) messages.push(at.message || at.name);
  return messages.length > 0 ? messages.join(": ") : String(error);
}

/** Kept-alive connections must not hold the program; what was written must still come out. */
function leave(code: number): void {
  concluded = true;
  process.exitCode = code;
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
