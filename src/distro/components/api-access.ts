/** How a component that runs alone reaches the API server: by a kubeconfig, by an address, or as a pod of the cluster. */
import { followFile } from "#apiserver/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import {
  credentialsOf,
  emptyKubeconfig,
  type HttpTransport,
  type HttpTransportOptions,
  httpTransport,
  loadKubeconfig,
  materialOf,
  resolveTarget,
} from "#client/mod.ts";

export interface Access {
  transport: HttpTransport;
  /** The same server, without anybody's credentials. */
  bare(): HttpTransport;
  /** PEM: who vouches for the server. */
  ca: string;
  close(): Promise<void>;
}

interface Wanted {
  kubeconfig: string;
  /** Said over what the file says. */
  master?: string;
  userAgent: string;
  clock: Clock;
  log: Log;
}

/** Throws a sentence about a file that cannot be used. */
export async function openAccess({ kubeconfig, master = "", userAgent, clock, log }: Wanted): Promise<Access> {
  const place = { env: process.env, cwd: process.cwd() };
  const config = kubeconfig ? loadKubeconfig(place, kubeconfig) : emptyKubeconfig();
  const target = resolveTarget(config, { server: master }, place);
  const { server, cluster, user } = target;
  if (!kubeconfig && !master && !user.tokenFile)
    throw new Error("invalid configuration: no configuration has been provided: --kubeconfig or --master is needed outside a pod");
  for (const way of ["exec", "auth-provider"] as const)
    if (user[way]) throw new Error(`${kubeconfig}: credentials of a program (${way}) are not taken by components yet`);
  if (user.as) throw new Error(`${kubeconfig}: a component acts as itself: "as" is not taken`);
  const { authorization, cert, key } = await credentialsOf(target);
  const ca = materialOf(cluster["certificate-authority-data"], cluster["certificate-authority"], "certificate-authority")?.toString() ?? "";
  const base: HttpTransportOptions = {
    server,
    ...(ca ? { ca } : {}),
    ...(cluster["insecure-skip-tls-verify"] ? { insecureSkipTlsVerify: true } : {}),
    ...(cluster["tls-server-name"] ? { tlsServerName: cluster["tls-server-name"] } : {}),
    userAgent,
  };
  const bearer = /^Bearer (.*)$/s.exec(authorization)?.[1];
  const transport = httpTransport({
    ...base,
    ...(cert && key ? { cert: cert.toString(), key: key.toString() } : {}),
    ...(user.tokenFile ? { tokenFile: user.tokenFile } : bearer ? { token: bearer } : {}),
    ...(user.username ? { username: user.username, password: user.password ?? "" } : {}),
  });
  const files = [user["client-certificate"], user["client-key"]].filter((file) => file !== undefined);
  const renew = () => {
    try {
      const now = {
        cert: materialOf(user["client-certificate-data"], user["client-certificate"], "client-cert")?.toString() ?? "",
        key: materialOf(user["client-key-data"], user["client-key"], "client-key")?.toString() ?? "",
      };
      transport.renew(now);
    } catch (error) {
      log.warn("the files of the certificate cannot be used", { error: messageOf(error) });
    }
  };
  const stops = files.map((file) => followFile(file, clock, renew));
  return {
    transport,
    bare: () => httpTransport(base),
    ca,
    async close() {
      for (const stop of stops) stop();
      await transport.close();
    },
  };
}
