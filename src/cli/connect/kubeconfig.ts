/** The kubeconfig as kubectl's flags see it; what is read, and refused, is the client's. */
import {
  type Environment,
  homeOf,
  type Kubeconfig,
  KubeconfigError,
  kubeconfigFiles,
  loadKubeconfig,
  readKubeconfig,
} from "#client/kubeconfig/config.ts";
import { resolveTarget, type Target } from "#client/kubeconfig/target.ts";
import { CliError } from "../failure.ts";
import type { Flags } from "../input/flags.ts";
import { globalFlags } from "../input/global-flags.ts";

export { type Environment, homeOf, type Kubeconfig, kubeconfigFiles, type Target };

function inOurWords<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asCliError(error);
  }
}

export function asCliError(error: unknown): unknown {
  return error instanceof KubeconfigError ? new CliError(error.message, { raw: error.raw }) : error;
}

export const load = (place: Environment, explicit = ""): Kubeconfig => inOurWords(() => loadKubeconfig(place, explicit));

/** One file's content as it lies there. */
export const readKubeconfigFile = (file: string): Record<string, unknown> => inOurWords(() => readKubeconfig(file));

/** Applies flags over the chosen context. */
export function targetOf(config: Kubeconfig, flags: Flags, { place, clientFirst }: { place: Environment; clientFirst: boolean }): Target {
  const isGlobal = (name: string) => globalFlags.some((flag) => flag === flags.declared(name));
  const text = (name: string) => (flags.given(name) && isGlobal(name) ? flags.text(name) : "");
  return inOurWords(() =>
    resolveTarget(
      config,
      {
        context: text("context"),
        cluster: text("cluster"),
        user: text("user"),
        namespace: text("namespace"),
        server: text("server"),
        certificateAuthority: text("certificate-authority"),
        ...(flags.given("insecure-skip-tls-verify") ? { insecure: flags.bool("insecure-skip-tls-verify") } : {}),
        tlsServerName: text("tls-server-name"),
        clientCertificate: text("client-certificate"),
        clientKey: text("client-key"),
        token: text("token"),
        username: text("username"),
        password: text("password"),
        as: text("as"),
        asUid: text("as-uid"),
        asGroups: flags.list("as-group"),
        asUserExtra: extraOf(flags.list("as-user-extra")),
        clientFirst,
      },
      place,
    ),
  );
}

/** `key=value` pairs; a key may come again. */
function extraOf(pairs: string[]): Record<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const pair of pairs) {
    if (!pair.includes("=")) continue;
    const [key = "", value = ""] = pair.split(/=(.*)/s);
    extra.set(key, [...(extra.get(key) ?? []), value]);
  }
  return Object.fromEntries(extra);
}
