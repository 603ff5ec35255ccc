/** A machine becomes a further control plane: it finds the cluster, is handed its keys by a token that was made for that, and keeps them. */
import { createClient, httpTransport } from "#client/mod.ts";
import { etcdOptionsIn, holdingOf } from "../etcd/given.ts";
import type { Place } from "../place.ts";
import type { Progress } from "../progress.ts";
import { type Bundle, makeOne, readBundle } from "./bundle.ts";
import { write } from "./credentials.ts";
import { discover } from "./discover.ts";
import { refuseTakenName } from "./taken-name.ts";
import { bearerOf, type JoinToken } from "./token.ts";

const answerMs = 20_000;

export interface Taking {
  place: Place;
  server: string;
  token: JoinToken;
  /** Of this machine's node. */
  name: string;
  progress: Progress;
}

/** Nothing is kept of what it reads before all of it is found good. */
export async function takeKeys({ place, server, token, name, progress }: Taking): Promise<Bundle> {
  if (!token.key) throw new Error(`--token: this one is for nodes, and does not open the keys of the cluster: ${makeOne}`);
  const { ca } = await progress.during("asking the server who it is", () => discover(server, token));
  progress.say(`the server is who the token names: ${token.caHash}`);
  await refuseTakenName({ server, ca, name, token });
  const transport = httpTransport({ server, ca, token: bearerOf(token), userAgent: "spoke-join", timeoutMs: answerMs });
  const bundle = await readBundle(createClient(transport), token).finally(() => transport.close());
  if (bundle.files["ca.crt"] !== ca) throw new Error("the keys that the cluster hands over are of another authority than its own");
  const holding = await progress.during("looking into etcd", () =>
    holdingOf(
      etcdOptionsIn(bundle.etcd, (file) => bundle.files[file]),
      ca,
    ),
  );
  if (holding !== "this cluster")
    throw new Error(`the etcd at ${bundle.etcd.servers.join(", ")} that the cluster names holds ${holding}, as seen from this machine`);
  for (const [file, text] of Object.entries(bundle.files)) write(place, file, text);
  progress.say("this machine has the keys of the cluster");
  return bundle;
}
