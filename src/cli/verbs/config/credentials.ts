/** `config set-credentials`: what of a user's entry changes. */
import type { ExecPlugin, User } from "#client/kubeconfig/config.ts";
import { CliError } from "../../failure.ts";
import { bool, type Flag, type Flags, list, text, texts } from "../../input/flags.ts";

export const credentialFlags: Flag[] = [
  text("client-certificate", "Path to client-certificate file for the user entry in kubeconfig"),
  text("client-key", "Path to client-key file for the user entry in kubeconfig"),
  text("password", "password for the user entry in kubeconfig"),
  text("token", "token for the user entry in kubeconfig"),
  text("username", "username for the user entry in kubeconfig"),
  bool("embed-certs", "Embed client cert/key for the user entry in kubeconfig"),
  text("auth-provider", "Auth provider for the user entry in kubeconfig"),
  list("auth-provider-arg", "'key=value' arguments for the auth provider"),
  text("exec-command", "Command for the exec credential plugin for the user entry in kubeconfig"),
  text("exec-api-version", "API version of the exec credential plugin for the user entry in kubeconfig"),
  list("exec-arg", "New arguments for the exec credential plugin command for the user entry in kubeconfig"),
  texts("exec-env", "'key=value' environment values for the exec credential plugin"),
  text("exec-interactive-mode", "InteractiveMode of the exec credentials plugin for the user entry in kubeconfig"),
  bool("exec-provide-cluster-info", "ProvideClusterInfo of the exec credentials plugin for the user entry in kubeconfig"),
];

export function checkCredentialFlags(flags: Flags): void {
  for (const name of ["auth-provider-arg", "exec-env"]) changes(flags.list(name), name);
  const methods = [
    ...(flags.text("token") ? ["--token"] : []),
    ...(flags.text("username") || flags.text("password") ? ["--username/--password"] : []),
  ];
  if (methods.length > 1)
    throw new CliError(`you cannot specify more than one authentication method at the same time: ${methods.join(", ")}`);
  if (flags.bool("embed-certs") && !flags.text("client-certificate") && !flags.text("client-key"))
    throw new CliError("you must specify a --client-certificate or --client-key to embed");
  if (flags.given("exec-interactive-mode") && !["IfAvailable", "Never", "Always"].includes(flags.text("exec-interactive-mode")))
    throw new CliError("invalid interactive mode type, can be only IfAvailable, Never, Always");
}

/** The entry with everything that the flags say, but for certificates. A token and a password replace one another. */
export function changeCredentials(user: User, flags: Flags): void {
  for (const key of ["token", "username", "password"] as const) {
    if (!flags.given(key)) continue;
    if (flags.text(key)) user[key] = flags.text(key);
    else delete user[key];
  }
  if (flags.text("token")) {
    delete user.username;
    delete user.password;
  } else if (flags.text("username") || flags.text("password")) delete user.token;
  changeProvider(user, flags);
  if (flags.given("exec-command")) user.exec = { ...user.exec, command: flags.text("exec-command"), args: null };
  if (user.exec) changeExec(user.exec, flags);
}

function changeProvider(user: User, flags: Flags): void {
  if (flags.given("auth-provider") && user["auth-provider"]?.name !== flags.text("auth-provider"))
    user["auth-provider"] = { name: flags.text("auth-provider") };
  const provider = user["auth-provider"];
  if (!provider) return;
  const { set, gone } = changes(flags.list("auth-provider-arg"), "auth-provider-arg");
  const config = { ...provider.config, ...Object.fromEntries(set) };
  for (const key of gone) delete config[key];
  provider.config = config;
}

function changeExec(exec: ExecPlugin, flags: Flags): void {
  if (flags.given("exec-api-version")) exec.apiVersion = flags.text("exec-api-version");
  if (flags.given("exec-arg")) exec.args = flags.list("exec-arg");
  if (flags.given("exec-interactive-mode")) exec.interactiveMode = flags.text("exec-interactive-mode");
  if (flags.given("exec-provide-cluster-info")) exec.provideClusterInfo = flags.bool("exec-provide-cluster-info");
  const { set, gone } = changes(flags.list("exec-env"), "exec-env");
  const env = new Map((exec.env ?? []).map(({ name, value }) => [name, value]));
  for (const [name, value] of set) env.set(name, value);
  for (const name of gone) env.delete(name);
  exec.env = env.size === 0 ? null : [...env].map(([name, value]) => ({ name, value }));
  exec.args ??= null;
  exec.provideClusterInfo ??= false;
}

/** `key=value` sets, `key-` takes away. */
function changes(pairs: string[], flag: string): { set: [string, string][]; gone: string[] } {
  const set: [string, string][] = [];
  const gone: string[] = [];
  const invalid: string[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at > 0) set.push([pair.slice(0, at), pair.slice(at + 1)]);
    else if (at < 0 && pair.length > 1 && pair.endsWith("-")) gone.push(pair.slice(0, -1));
    else invalid.push(pair);
  }
  if (invalid.length > 0) throw new CliError(`invalid ${flag} format: ${invalid.join(", ")}`);
  return { set, gone };
}
